#include "sdk/client/feed/feed_model.hpp"
#include "sdk/client/timeline/message.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kReady = 1000;    // items that wait for drain()
constexpr std::size_t kUnacked = 4000;  // items that wait for ack(), these among them
constexpr std::int64_t kPage = 200;
}  // namespace

FeedModel::FeedModel(Desk& desk, FeedRow row, std::map<ChatId, std::int64_t> floors)
    : desk_(desk), row_(std::move(row)), shared_(std::make_shared<FeedShared>(desk.options.executor)) {
  if (row_.opened_at.ms < 0) opened_steady_ = desk.steady() - std::max<std::int64_t>(0, desk.now().ms + row_.opened_at.ms);
  for (const auto& [chat, seq] : floors) next_[chat] = seq + 1;
}

void FeedModel::begin_anew() {
  next_.clear();
  std::lock_guard lock(shared_->mutex);
  shared_->ready.clear(), shared_->handed.clear();
}

// A feed that was opened before the server was heard began by this device's clock, which may be wrong by hours.
bool FeedModel::know_beginning() {
  if (row_.opened_at.ms >= 0) return true;
  const auto server = desk_.server_now();
  if (!server) return false;
  FeedRow known = row_;
  known.opened_at = {server->ms - (desk_.steady() - opened_steady_)};
  if (auto done = desk_.local->save(known); !done) return false;
  row_ = known;
  return true;
}

// Where a chat begins that the feed has not met: behind the last message that is older than the feed.
std::optional<std::int64_t> FeedModel::start_of(ChatId id, const ChatState& s, std::vector<PageWant>& want) {
  if (!know_beginning()) return std::nullopt;
  const std::int64_t opened = row_.opened_at.ms, first = std::max<std::int64_t>(1, s.sync.visible_from);
  const auto chat = desk_.cache->rows().get<ChatRow>(id);
  if (!chat) return std::nullopt;
  if (s.sync.known_seq < first) return first;
  if (chat->last_at.ms < opened && chat->head_seq >= s.sync.known_seq) return s.sync.known_seq + 1;
  const std::int64_t lo = s.coverage.run_start(s.sync.known_seq);
  std::optional<Error> unread;
  const auto rows = desk_.cache->messages(id, lo, s.sync.known_seq, 0, &unread);
  if (unread) return desk_.unreadable(*unread), std::nullopt;
  for (auto it = rows.rbegin(); it != rows.rend(); ++it)
    if ((*it)->created_at.ms < opened) return (*it)->seq + 1;
  if (lo <= first) return first;
  want.push_back({PageWant::before, id, lo, 0, 0, 0, kPage});
  return std::nullopt;
}

bool FeedModel::advance(ChatId id, std::vector<PageWant>& want) {
  const ChatState* s = desk_.cache->chat(id);
  if (!s) return true;
  if (!next_.contains(id)) {
    const auto start = start_of(id, *s, want);
    if (!start) return false;
    next_[id] = *start;
    if (auto done = desk_.local->set_floors(row_.name, {{id, *start - 1}}); !done) return next_.erase(id), false;
  }
  std::int64_t& next = next_[id];
  next = std::max(next, s->sync.visible_from);
  if (next > s->sync.known_seq) return true;
  const std::int64_t end = std::min(s->coverage.fresh_run_end(next), s->sync.known_seq);
  if (end < next) {
    const HeldRange* held = s->coverage.at(next);
    if (held) want.push_back({PageWant::changed, id, 0, next, held->hi, held->stale_rev, kPage});
    else want.push_back({PageWant::after, id, next - 1, 0, 0, 0, kPage});
    return false;
  }
  std::optional<Error> unread;
  const auto mine = own_reactions(*desk_.cache, id, desk_.self(), &unread);
  const auto rows = desk_.cache->messages(id, next, std::min(end, next + kPage - 1), 0, &unread);
  if (unread) return desk_.unreadable(*unread), false;  // what is missing of them would never come
  std::lock_guard lock(shared_->mutex);
  for (const auto& row : rows) {
    shared_->handed.push_back({++position_, {id, row->seq}});
    shared_->ready.push_back({position_, "message_posted", message_of(*row, mine)});
  }
  next = std::min(end, next + kPage - 1) + 1;
  return next > s->sync.known_seq;
}

void FeedModel::refresh(std::vector<PageWant>& want) {
  const std::int64_t before = position_;
  for (const ChatId& id : std::exchange(dirty_, {})) {
    {
      std::lock_guard lock(shared_->mutex);
      if (shared_->ready.size() >= kReady || shared_->handed.size() >= kUnacked) {
        dirty_.insert(id);
        continue;
      }
    }
    if (!advance(id, want)) dirty_.insert(id);
  }
  if (position_ != before) desk_.to_app(shared_->wake->signal());
  if (position_ != before && !dirty_.empty()) desk_.turn();
}

}  // namespace fechatter
