#include "sdk/client/sync/batch.hpp"
#include <algorithm>
#include "sdk/core/fold.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/protocol/rev_gate.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kMaxKept = 1000;
constexpr const char* kWithHistory[] = {"delete from reactions where chat_id=?1", "delete from mentions where chat_id=?1"};
constexpr const char* kMoreOfChat[] = {
    "delete from members where chat_id=?1",   "delete from read_marks where chat_id=?1", "delete from chats where id=?1",
    "delete from chat_sync where chat_id=?1", "delete from coverage where chat_id=?1",   "delete from wanted_chats where chat_id=?1",
};
ChatRow row_of(const ChatView& v) {
  ChatRow c{v.id, v.workspace_id, v.kind, v.name, v.topic, v.archived, v.history, v.member_count, 0, v.head_seq, v.head_rev};
  c.last_at = v.last_at, c.created_by = v.created_by, c.created_at = v.created_at;
  return c;
}
// The message that is there already and that an event is about; nil: none.
MessageId message_in(const Event& e) {
  if (const auto* edited = e.body.as<MessageEdited>()) return edited->message.id;
  if (const auto* deleted = e.body.as<MessageDeleted>()) return deleted->id;
  if (const auto* on = e.body.as<ReactionAdded>()) return on->message_id;
  const auto* off = e.body.as<ReactionRemoved>();
  return off ? off->message_id : MessageId{};
}
}  // namespace

Batch::Batch(Cache& cache, UserId self) : cache_(cache), self_(self) {
  auto t = Transaction::begin(cache.db());
  if (t) transaction_.emplace(std::move(*t));
  else failed_ = t.error();
  flush();
}
Batch::~Batch() = default;

void Batch::flush() {
  if (set_) attempt([&] { return cache_.rows().upsert(set_->changes(), 0); });
  set_ = std::make_unique<WorkingSet>(cache_.rows(), [this](const Type& type, const void* row) { return wants(type, row); });
}

void Batch::run(std::string_view sql, const AnyId& id) {
  attempt([&]() -> Result<Done> {
    auto s = cache_.db().statement(sql);
    if (!s) return s.error();
    return s->bind(1, id).run();
  });
}

ChatState* Batch::state(ChatId id) {
  if (const auto it = touched_.find(id); it != touched_.end()) return &it->second;
  if (removed.contains(id)) return nullptr;
  const ChatState* held = cache_.chat(id);
  return held ? &(touched_[id] = *held) : nullptr;
}
ChatState& Batch::state_or_new(ChatId id) {
  if (ChatState* s = state(id)) return *s;
  removed.erase(id), unknown.erase(id);
  run("delete from wanted_chats where chat_id=?1", id_cast<AnyId>(id));
  touched_[id].sync.chat_id = id;
  return touched_[id];
}

bool Batch::wants(const Type& type, const void* row) {
  if (force_) return true;
  if (&type == &type_of<MessageRow>) {
    const auto& m = *static_cast<const MessageRow*>(row);
    const ChatState* s = state(m.chat_id);
    return s && s->coverage.at(m.seq);
  }
  if (&type == &type_of<MentionRow>) return static_cast<const MentionRow*>(row)->user_id == self_ || !static_cast<const MentionRow*>(row)->user_id;
  if (&type == &type_of<ReactionRow>) return static_cast<const ReactionRow*>(row)->user_id == self_;
  if (&type == &type_of<ReadMarkRow>) return static_cast<const ReadMarkRow*>(row)->user_id == self_;
  if (&type == &type_of<MemberRow>) return static_cast<const MemberRow*>(row)->user_id == self_;
  return &type == &type_of<UserRow> || &type == &type_of<WorkspaceRow> || &type == &type_of<WorkspaceMemberRow>;
}

// --- events ---

void Batch::event(const EventView& view) {
  const auto stream = parse_stream(view.stream);
  if (!stream) return;
  if (stream->kind == StreamKind::chat) chat_event(view, *stream);
  else if (stream->kind == StreamKind::workspace) workspace_event(view, *stream);
  else user_event(view);
}

void Batch::chat_event(const EventView& view, const StreamId& stream) {
  const auto id = id_cast<ChatId>(stream.id);
  ChatState* s = state(id);
  if (!s) {
    auto& rev = unknown[id];
    rev = std::max(rev, view.rev);
    return;
  }
  s->sync.known_rev = std::max(s->sync.known_rev, view.rev);
  s->sync.known_seq = std::max(s->sync.known_seq, view.seq.value_or(0));
  const RevStep step = rev_step(view.rev, s->sync.applied_rev);
  if (step == RevStep::gap) gaps.insert(id);
  if (step != RevStep::apply) return;
  auto e = event_of(view);
  if (!e) {  // of a later version: its place in the history counts, a newer library will ask again
    if (s->sync.skipped_rev == 0) s->sync.skipped_rev = view.rev;
    e.emplace();
    e->stream = stream, e->rev = view.rev, e->seq = view.seq.value_or(0), e->at = view.at;
  }
  apply_to(*e, *s);
  message_changed(*e, *s);
  if (e->actor == self_) own.insert(message_in(*e));
  s->sync.applied_rev = view.rev;
  changed.insert(id);
  if (const auto* left = e->body.as<MemberLeft>(); left && left->user_id == self_) {
    const std::int64_t known = s->sync.known_rev;
    remove_chat(id);
    if (known > view.rev) unknown[id] = known;  // more was heard of it: this device's person may be back
  }
}

void Batch::apply_to(const Event& e, ChatState& s) {
  if (const auto* posted = e.body.as<MessagePosted>(); posted && e.seq > 0) {
    if (holds_elsewhere(posted->message.id, s.sync.chat_id, e.seq) || (s.coverage.at(e.seq) && holds_another(posted->message)))
      return void(other_history = true);
    s.coverage.post(e.seq);
    authors.emplace(s.sync.chat_id, e.actor);
  }
  if (s.holding && s.kept.size() < kMaxKept) s.kept.push_back(std::make_shared<const Event>(e));
  else if (s.holding) s.overflow = true, s.kept.clear();
  apply(*set_, e);
}

// In one history a message stays in its place, and a place is taken once.
bool Batch::holds_elsewhere(MessageId id, ChatId chat, std::int64_t seq) {
  const MessageRow* held = set_->find<MessageRow>(id);
  return held && (held->chat_id != chat || held->seq != seq);
}
bool Batch::holds_another(const MessageView& m) {
  const auto rows = cache_.messages(m.chat_id, m.seq, m.seq);
  return m.id && std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row->id != m.id; });
}

void Batch::workspace_event(const EventView& view, const StreamId& stream) {
  if (view.rev < 1) return;  // rows would take it for newer than anything
  const auto id = id_cast<WorkspaceId>(stream.id);
  auto e = event_of(view);
  if (e) apply(*set_, *e);
  people_changed = true;
  const auto held = cache_.rows().get<SpaceRow>(id);
  if (!held) attempt([&] { return cache_.rows().set(SpaceRow{id, 0}); });  // to be asked for, also after a restart
  const std::int64_t followed = held ? held->members_rev : 0;
  if (followed > 0 && rev_step(view.rev, followed) == RevStep::apply) attempt([&] { return cache_.rows().set(SpaceRow{id, view.rev}); });
  else if (view.rev > followed) stale_members.insert(id);
  if (!e) return;
  if (const auto* left = e->body.as<WorkspaceMemberLeft>(); left && left->user_id == self_) leave_workspace(id);
}

void Batch::doubt(WorkspaceId id) {
  attempt([&] { return cache_.rows().set(SpaceRow{id, 0}); });
  stale_members.insert(id);
}

void Batch::leave_workspace(WorkspaceId id) {
  flush();
  stale_members.erase(id), left_workspaces.insert(id);
  people_changed = true;
  auto s = cache_.db().statement("select id from chats where workspace_id=?1");
  if (s) s->bind(1, id);
  std::optional<Error> unread;
  const auto gone = ids_of(std::move(s), &unread);
  if (unread) attempt([&] { return Result<Done>(*unread); });
  for (const ChatId& chat : gone) remove_chat(chat);
  run("delete from workspaces where id=?1", id_cast<AnyId>(id));
  run("delete from workspace_members where workspace_id=?1", id_cast<AnyId>(id));
  run("delete from spaces where workspace_id=?1", id_cast<AnyId>(id));
}

void Batch::user_event(const EventView& view) {
  const auto e = event_of(view);
  if (!e) return;
  apply(*set_, *e);
  if (const auto* moved = e->body.as<ReadMoved>()) {
    changed.insert(moved->chat_id);
    if (ChatState* s = state(moved->chat_id)) mark_moved(*s, moved->seq);
  }
  if (e->body.as<ProfileChanged>()) people_changed = true;
  if (const auto* gone = e->body.as<ChatRemoved>()) remove_chat(gone->chat_id);
  if (const auto* added = e->body.as<ChatAdded>(); added && !state(added->chat_id)) {
    auto& rev = unknown[added->chat_id];
    rev = std::max(rev, added->head_rev);
  }
}

// --- what the server says of things as a whole ---

void Batch::events(ChatId id, const EventPage& page, std::int64_t asked_rev, bool complete) {
  ChatState* s = state(id);
  if (!s || s->sync.applied_rev < asked_rev) return;
  for (const EventView& view : page.items) {
    if (view.rev > s->sync.applied_rev + 1) s->sync.applied_rev = view.rev - 1;
    event(view);
    if (s = state(id); !s) return;
  }
  if (complete) s->sync.applied_rev = std::max(s->sync.applied_rev, page.head_rev);
  s->sync.known_rev = std::max(s->sync.known_rev, page.head_rev);
  changed.insert(id);
}

void Batch::summary(const ChatView& v, bool limited) {
  const bool fresh = !state(v.id);
  ChatState& s = state_or_new(v.id);
  set_->put(ReadMarkRow{self_, v.id, v.read_seq, {}});
  force_ = true;
  set_->put(row_of(v));
  force_ = false;
  s.sync.known_rev = std::max(s.sync.known_rev, v.head_rev), s.sync.known_seq = std::max(s.sync.known_seq, v.head_seq);
  if (v.visible_from > std::max<std::int64_t>(s.sync.visible_from, 1)) hide_below(s, v.visible_from);  // left, and joined again, unheard
  s.sync.visible_from = v.visible_from, s.sync.peer_id = v.peer_id;
  if (fresh || v.head_rev >= s.sync.applied_rev) {
    s.sync.mentions = v.mentions, s.sync.mentions_seq = v.head_seq;
    if (const ReadMarkRow* mark = set_->find<ReadMarkRow>(self_, v.id); mark && mark->read_seq > v.read_seq) mark_moved(s, mark->read_seq);
  }
  if (fresh || (limited && v.head_rev > s.sync.applied_rev)) {
    if (!fresh) s.coverage.mark_stale(s.sync.applied_rev);
    s.sync.applied_rev = v.head_rev, s.limited_rev = v.head_rev;
    if (v.last_message) put_newest(s, *v.last_message);
  }
  if (v.head_rev > s.sync.applied_rev) gaps.insert(v.id);
  changed.insert(v.id);
}

void Batch::created(const ChatView& v) {
  summary(v, true);
  recount(*state(v.id));
}

void Batch::nudge(const NudgeFrame& n) {
  ChatState* s = state(n.chat_id);
  if (!s) {
    auto& rev = unknown[n.chat_id];
    rev = std::max(rev, n.head_rev);
    return;
  }
  s->sync.known_rev = std::max(s->sync.known_rev, n.head_rev), s->sync.known_seq = std::max(s->sync.known_seq, n.head_seq);
  if (s->sync.known_rev > s->sync.applied_rev) gaps.insert(n.chat_id);
  changed.insert(n.chat_id);
}

void Batch::drop_rows(ChatId id) {
  flush();
  attempt([&] { return cache_.drop_messages(id); });
  for (const char* sql : kWithHistory) run(sql, id_cast<AnyId>(id));
}

void Batch::hide_below(ChatState& s, std::int64_t seq) {
  flush();
  attempt([&] { return cache_.drop_messages(s.sync.chat_id, seq); });
  s.coverage.drop_below(seq);
}

void Batch::remove_chat(ChatId id) {
  drop_rows(id);
  for (const char* sql : kMoreOfChat) run(sql, id_cast<AnyId>(id));
  touched_.erase(id), gaps.erase(id), unknown.erase(id), recounts.erase(id);
  removed.insert(id), forgotten_.insert(id), changed.insert(id);
}

void Batch::drop_history(ChatId id) {
  ChatState* s = state(id);
  if (!s) return;
  drop_rows(id);
  s->coverage = {};
  recount(*s);
  changed.insert(id);
}

void Batch::doubt(ChatId id) {
  ChatState* s = state(id);
  if (!s || s->sync.skipped_rev == 0) return;
  s->coverage.mark_stale(s->sync.skipped_rev - 1);
  s->sync.skipped_rev = 0;
  recount(*s);
  changed.insert(id);
}

void Batch::workspace(const WorkspaceView& v) {
  WorkspaceRow row{v.id, v.name, v.head_rev};
  row.member_count = v.member_count, row.created_at = v.created_at;
  set_->put(std::move(row));
  const auto held = cache_.rows().get<SpaceRow>(v.id);
  if (!held || held->members_rev < v.head_rev) stale_members.insert(v.id);
  people_changed = true;
}

void Batch::members(WorkspaceId id, const std::vector<WorkspaceMemberView>& list) {
  for (const auto& m : list) {
    set_->put(UserRow{m.user_id, m.name, UserState::active, m.joined_at, std::max<std::int64_t>(m.profile_version, 1)});
    set_->put(WorkspaceMemberRow{id, m.user_id, m.role, MemberState::active, m.joined_at, m.rev, {}});
  }
  people_changed = true;
}

// Who left unheard is named by nobody any more.
void Batch::all_members(WorkspaceId id, const MemberRound& round) {
  flush();
  auto s = cache_.db().statement("select * from workspace_members where workspace_id=?1 and rev<=?2");
  if (s) s->bind(1, id), s->bind(2, round.as_of_rev);
  std::optional<Error> unread;
  for (const auto& row : rows_of<WorkspaceMemberRow>(std::move(s), &unread))
    if (!round.named.contains(row->user_id)) attempt([&] { return cache_.rows().remove<WorkspaceMemberRow>(id, row->user_id); });
  if (unread) attempt([&] { return Result<Done>(*unread); });
  attempt([&] { return cache_.rows().set(SpaceRow{id, round.as_of_rev}); });
  people_changed = true;
}

void Batch::user(const UserView& v) {
  set_->put(UserRow{v.id, v.name, UserState::active, v.created_at, std::max<std::int64_t>(v.version, 1)});
  people_changed = true;
}

// Rows that the server does not have any more, unless they are newer than the page.
void Batch::drop_missing(ChatId id, const MessagePage& page) {
  flush();
  std::map<std::int64_t, MessageId> there;
  for (const MessageView& m : page.items) there[m.seq] = m.id;
  for (const auto& row : cache_.messages(id, page.lo, page.hi)) {
    const auto taken = there.find(row->seq);
    const bool by_another = taken != there.end() && taken->second != row->id;
    other_history = other_history || (by_another && row->rev > page.as_of_rev);
    if (by_another || (taken == there.end() && row->rev <= page.as_of_rev)) attempt([&] { return cache_.rows().remove<MessageRow>(row->id); });
  }
}

void Batch::set_cursor(const std::string& text) { cursor_ = text; }
void Batch::all_told() {
  for (const auto& [id, held] : cache_.met_chats()) {
    const auto touched = touched_.find(id);
    const ChatSyncRow& now = touched == touched_.end() ? held.sync : touched->second.sync;
    if (now.known_rev > now.applied_rev && !removed.contains(id)) gaps.insert(id);
  }
}

void Batch::write_states() {
  for (auto& [id, s] : touched_) {
    const ChatState* before = forgotten_.contains(id) ? nullptr : cache_.chat(id);
    attempt([&] { return cache_.rows().set(s.sync); });
    if (before && before->coverage.ranges() == s.coverage.ranges()) continue;
    run("delete from coverage where chat_id=?1", id_cast<AnyId>(id));
    for (const HeldRange& r : s.coverage.ranges()) attempt([&] { return cache_.rows().set(CoverageRow{id, r.lo, r.hi, r.stale_rev}); });
  }
}

Result<Done> Batch::commit() {
  flush();
  write_states();
  for (const auto& [id, rev] : unknown) attempt([&] { return cache_.rows().set(WantedChatRow{id, rev}); });  // with the cursor that has passed them
  if (cursor_) attempt([&] { return cache_.set_meta("cursor", *cursor_); });
  attempt([&] { return transaction_->commit(); });
  if (failed_) return *failed_;
  for (const ChatId& id : removed) cache_.erase_chat(id);
  for (auto& [id, s] : touched_) cache_.set_chat(id, std::move(s));
  cache_.db().maintain(Cache::kWal);
  return Done{};
}

}  // namespace fechatter
