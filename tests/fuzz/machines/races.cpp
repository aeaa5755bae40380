// A client's cache and a server that tells the truth, late: events come live, are lost or asked for, pages were read before or after
// what has been heard meanwhile, the client restarts, is removed and comes back. At every step what is shown as history is history, and
// once everything has arrived it is the server's.
#include <algorithm>
#include "sdk/core/live/live.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "tests/fuzz/world/memory_cache.hpp"

using namespace fechatter;
using fuzz::numbered;

namespace {
const UserId kMe = numbered<UserId>(1), kOther = numbered<UserId>(2);
const ChatId kChat = numbered<ChatId>(11);
const WorkspaceId kSpace = numbered<WorkspaceId>(31);
constexpr std::size_t kEventPage = 4;

// One chat of the server: every message with all its versions, and the events that made them.
class ServerChat {
 public:
  std::int64_t head_rev() const { return static_cast<std::int64_t>(events_.size()); }
  std::int64_t head_seq() const { return static_cast<std::int64_t>(messages_.size()); }
  const std::vector<MessageView>& versions(std::int64_t seq) const { return messages_[static_cast<std::size_t>(seq - 1)]; }
  const MessageView& now(std::int64_t seq) const { return versions(seq).back(); }
  const EventView& event(std::int64_t rev) const { return events_[static_cast<std::size_t>(rev - 1)]; }

  void post(UserId author) {
    MessageView m;
    m.id = numbered<MessageId>(static_cast<std::uint8_t>(head_seq() + 1)), m.chat_id = kChat, m.seq = head_seq() + 1, m.author_id = author;
    m.rev = head_rev() + 1, m.body = "text " + std::to_string(m.rev), m.created_at = {1};
    messages_.push_back({m});
    happen(MessagePosted{m}, author, m.seq, m.seq);
  }
  void edit(std::int64_t seq) {
    MessageView m = now(seq);
    if (m.deleted) return;
    m.rev = head_rev() + 1, m.body = "edit " + std::to_string(m.rev), m.edited_at = Time{2};
    messages_[static_cast<std::size_t>(seq - 1)].push_back(m);
    happen(MessageEdited{m}, m.author_id, 0, seq);
  }
  void react(std::int64_t seq) {
    MessageView m = now(seq);
    if (m.deleted) return;
    const std::int32_t count = (m.reactions.empty() ? 0 : m.reactions[0].count) + 1;
    m.rev = head_rev() + 1, m.reactions = {{"+1", count, {}}};
    messages_[static_cast<std::size_t>(seq - 1)].push_back(m);
    happen(ReactionAdded{m.id, "+1", count, seq}, kOther, 0, seq);
  }
  void erase(std::int64_t seq) {
    const MessageView m = now(seq);
    if (m.deleted) return;
    MessageView gone{m.id, kChat, seq, head_rev() + 1, m.author_id};
    gone.created_at = m.created_at, gone.deleted = true;
    messages_[static_cast<std::size_t>(seq - 1)].push_back(gone);
    for (std::size_t i = 0; i < events_.size(); ++i)  // as the log serves it from now on
      if (about_[i] == seq) redact(events_[i], gone);
    happen(MessageDeleted{m.id, seq, {}, false}, m.author_id, 0, seq);
  }
  ChatView view() const {
    ChatView v{kChat, kSpace, ChatKind::public_channel, "general", "", false, History::all, ChatRole::member};
    v.head_seq = head_seq(), v.head_rev = head_rev(), v.member_count = 2;
    if (head_seq() > 0) v.last_message = now(head_seq());
    return v;
  }
  MessagePage page(std::int64_t lo, std::int64_t hi, std::int64_t changed_since = -1) const {
    MessagePage p{{}, lo, std::min(hi, head_seq()), head_rev(), head_seq()};
    for (std::int64_t s = p.lo; s <= p.hi; ++s)
      if (now(s).rev > changed_since) p.items.push_back(now(s));
    return p;
  }
  EventPage after(std::int64_t rev) const {
    EventPage p{{}, head_rev()};
    for (std::int64_t r = rev + 1; r <= head_rev() && p.items.size() < kEventPage; ++r) p.items.push_back(event(r));
    return p;
  }

 private:
  template <class E> void happen(const E& body, UserId actor, std::int64_t seq, std::int64_t about) {
    EventView v{stream_text(chat_stream(kChat)), head_rev() + 1, {}, std::string(type_of<E>.name), {1}, actor, {to_json(body)}};
    if (seq > 0) v.seq = seq;
    events_.push_back(std::move(v)), about_.push_back(about);
  }
  static void redact(EventView& e, MessageView gone) {
    gone.rev = e.rev;
    if (e.type == type_of<MessagePosted>.name) e.payload.text = to_json(MessagePosted{gone});
    else if (e.type == type_of<MessageEdited>.name) e.payload.text = "{}";
  }
  std::vector<std::vector<MessageView>> messages_;
  std::vector<EventView> events_;
  std::vector<std::int64_t> about_;  // the seq that an event speaks of
};

// The device, and what is on its way to it.
class Device {
 public:
  explicit Device(ServerChat& h) : cache_(fuzz::memory_cache()), history_(h) { join(); }

  void live(bool arrives) {
    if (heard_ >= history_.head_rev()) return;
    const EventView e = history_.event(++heard_);
    if (arrives && member_) commit([&](Batch& b) { b.event(e); });
  }
  void ask_events() {
    const ChatState* s = state();
    if (!events_ && s && s->sync.known_rev > s->sync.applied_rev) events_ = {history_.after(s->sync.applied_rev), s->sync.applied_rev};
  }
  void take_events() {
    if (!events_) return;
    const auto [page, asked] = *std::exchange(events_, {});
    commit([&](Batch& b) { b.events(kChat, page, asked, page.items.size() < kEventPage); });
  }
  void ask_page(std::int64_t lo, std::int64_t hi, std::int64_t changed_since = -1) {
    ChatState* s = state();
    if (asking_ || !s) return;
    s->holding = true, s->kept.clear(), s->overflow = false;
    asking_ = {s->sync.applied_rev, lo, hi, changed_since, {}};
  }
  void read_page() {
    if (asking_ && !asking_->page) asking_->page = history_.page(asking_->lo, asking_->hi, asking_->changed_since);
  }
  void take_page() {
    if (!asking_ || !asking_->page) return;
    const Asking a = *std::exchange(asking_, {});
    commit([&](Batch& b) { (void)b.page(kChat, *a.page, a.asked_rev, a.changed_since >= 0 ? std::optional(a.changed_since) : std::nullopt); });
    if (ChatState* s = state()) s->holding = false, s->kept.clear();
  }
  void summary(bool late) {
    if (!late || !summary_) summary_ = history_.view();
    if (late || !member_) return;
    const ChatView v = *std::exchange(summary_, {});
    commit([&](Batch& b) { b.summary(v, true); });
  }
  void late_summary() {
    if (!summary_ || !state()) return;
    const ChatView v = *std::exchange(summary_, {});
    commit([&](Batch& b) { b.summary(v, true); });
  }
  void nudge() {
    if (member_) commit([&](Batch& b) { b.nudge({kChat, history_.head_seq(), history_.head_rev()}); });
  }
  void acknowledged(std::int64_t seq) {
    if (!state() || !member_) return;
    const MessageView first = history_.versions(seq).front();
    if (!history_.now(seq).deleted) commit([&](Batch& b) { b.acknowledged(first); });
  }
  void restart() { cache_.met_chats().clear(), events_.reset(), asking_.reset(), summary_.reset(), changed_ = true; }
  void leave() {
    commit([&](Batch& b) { b.remove_chat(kChat); });
    restart(), member_ = false, applied_ = 0;
  }
  void join() {
    member_ = true, heard_ = history_.head_rev();
    commit([&](Batch& b) { b.summary(history_.view(), true); });
  }
  void drop_history() {
    commit([&](Batch& b) { b.drop_history(kChat); });
  }
  bool member() const { return member_; }
  void check();
  void catch_up();

 private:
  struct Asking {
    std::int64_t asked_rev, lo, hi, changed_since;
    std::optional<MessagePage> page;
  };
  ChatState* state() { return cache_.chat(kChat); }
  template <class F> void commit(F act) {
    Batch batch(cache_, kMe);
    act(batch);
    HOLDS(batch.commit());
    changed_ = true;
  }
  void check_row(const MessageRow* row, std::int64_t seq, const HeldRange& range);

  Cache& cache_;
  ServerChat& history_;
  std::int64_t heard_ = 0, applied_ = 0;  // the rev up to which the stream has come; the highest that was applied
  bool member_ = false, changed_ = true;  // since the last check()
  std::optional<std::pair<EventPage, std::int64_t>> events_;
  std::optional<Asking> asking_;
  std::optional<ChatView> summary_;
};

// The row is what the message was at its rev, and no change that has been heard is missing. Where the range is stale, some may be.
void Device::check_row(const MessageRow* row, std::int64_t seq, const HeldRange& range) {
  const std::int64_t known = range.fresh() ? applied_ : range.stale_rev;
  const auto& versions = history_.versions(seq);
  if (versions.front().rev > known && !row) return;
  HOLDS(row);
  if (row->deleted) return HOLDS(history_.now(seq).deleted && row->body.empty());
  // The edits of what is deleted are empty by now, and those of a stale range are not heard: what is here may be any of its texts.
  const bool any = history_.now(seq).deleted || !range.fresh();
  const auto same = std::find_if(versions.begin(), versions.end(), [&](const MessageView& v) { return any ? v.body == row->body : v.rev == row->rev; });
  HOLDS(same != versions.end() && same->body == row->body && same->author_id == row->author_id);
  if (any) return;
  HOLDS(same->reactions.empty() == row->reactions.empty() && (row->reactions.empty() || row->reactions[0].count == same->reactions[0].count));
  for (const MessageView& v : versions) HOLDS(v.rev <= row->rev || v.rev > known);
}
void Device::check() {
  if (!std::exchange(changed_, false)) return;  // what the server does alone makes nothing wrong that was right
  const ChatState* s = state();
  if (!s) return HOLDS(cache_.messages(kChat, 0, 1000).empty());
  HOLDS(s->sync.applied_rev >= applied_ && s->sync.applied_rev <= history_.head_rev() && s->sync.known_rev >= s->sync.applied_rev);
  applied_ = s->sync.applied_rev;
  std::map<std::int64_t, std::shared_ptr<const MessageRow>> rows;
  for (const auto& row : cache_.messages(kChat, 0, 1000)) HOLDS(rows.emplace(row->seq, row).second);
  for (const HeldRange& r : s->coverage.ranges()) {
    HOLDS(r.lo >= 1 && r.hi <= history_.head_seq() && r.stale_rev <= applied_);
    for (std::int64_t seq = r.lo; seq <= r.hi; ++seq) check_row(rows.contains(seq) ? rows[seq].get() : nullptr, seq, r);
  }
}
// Nothing is lost any more; at the end everything is held.
void Device::catch_up() {
  for (int n = 0; n < 400; ++n) {
    take_events(), read_page(), take_page(), nudge(), ask_events();
    check();
    const ChatState* s = state();
    if (s->sync.applied_rev < history_.head_rev()) continue;
    if (const HeldRange* r = s->coverage.stale()) ask_page(r->lo, r->hi, r->stale_rev);
    else if (const auto hole = s->coverage.hole(1, history_.head_seq())) ask_page(hole->lo, hole->hi);
    else break;
  }
  const auto rows = cache_.messages(kChat, 0, 1000);
  HOLDS(static_cast<std::int64_t>(rows.size()) == history_.head_seq());
  for (const auto& row : rows) {
    const MessageView& m = history_.now(row->seq);
    HOLDS(row->body == m.body && row->deleted == m.deleted && row->id == m.id && row->rev == m.rev);
    HOLDS(row->reactions.size() == m.reactions.size() && (m.reactions.empty() || row->reactions[0].count == m.reactions[0].count));
  }
}

void step(fuzz::Input& in, ServerChat& h, Device& d) {
  const std::uint8_t op = in.byte();
  const auto any = [&] { return 1 + static_cast<std::int64_t>(in.below(static_cast<std::size_t>(std::max<std::int64_t>(h.head_seq(), 1)))); };
  const bool some = h.head_seq() > 0;
  switch (op % 20) {
    case 0:
    case 1: return h.head_seq() < 60 ? h.post(op & 64 ? kMe : kOther) : void();
    case 2: return some ? h.edit(any()) : void();
    case 3: return some ? h.erase(any()) : void();
    case 4: return some ? h.react(any()) : void();
    case 5:
    case 6:
    case 7: return d.live(true);
    case 8: return d.live(false);
    case 9: return d.ask_events();
    case 10: return d.take_events();
    case 11: {
      const auto lo = any();
      return d.ask_page(lo, lo + static_cast<std::int64_t>(in.below(8)));
    }
    case 12: return d.read_page();
    case 13: return d.take_page();
    case 14: return d.summary(op & 64);
    case 15: return d.late_summary();
    case 16: return d.nudge();
    case 17: return op & 64 ? d.restart() : op & 32 ? d.drop_history() : void();
    case 18: return d.member() ? (op & 64 ? d.leave() : void()) : d.join();
    default: return some ? d.acknowledged(any()) : void();
  }
}
}  // namespace

FUZZ_TARGET(races) {
  fuzz::Input in(bytes);
  ServerChat history;
  for (std::size_t n = in.below(6); n > 0; --n) history.post(kOther);
  Device device(history);
  for (int n = 0; n < 60 && !in.empty(); ++n) {
    step(in, history, device);
    device.check();
  }
  if (!device.member()) device.join();
  device.catch_up();
}
