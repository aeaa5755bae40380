#include "sdk/client/sync/pages.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr int kMaxTries = 6;
constexpr std::int64_t kRetryMs = 2000;
constexpr std::int64_t kEventPage = 200;

std::string page_path(const PageWant& w) {
  std::string path = "/chats/" + w.chat.str() + "/messages?limit=" + std::to_string(std::clamp<std::int64_t>(w.limit, 1, 200));
  switch (w.kind) {
    case PageWant::before: return path + (w.seq > 0 ? "&before=" + std::to_string(w.seq) : std::string{});
    case PageWant::after: return path + "&after=" + std::to_string(w.seq);
    case PageWant::around: return path + "&around=" + std::to_string(w.seq);
    case PageWant::changed: break;
  }
  return path + "&changed_since=" + std::to_string(w.since) + "&lo=" + std::to_string(w.lo) + "&hi=" + std::to_string(w.hi);
}

// Something of what was asked for, so that the next question is another one.
bool tells(const PageWant& w, const MessagePage& page) {
  if (w.kind == PageWant::changed) return page.lo <= w.hi && page.hi >= w.lo;
  return w.kind != PageWant::before || w.seq <= 0 || (page.lo <= page.hi && page.hi >= (w.open_end ? std::min(w.seq - 1, page.head_seq) : w.seq - 1));
}
}  // namespace

// --- history ---

void Pages::fetch(const PageWant& want, Then then) {
  if (!desk_.cache->chat(want.chat)) return desk_.post([then] { then(Error{Code::not_found, "this chat is not held"}); });
  Lane& lane = lanes_[want.chat];
  lane.push_back({want, std::move(then)});
  if (lane.size() == 1) start(want.chat);
}

void Pages::start(ChatId id) {
  Job& job = lanes_[id].front();
  ChatState* s = desk_.cache->chat(id);
  if (!s) return finish(id, Error{Code::not_found, "this chat is gone"});
  job.asked_rev = s->sync.applied_rev, job.known_seq = s->sync.known_seq;
  s->holding = true, s->kept.clear(), s->overflow = false;
  session_.ask({"GET", page_path(job.want), {}}, {}, [this, id, g = generation_](const Judgement& j, const std::string& body) {
    if (g == generation_) answered(id, j, body);
  });
}

void Pages::answered(ChatId id, const Judgement& j, const std::string& body) {
  if (j.verdict != Verdict::acknowledged) return finish(id, j.error);
  Job& job = lanes_[id].front();
  Result<Done> outcome = Done{};
  if (take(job, body, outcome)) return finish(id, std::move(outcome));
  if (++job.tries >= kMaxTries) return finish(id, Error{Code::unavailable, "the history changed faster than it could be read"});
  desk_.delay(100 << job.tries, [this, id, g = generation_] {
    if (g == generation_ && lanes_.contains(id)) start(id);
  });
}

// False: older than what is known; ask again.
bool Pages::take(Job& job, const std::string& body, Result<Done>& outcome) {
  MessagePage page;
  if (auto error = read_json(body, page, Reading::tolerant)) return outcome = Error{Code::unavailable, "not a page: " + error->message}, true;
  const auto foreign = [&](const MessageView& m) { return m.chat_id != job.want.chat; };
  if (std::ranges::any_of(page.items, foreign)) return outcome = Error{Code::unavailable, "not a page: it tells of another chat"}, true;
  if (forgot(job.known_seq, page.head_seq)) return outcome = Error{Code::unavailable, "the history was replaced"}, true;
  Batch batch(*desk_.cache, desk_.self());
  const bool changes = job.want.kind == PageWant::changed;
  if (!batch.page(job.want.chat, page, job.asked_rev, changes ? std::optional(job.want.since) : std::nullopt)) return false;
  if (ChatState* s = desk_.cache->chat(job.want.chat)) s->holding = false;
  outcome = desk_.commit(batch);
  if (outcome && !tells(job.want, page)) outcome = Error{Code::unavailable, "the server tells nothing of what was asked for"};  // not at once again
  return true;
}

void Pages::finish(ChatId id, Result<Done> outcome) {
  if (ChatState* s = desk_.cache->chat(id)) s->holding = false, s->kept.clear();
  const auto it = lanes_.find(id);
  if (it == lanes_.end()) return;
  const Then then = std::move(it->second.front().then);
  it->second.pop_front();
  if (it->second.empty()) lanes_.erase(it);
  else start(id);
  then(std::move(outcome));
  desk_.turn();
}

void Pages::locate(ChatId chat, MessageId id, std::function<void(Result<std::int64_t>)> then) {
  session_.ask({"GET", "/chats/" + chat.str() + "/messages/" + id.str(), {}}, {}, [then](const Judgement& j, const std::string& body) {
    MessageView v;
    if (j.verdict != Verdict::acknowledged) return then(j.error);
    if (read_json(body, v, Reading::tolerant) || v.seq <= 0) return then(Error{Code::not_found, "no such message"});
    then(v.seq);
  });
}

void Pages::finish_all(const Error& error) {
  ++generation_;
  for (auto& [id, lane] : std::exchange(lanes_, {}))
    for (Job& job : lane) job.then(error);
}

void Pages::reset() {
  finish_all({Code::unavailable, "the history was replaced"});
  recounts_.clear(), recounts_busy_.clear();
  gaps_.clear(), gaps_busy_.clear(), chats_.clear(), chats_busy_.clear(), spaces_.clear(), spaces_busy_.clear();
  people_.clear(), people_busy_.clear(), people_asked_.clear();
  for (auto& [id, s] : desk_.cache->met_chats()) s.holding = false, s.kept.clear();
}

// --- what is missing ---

void Pages::restore() {
  Database& db = desk_.cache->db();
  std::optional<Error> unread;
  for (const ChatId& id : desk_.cache->ids("select chat_id from chat_sync where known_rev > applied_rev", &unread)) gaps_.insert(id);
  for (const ChatId& id : desk_.cache->ids("select chat_id from chat_sync where mentions < 0", &unread)) recounts_.insert(id);
  for (const auto& row : rows_of<WantedChatRow>(db.statement("select * from wanted_chats"), &unread)) chats_[row->chat_id] = row->rev;
  for (const auto& w : rows_of<WorkspaceRow>(db.statement("select * from workspaces"), &unread)) {
    const auto space = desk_.cache->rows().get<SpaceRow>(w->id);
    if (!space || space->members_rev < w->head_rev) spaces_.insert(w->id);
  }
  for (const auto& space : rows_of<SpaceRow>(db.statement("select * from spaces where members_rev = 0"), &unread)) spaces_.insert(space->workspace_id);
  if (!unread) return;
  desk_.failed(*unread);
  later([this] { restore(); });
}

void Pages::missing(const Batch& batch) {
  for (const ChatId& id : batch.removed) gaps_.erase(id), chats_.erase(id), chats_busy_.erase(id);
  gaps_.insert(batch.gaps.begin(), batch.gaps.end());
  recounts_.insert(batch.recounts.begin(), batch.recounts.end());
  for (auto& [id, changed] : recounts_busy_) changed |= batch.changed.contains(id);
  for (const auto& [id, rev] : batch.unknown) chats_[id] = std::max(chats_[id], rev);
  spaces_.insert(batch.stale_members.begin(), batch.stale_members.end());
}

void Pages::person(UserId id) {
  if (id && people_asked_.insert(id).second) people_.insert(id);
}

void Pages::pump(bool online) {
  if (std::exchange(online_, online) != online && online) people_asked_.clear();
  if (!online) return;
  for (const ChatId& id : std::exchange(gaps_, {})) {
    if (gaps_busy_.contains(id) || gaps_busy_.size() >= 4) gaps_.insert(id);
    else fetch_events(id);
  }
  const auto unknown = std::exchange(chats_, {});
  for (const auto& [id, rev] : unknown) {
    const bool busy = chats_busy_.contains(id);  // also of one that is held, when its heads are to be taken
    if (!busy && desk_.cache->chat(id)) {
      heard_of(id, rev);
      continue;
    }
    chats_[id] = rev;  // looked at again when the answer is there
    if (!busy && chats_busy_.size() < 4) fetch_chat(id);
  }
  for (const ChatId& id : std::exchange(recounts_, {})) {
    if (recounts_busy_.contains(id) || recounts_busy_.size() >= 4) recounts_.insert(id);
    else recount(id);
  }
  for (const WorkspaceId& id : std::exchange(spaces_, {})) {
    if (spaces_busy_.contains(id)) spaces_.insert(id);
    else spaces_busy_.insert(id), fetch_members(id, {}, {});
  }
  while (!people_.empty() && people_busy_.size() < 4) fetch_person(*people_.begin());
}

void Pages::later(std::function<void()> mark) {
  desk_.delay(kRetryMs / 2 + desk_.draw(kRetryMs), [this, mark, g = generation_] {
    if (g != generation_) return;
    mark();
    desk_.turn();
  });
}

// `known` was told by the server before it was asked what it says now.
bool Pages::forgot(std::int64_t known, std::int64_t said) {
  if (said >= known) return false;
  desk_.post([this, g = generation_] {
    if (g == generation_ && on_other_history) on_other_history();
  });
  return true;
}

// The chat came by another way meanwhile; what was heard of it counts.
void Pages::heard_of(ChatId id, std::int64_t rev) {
  Batch batch(*desk_.cache, desk_.self());
  batch.nudge({id, 0, rev});
  if (auto done = desk_.commit(batch); !done) later([this, id, rev] { chats_[id] = std::max(chats_[id], rev); });
}

void Pages::fetch_events(ChatId id) {
  const ChatState* s = desk_.cache->chat(id);
  if (!s || s->sync.known_rev <= s->sync.applied_rev) return;
  gaps_busy_.insert(id);
  const std::int64_t after = s->sync.applied_rev, known = s->sync.known_rev;
  const std::string path = "/chats/" + id.str() + "/events?after_rev=" + std::to_string(after) + "&limit=" + std::to_string(kEventPage);
  session_.ask({"GET", path, {}}, {}, [this, id, after, known, g = generation_](const Judgement& j, const std::string& body) {
    if (g == generation_) take_events(id, after, known, j, body);
  });
}

void Pages::take_events(ChatId id, std::int64_t asked_rev, std::int64_t known_rev, const Judgement& j, const std::string& body) {
  gaps_busy_.erase(id);
  const Code code = j.error.code;
  if (j.verdict == Verdict::refused && code == Code::reset) {  // too many: take the heads, mark what is held as stale
    chats_[id] = std::max(chats_[id], asked_rev);
    return chats_busy_.contains(id) ? void() : fetch_chat(id);
  }
  if (j.verdict == Verdict::refused) return desk_.turn();      // not a member any more: that comes by itself
  EventPage page;
  if (j.verdict != Verdict::acknowledged || read_json(body, page, Reading::tolerant)) return later([this, id] { gaps_.insert(id); });
  if (forgot(known_rev, page.head_rev)) return;
  Batch batch(*desk_.cache, desk_.self());
  batch.events(id, page, asked_rev, static_cast<std::int64_t>(page.items.size()) < kEventPage);
  if (auto done = desk_.commit(batch); !done) return later([this, id] { gaps_.insert(id); });
  if (const ChatState* s = desk_.cache->chat(id); s && s->sync.known_rev > s->sync.applied_rev) gaps_.insert(id);
  desk_.turn();
}

void Pages::fetch_chat(ChatId id) {
  const std::uint64_t n = chats_busy_[id] = ++last_asked_;
  session_.ask({"GET", "/chats/" + id.str(), {}}, {}, [this, id, n, heard = chats_[id], g = generation_](const Judgement& j, const std::string& body) {
    if (g != generation_) return;
    if (const auto busy = chats_busy_.find(id); busy == chats_busy_.end() || busy->second != n) return;  // removed since
    take_chat(id, heard, j, body);
  });
}

void Pages::take_chat(ChatId id, std::int64_t heard, const Judgement& j, const std::string& body) {
  ChatView view;
  const bool read = j.verdict == Verdict::acknowledged && !read_json(body, view, Reading::tolerant) && view.id == id;
  if (!read && j.verdict != Verdict::refused) return later([this, id] { chats_busy_.erase(id); });
  chats_busy_.erase(id);
  desk_.turn();
  const std::int64_t now = std::exchange(chats_[id], 0);
  if (!read || !view.role) {  // not a member
    if (now > heard) return void(chats_[id] = now);  // spoken of again since
    chats_.erase(id);
    (void)desk_.cache->rows().remove<WantedChatRow>(id);
    if (on_gone) on_gone(id);
    return;
  }
  chats_.erase(id);
  if (forgot(heard, view.head_rev)) return;
  Batch batch(*desk_.cache, desk_.self());
  batch.summary(view, true);
  batch.nudge({id, 0, now});
  if (auto done = desk_.commit(batch); !done) later([this, id, now] { chats_[id] = std::max(chats_[id], now); });
}

void Pages::recount(ChatId id) {
  recounts_busy_[id] = false;
  session_.ask({"GET", "/chats/" + id.str(), {}}, {}, [this, id, g = generation_](const Judgement& j, const std::string& body) {
    if (g != generation_) return;
    const bool changed = std::exchange(recounts_busy_[id], false);
    recounts_busy_.erase(id);
    ChatView view;
    const bool read = j.verdict == Verdict::acknowledged && !read_json(body, view, Reading::tolerant) && view.id == id;
    if (changed || (!read && j.verdict != Verdict::refused)) return later([this, id] { recounts_.insert(id); });
    recounts_.erase(id);
    Batch batch(*desk_.cache, desk_.self());
    if (read && view.role) batch.counted(view);
    else batch.remove_chat(id);  // not a member any more
    if (auto done = desk_.commit(batch); !done) later([this, id] { recounts_.insert(id); });
    desk_.turn();
  });
}

// One that was joined while this device followed: the workspace first, then its list.
void Pages::fetch_space(WorkspaceId id) {
  session_.ask({"GET", "/workspaces/" + id.str(), {}}, {}, [this, id, g = generation_](const Judgement& j, const std::string& body) {
    if (g != generation_) return;
    spaces_busy_.erase(id);
    if (j.verdict == Verdict::refused) return (void)desk_.cache->rows().remove<SpaceRow>(id), desk_.turn();  // left again
    WorkspaceView view;
    const bool read = j.verdict == Verdict::acknowledged && !read_json(body, view, Reading::tolerant) && view.id == id;
    if (!read) return later([this, id] { spaces_.insert(id); });
    Batch batch(*desk_.cache, desk_.self());
    batch.workspace(view);
    if (auto done = desk_.commit(batch); !done) return later([this, id] { spaces_.insert(id); });
    desk_.turn();
  });
}

void Pages::fetch_members(WorkspaceId id, std::string cursor, MemberRound round) {
  if (cursor.empty()) {
    const auto row = desk_.cache->rows().get<WorkspaceRow>(id);
    if (!row) return fetch_space(id);
    round.as_of_rev = row->head_rev;  // what the first page surely contains; later events repeat harmlessly
  }
  const std::string path = "/workspaces/" + id.str() + "/members?limit=200" + (cursor.empty() ? std::string{} : "&cursor=" + percent(cursor));
  session_.ask({"GET", path, {}}, {}, [this, id, round = std::move(round), g = generation_](const Judgement& j, const std::string& body) mutable {
    if (g != generation_) return;
    WorkspaceMemberList list;
    const bool read = j.verdict == Verdict::acknowledged && !read_json(body, list, Reading::tolerant);
    const std::string next = list.next.value_or("");
    if (!read || next.empty()) spaces_busy_.erase(id);
    if (j.verdict == Verdict::refused) return j.error.code == Code::not_found ? leave(id) : desk_.turn();
    if (!read) return later([this, id] { spaces_.insert(id); });
    Batch batch(*desk_.cache, desk_.self());
    batch.members(id, list.items);
    for (const auto& m : list.items) round.named.insert(m.user_id);
    if (next.empty()) batch.all_members(id, round);
    if (auto done = desk_.commit(batch); !done) return spaces_busy_.erase(id), later([this, id] { spaces_.insert(id); });
    if (!next.empty()) fetch_members(id, next, std::move(round));
  });
}

// Unless something new was heard of it since the question: then it is asked again.
void Pages::leave(WorkspaceId id) {
  if (spaces_.contains(id)) return desk_.turn();
  Batch batch(*desk_.cache, desk_.self());
  batch.leave_workspace(id);
  if (auto done = desk_.commit(batch); !done) later([this, id] { spaces_.insert(id); });
}

void Pages::fetch_person(UserId id) {
  people_.erase(id), people_busy_.insert(id);
  session_.ask({"GET", "/users/" + id.str(), {}}, {}, [this, id, g = generation_](const Judgement& j, const std::string& body) {
    if (g != generation_) return;
    people_busy_.erase(id);
    if (j.verdict != Verdict::acknowledged && j.verdict != Verdict::refused) return later([this, id] { people_.insert(id); });
    desk_.turn();
    UserView view;
    if (j.verdict == Verdict::refused || read_json(body, view, Reading::tolerant) || view.id != id) return;
    Batch batch(*desk_.cache, desk_.self());
    batch.user(view);
    (void)desk_.commit(batch);
  });
}

}  // namespace fechatter
