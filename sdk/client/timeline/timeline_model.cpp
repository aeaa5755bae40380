#include "sdk/client/timeline/timeline_model.hpp"
#include "sdk/client/timeline/message.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kWindow = 50;     // rows that a fresh timeline shows
constexpr std::int64_t kMaxWindow = 1000;
constexpr std::int64_t kMaxFill = 200;   // a larger hole is not filled: the window moves to the newest part
}  // namespace

TimelineModel::TimelineModel(Around around, ChatId chat)
    : around_(std::move(around)), chat_(chat), shared_(std::make_shared<TimelineShared>(around_.desk.options.executor)) {}

std::int64_t TimelineModel::visible_from() const {
  const ChatState* s = around_.desk.cache->chat(chat_);
  return s ? std::max<std::int64_t>(1, s->sync.visible_from) : 1;
}
std::int64_t TimelineModel::head() const {
  const ChatState* s = around_.desk.cache->chat(chat_);
  return s ? s->sync.known_seq : 0;
}

// The newest rows that are held; where none are, the place where they will be.
void TimelineModel::first_window(std::optional<Error>* unread) {
  if (placed_ || !around_.desk.cache->chat(chat_)) return;
  const auto rows = around_.desk.cache->messages(chat_, visible_from(), head(), kWindow, unread);
  if (*unread) return;
  placed_ = true;
  lo_ = std::max(visible_from(), head() - kWindow + 1);
  if (!rows.empty()) lo_ = std::min(lo_, rows.front()->seq);
}

// A shorter history is back: the window may lie behind its end.
void TimelineModel::fit() {
  if (!placed_ || head() <= 0) return;
  placed_ = lo_ <= head();
  follows_ = follows_ || hi_ >= head();
}

// Following the head for long, or far behind after an absence: the window is about the newest part.
void TimelineModel::tighten() {
  const ChatState* s = around_.desk.cache->chat(chat_);
  if (!s || !follows_) return;
  if (head() - lo_ >= kMaxWindow) lo_ = head() - kMaxWindow / 2;
  const auto hole = s->coverage.hole(lo_, head());
  if (around_.online() && hole && hole->hi - hole->lo >= kMaxFill) lo_ = std::max(visible_from(), head() - kWindow + 1);
}

// Who reads on into the past leaves the head behind: load_newer leads back.
void TimelineModel::keep_older() {
  if (top() - lo_ < kMaxWindow) return;
  follows_ = false, hi_ = lo_ + kMaxWindow - 1;
}

// The newest messages are known to exist and are not held.
bool TimelineModel::head_missing() const {
  const ChatState* s = around_.desk.cache->chat(chat_);
  return s && head() >= visible_from() && !s->coverage.at(head());
}

std::vector<TimelineItem> TimelineModel::items(std::optional<Error>* unread) {
  std::vector<TimelineItem> list;
  Cache& cache = *around_.desk.cache;
  if (const ChatState* s = cache.chat(chat_)) {
    const auto mine = own_reactions(cache, chat_, around_.desk.self(), unread);
    for (const auto& row : cache.messages(chat_, lo_, std::max(top(), follows_ ? lo_ + kMaxWindow : hi_), 0, unread)) {
      TimelineItem item;
      item.message = message_of(*row, mine);
      item.gap_before = row->seq > visible_from() && !s->coverage.at(row->seq - 1);
      list.push_back(std::move(item));
    }
  }
  add_pending(list);
  for (TimelineItem& item : list) item.author = around_.name_of(item.message.author_id);
  return list;
}

// A window elsewhere in the past shows no pending message, but what pending changes make of the rows in it.
void TimelineModel::add_pending(std::vector<TimelineItem>& list) {
  std::map<MessageId, std::size_t> places;
  for (const TimelineItem& item : list) places.emplace(item.message.id, places.size());
  const auto show = [&](const OutboxRow& row) {
    if (const auto at = places.find(row.target); at != places.end()) (void)overlay(row, list[at->second].message);
  };
  around_.answered.each(chat_, show);
  bool blocked = false, gap = head_missing();
  for (const OutboxRow& row : around_.desk.local->entries()) {
    if (row.chat_id != chat_ || row.method == "mark_read") continue;
    if (follows_ && row.method == "post_message" && places.emplace(row.target, list.size()).second) {
      TimelineItem item;
      item.message = message_of(row);
      item.state = row.failed ? TimelineItem::State::failed : blocked ? TimelineItem::State::waiting : TimelineItem::State::sending;
      if (row.failed) item.error = error_from(row.error);
      item.gap_before = std::exchange(gap, false);
      list.push_back(std::move(item));
    }
    blocked = blocked || row.failed || row.method == "post_message" || row.method == "create_chat";
    show(row);
  }
}

void TimelineModel::meet(const std::vector<TimelineItem>& list) {
  people_.clear();
  std::set<UserId> met;
  const auto one = [&](UserId id) {
    if (met.insert(id).second) people_.push_back(id);
  };
  if (const ChatState* s = around_.desk.cache->chat(chat_); s && s->sync.peer_id) one(*s->sync.peer_id);
  for (auto item = list.rbegin(); item != list.rend(); ++item) one(item->message.author_id);
}

Timeline::Edge TimelineModel::older_edge() const {
  const ChatState* s = around_.desk.cache->chat(chat_);
  if (!s || lo_ <= visible_from()) return Timeline::Edge::end;
  if (!older_.empty()) return Timeline::Edge::loading;
  return s->coverage.at(lo_ - 1) || around_.online() ? Timeline::Edge::more : Timeline::Edge::offline;
}

Timeline::Edge TimelineModel::newer_edge() const {
  if (follows_ && !head_missing()) return Timeline::Edge::end;
  if (follows_) return around_.online() ? Timeline::Edge::loading : Timeline::Edge::offline;
  const ChatState* s = around_.desk.cache->chat(chat_);
  return around_.online() || (s && s->coverage.at(hi_ + 1)) ? Timeline::Edge::more : Timeline::Edge::offline;
}

void TimelineModel::refresh() {
  dirty = false;
  std::optional<Error> unread;
  fit();
  first_window(&unread);
  tighten();
  const ChatState* s = around_.desk.cache->chat(chat_);
  auto list = items(&unread);
  if (unread) return dirty = true, around_.desk.unreadable(*unread);  // no list is a shorter one
  meet(list);
  {
    std::lock_guard lock(shared_->mutex);
    shared_->older = older_edge();
    shared_->newer = newer_edge();
    shared_->stale = false;
    if (s)
      for (const HeldRange& r : s->coverage.ranges()) shared_->stale = shared_->stale || (!r.fresh() && r.hi >= lo_ && r.lo <= top());
  }
  around_.desk.to_app(shared_->list.publish(std::move(list)));
}

std::optional<PageWant> TimelineModel::want() const {
  const ChatState* s = around_.desk.cache->chat(chat_);
  if (!s || !placed_) return std::nullopt;
  PageWant w;
  w.chat = chat_;
  if (const auto hole = s->coverage.hole(lo_, top())) {
    w.kind = PageWant::before, w.seq = hole->hi + 1, w.limit = std::min<std::int64_t>(200, std::max<std::int64_t>(hole->hi - hole->lo + 1, 1));
    return w;
  }
  for (auto r = s->coverage.ranges().rbegin(); r != s->coverage.ranges().rend(); ++r) {
    if (r->fresh() || r->hi < lo_ || r->lo > top()) continue;
    w.kind = PageWant::changed, w.lo = std::max(r->lo, lo_), w.hi = std::min(r->hi, top()), w.since = r->stale_rev, w.limit = 200;
    return w;
  }
  return std::nullopt;
}

// --- moving the window; the file first ---

// Whoever asks again while an answer is on its way gets the same one: an app may ask with every step of a scroll bar.
void TimelineModel::answer(Waiting& waiting, const Result<std::size_t>& loaded) {
  for (const auto& p : std::exchange(waiting, {})) around_.desk.answer(p, loaded);
}

void TimelineModel::load_older(std::size_t page, const std::shared_ptr<Pending<std::size_t>>& done) {
  Desk& desk = around_.desk;
  if (!older_.empty()) return older_.push_back(done);
  const ChatState* s = desk.cache->chat(chat_);
  const auto n = static_cast<std::int64_t>(std::clamp<std::size_t>(page, 1, 200));
  if (!s || lo_ <= visible_from()) return desk.answer(done, Result<std::size_t>(std::size_t{0}));
  older_.push_back(done);
  const std::int64_t before = lo_;
  const auto show = [this, before, n] {
    const ChatState* held = around_.desk.cache->chat(chat_);
    const std::int64_t start = held ? std::max(held->coverage.run_start(before - 1), before - n) : before;
    if (lo_ == before) lo_ = std::max(std::min(start, before), visible_from());
    keep_older();
    std::optional<Error> unread;
    const auto rows = around_.desk.cache->messages(chat_, lo_, before - 1, 0, &unread);
    auto waiting = std::exchange(older_, {});  // before the edge is looked at
    refresh();
    answer(waiting, unread ? Result<std::size_t>(*unread) : Result<std::size_t>(rows.size()));
  };
  if (s->coverage.run_start(before - 1) <= std::max(before - n, visible_from()) || (s->coverage.at(before - 1) && !around_.online())) return show();
  PageWant w;
  w.chat = chat_, w.kind = PageWant::before, w.seq = s->coverage.run_start(before - 1), w.limit = n;
  around_.pages.fetch(w, [this, self = shared_from_this(), show, before](Result<Done> fetched) {
    dirty = true;
    const ChatState* held = around_.desk.cache->chat(chat_);
    if (fetched || (held && held->coverage.at(before - 1))) return show();
    answer(older_, fetched.error());
  });
  dirty = true, desk.turn();
}

void TimelineModel::load_newer(std::size_t page, const std::shared_ptr<Pending<std::size_t>>& done) {
  Desk& desk = around_.desk;
  const ChatState* s = desk.cache->chat(chat_);
  if (!newer_.empty()) return newer_.push_back(done);
  const auto n = static_cast<std::int64_t>(std::clamp<std::size_t>(page, 1, 200));
  if (!s || follows_) return desk.answer(done, Result<std::size_t>(std::size_t{0}));
  newer_.push_back(done);
  const std::int64_t after = hi_;
  const auto show = [this, after, n] {
    if (hi_ == after) hi_ = std::min(after + n, head()), lo_ = std::max(lo_, hi_ - kMaxWindow + 1);
    follows_ = follows_ || hi_ >= head();  // load_around may have led there meanwhile
    std::optional<Error> unread;
    const auto rows = around_.desk.cache->messages(chat_, after + 1, hi_, 0, &unread);
    refresh();
    answer(newer_, unread ? Result<std::size_t>(*unread) : Result<std::size_t>(rows.size()));
  };
  if (!s->coverage.hole(after + 1, std::min(after + n, head()))) return show();
  PageWant w;
  w.chat = chat_, w.kind = PageWant::after, w.seq = after, w.limit = n;
  around_.pages.fetch(w, [this, self = shared_from_this(), show](Result<Done> fetched) {
    if (fetched) return show();
    answer(newer_, fetched.error());
  });
}

void TimelineModel::load_around(MessageId id, const std::shared_ptr<Pending<Done>>& done) {
  if (const auto row = around_.desk.cache->rows().get<MessageRow>(id); row && row->chat_id == chat_) return show_around(row->seq, done);
  around_.pages.locate(chat_, id, [this, self = shared_from_this(), done](Result<std::int64_t> seq) {
    if (seq) return show_around(*seq, done);
    around_.desk.answer(done, Result<Done>(seq.error()));
  });
}

void TimelineModel::show_around(std::int64_t seq, const std::shared_ptr<Pending<Done>>& done) {
  const ChatState* s = around_.desk.cache->chat(chat_);
  const std::int64_t lo = std::max(visible_from(), seq - kWindow / 2), hi = std::min(head(), seq + kWindow / 2);
  const auto show = [this, lo, hi, done] {
    lo_ = lo, hi_ = hi, placed_ = true, follows_ = hi >= head();
    refresh();
    around_.desk.answer(done, Result<Done>(Done{}));
  };
  if (s && !s->coverage.hole(lo, hi)) return show();
  PageWant w;
  w.chat = chat_, w.kind = PageWant::around, w.seq = seq, w.limit = kWindow + 1;
  around_.pages.fetch(w, [this, self = shared_from_this(), show, seq, done](Result<Done> fetched) {
    const ChatState* held = around_.desk.cache->chat(chat_);
    if (fetched || (held && held->coverage.at(seq))) return show();
    around_.desk.answer(done, Result<Done>(fetched.error()));
  });
}

}  // namespace fechatter
