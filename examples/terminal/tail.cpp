// fechatter tail: what is posted while it runs, every message once and in the order of its chat. Not by a Feed: that is a bot's, begins where the one
// before ended and reads all chats from there, however long that is ago.
#include "tail.hpp"
#include <signal.h>
#include <cstdio>
#include <deque>
#include <map>
#include <set>
#include "ask.hpp"
#include "text.hpp"

namespace terminal {
namespace {
constexpr std::int64_t kPage = 200;
constexpr std::chrono::seconds kAgain{1};  // after a question that has failed
constexpr int kNameSeconds = 1;
constexpr std::size_t kRemembered = 64;
constexpr std::size_t kLookedAt = 50;      // chats whose newest message is remembered when it begins, the latest ones
volatile sig_atomic_t g_stop = 0;

// How far a chat has been printed.
struct Place {
  struct Seen {
    std::int64_t seq = 0;
    MessageId id;
    std::string at;
  };
  std::int64_t seq = 0;
  std::deque<Seen> last{};  // the newest that were, or that was there
};

class Tail {
 public:
  Tail(App& app, std::optional<ChatId> only) : app_(app), only_(only), list_(app.client().chats(SIZE_MAX)) {
    synced_ = app.client().when_synced([this](Result<Done> done) { begin(static_cast<bool>(done)); });
  }
  void turn();

 private:
  void begin(bool synced);
  void remember();
  void tell_connection();
  bool follow(const ChatSummary&);
  bool look_back(const ChatSummary&);
  Result<std::int64_t> beginning(const ChatSummary&);
  Result<std::string> joined(ChatId);
  Result<std::vector<Message>> page(ChatId, std::int64_t before, std::int64_t limit);
  void print(const Message&, Place&);

  App& app_;
  std::optional<ChatId> only_;
  std::unique_ptr<ChatList> list_;
  Handle synced_;
  std::map<ChatId, Place> places_;
  std::map<ChatId, std::string> until_;  // up to when all has been printed that no place remembers
  std::set<UserId> nameless_;  // whose names have been waited for
  std::string began_at_;       // not later than the server's clock said when it began
  std::optional<Connection> told_;
  bool began_ = false, remembered_ = false, news_ = false;
  std::chrono::steady_clock::time_point again_{};
};

// Of the list as it is now: what came by catching up is old.
void Tail::begin(bool synced) {
  Time newest;
  for (const ChatSummary& c : app_.client().chats_now()) {
    places_[c.id] = {c.head_seq};
    if (c.pending == 0) newest = std::max(newest, c.last_at);  // else it may be this device's clock
  }
  began_at_ = time_text(newest), began_ = synced;
}

// What is newest, so that an older copy of the server's database is noticed also where nothing has been printed.
void Tail::remember() {
  std::size_t n = 0;
  for (const ChatSummary& c : list_->items()) {
    const auto it = places_.find(c.id);
    if ((only_ && c.id != *only_) || it == places_.end() || it->second.seq == 0) continue;
    if (++n > kLookedAt) break;
    const std::int64_t seq = it->second.seq;
    const auto rows = page(c.id, seq + 1, 1);
    if (rows && !rows->empty() && rows->back().seq == seq) it->second.last.push_back({seq, rows->back().id, time_text(rows->back().created_at)});
  }
}

// Live is told when it has begun: what is posted after that line is printed.
void Tail::tell_connection() {
  const Connection now = app_.client().connection();
  if (told_ == now || (now == Connection::live && !began_)) return;
  told_ = now;
  std::fprintf(stderr, "-- %s\n", connection_name(now));
}

void Tail::turn() {
  tell_connection();
  news_ = !list_->drain().empty() || news_;
  if (began_ && !std::exchange(remembered_, began_)) remember();
  if (!began_ || !news_ || app_.client().connection() != Connection::live || std::chrono::steady_clock::now() < again_) return;
  news_ = false;
  for (const ChatSummary& c : list_->items()) {
    if ((only_ && c.id != *only_) || follow(c)) continue;
    news_ = true, again_ = std::chrono::steady_clock::now() + kAgain;
  }
}

Result<std::vector<Message>> Tail::page(ChatId chat, std::int64_t before, std::int64_t limit) {
  return app_.await<std::vector<Message>>(
      [&](Completion<std::vector<Message>> c) { return app_.client().history(chat, before, static_cast<std::size_t>(limit), std::move(c)); });
}

// False: not now; the next look tries again.
bool Tail::follow(const ChatSummary& c) {
  if (!look_back(c)) return false;
  if (!places_.contains(c.id)) {
    const auto from = beginning(c);
    if (!from) return false;
    places_[c.id] = {*from};
  }
  Place& place = places_[c.id];
  while (place.seq < c.head_seq && !g_stop) {
    const std::int64_t to = std::min(c.head_seq, place.seq + kPage);
    const auto rows = page(c.id, to + 1, to - place.seq);
    if (!rows) return false;
    for (const Message& m : *rows)
      if (m.seq > place.seq) print(m, place);
    if (!rows->empty() && rows->back().seq < to) return false;
    place.seq = to;  // also where this account may not see them
  }
  return true;
}

// Where an older copy of the server's database was put back, another message may have the number of one that was printed: then this chat's
// place is gone with its history, and found anew by the time.
bool Tail::look_back(const ChatSummary& c) {
  const auto it = places_.find(c.id);
  if (it == places_.end()) return true;
  Place& place = it->second;
  const bool shorter = c.head_seq < place.seq, known = !place.last.empty();
  while (!place.last.empty()) {
    const auto [seq, id, _] = place.last.back();
    const auto rows = seq > c.head_seq ? Result<std::vector<Message>>(std::vector<Message>{}) : page(c.id, seq + 1, 1);
    if (!rows) return false;
    if (!rows->empty() && rows->back().id == id) return place.seq = std::min(place.seq, c.head_seq), true;
    place.last.pop_back();
    if (!place.last.empty()) place.seq = place.last.back().seq;
  }
  if (known || shorter) places_.erase(it);
  return true;
}

// Of a chat that came meanwhile: what was there before one was in it is not new, what came with it is; what was posted up to `until_` has been printed.
Result<std::int64_t> Tail::beginning(const ChatSummary& c) {
  if (c.head_seq == 0) return std::int64_t{0};
  const auto since = joined(c.id);
  if (!since) return since.error();
  for (std::int64_t before = c.head_seq + 1;;) {
    const auto rows = page(c.id, before, kPage);
    if (!rows) return rows.error();
    for (auto m = rows->rbegin(); m != rows->rend(); ++m) {
      const std::string at = time_text(m->created_at);
      if (at < std::max(*since, began_at_) || at <= until_[c.id]) return m->seq;
    }
    before = rows->empty() ? before : rows->front().seq;
    if (static_cast<std::int64_t>(rows->size()) < kPage) return before - 1;
  }
}

// When, by the server's clock. Of two times as text the greater is the later one.
Result<std::string> Tail::joined(ChatId chat) {
  const auto me = app_.client().me();
  const std::string id = me ? me->id.str() : std::string{};
  const auto member = find_item(app_, "list_members", {{"chat_id", chat.str()}}, [&](const nlohmann::json& m) { return text_in(m, "user_id") == id; });
  if (!member) return member.error();
  return text_in(*member, "joined_at");
}

// A new person's name arrives a moment after their first message does.
void Tail::print(const Message& m, Place& place) {
  const auto name = [&] { return app_.client().name_of(m.author_id); };
  if (name().empty() && nameless_.insert(m.author_id).second) app_.until([&] { return !name().empty(); }, kNameSeconds);
  print_message(m, name(), app_.settings().json);
  place.seq = m.seq, place.last.push_back({m.seq, m.id, time_text(m.created_at)});
  if (place.last.size() <= kRemembered) return;
  until_[m.chat_id] = std::move(place.last.front().at);
  place.last.pop_front();
}
}  // namespace

int run_tail(App& app, std::optional<ChatId> only) {
  ::signal(SIGINT, [](int) { g_stop = 1; });
  ::signal(SIGTERM, [](int) { g_stop = 1; });
  app.be_patient();
  Tail tail(app, only);
  while (!g_stop) {
    tail.turn();
    app.runtime().poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
  }
  return kDone;
}

}  // namespace terminal
