#include "sdk/core/chats/chats.hpp"
#include <algorithm>
#include "sdk/core/access.hpp"
#include "sdk/core/hash.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
static std::vector<UserId> people_of(const CreateChat& c, UserId actor) {
  std::vector<UserId> people{actor};
  for (const UserId& u : c.member_ids)
    if (std::find(people.begin(), people.end(), u) == people.end()) people.push_back(u);
  return people;
}
ChatId id_of(const CreateChat& c, UserId actor) { return c.kind == ChatKind::direct ? direct_chat_id(c.workspace_id, people_of(c, actor)) : c.id; }
// Of the request, whatever the order of its people.
static std::string create_hash(CreateChat c, UserId actor) {
  c.member_ids = people_of(c, actor), c.full = false;
  std::sort(c.member_ids.begin() + 1, c.member_ids.end());
  return sha256_hex(to_json(c));
}
static bool is_member(WorkingSet& set, ChatId chat, UserId user) {
  const auto* m = set.find<MemberRow>(chat, user);
  return m && m->state == MemberState::active;
}

static void needs(Keys& keys, const CreateChat& c, const Context& x, WorkingSet*) {
  need<ChatRow>(keys, id_of(c, x.actor));
  need<ChatRow>(keys, c.id), need<WorkspaceRow>(keys, c.id);
  need<MemberRow>(keys, id_of(c, x.actor), x.actor);
  for (const UserId& u : people_of(c, x.actor)) need_active_person(keys, c.workspace_id, u), need<MemberRow>(keys, id_of(c, x.actor), u);
}

// Somebody who left the workspace left its direct chats, too. Back in it, they come back into those as soon as one of the people asks.
static bool waits_outside(WorkingSet& set, const ChatRow& direct, UserId user) {
  const auto* person = set.find<WorkspaceMemberRow>(direct.workspace_id, user);
  return !is_member(set, direct.id, user) && person && person->state == MemberState::active;
}
static Error taken() { return {Code::conflict, "this id is taken", {}}; }
// The ids that a creator may choose; those of direct chats are made from their people.
static bool may_name(ChatId id) { return id.bytes[6] >> 4 == 7; }
// A direct chat exists once for its people, whoever made it; other chats are known by the id that their creator chose.
static Existing existing(WorkingSet& set, const CreateChat& c, const Context& x) {
  const auto* row = set.find<ChatRow>(id_of(c, x.actor));
  if (c.kind != ChatKind::direct && !row && set.find<WorkspaceRow>(c.id)) return taken();  // streams of either kind are known by the id alone
  if (!row) return {};
  if (c.kind != ChatKind::direct && !may_name(c.id)) return {};  // refused like one that is free: who talks to whom can be derived, not asked
  if (c.kind != ChatKind::direct) {
    if (row->created_by == x.actor && row->create_hash == create_hash(c, x.actor)) return Effects{{}, {}, true};
    return taken();
  }
  const auto people = people_of(c, x.actor);
  const bool complete = std::none_of(people.begin(), people.end(), [&](const UserId& u) { return waits_outside(set, *row, u); });
  if (complete && is_member(set, row->id, x.actor)) return Effects{{}, {}, true};
  return {};
}
static Decision bring_back(WorkingSet& set, const ChatRow& direct, const std::vector<UserId>& people) {
  Drafts drafts(set);
  std::int32_t back = 0;
  for (const UserId& u : people)
    if (!is_member(set, direct.id, u)) draft_member(drafts, direct, u, ChatRole::member, back++);
  return drafts;
}

static bool is_channel(ChatKind kind) { return kind == ChatKind::private_channel || kind == ChatKind::public_channel; }

std::optional<Error> misshapen(const CreateChat& c, UserId actor) {
  const std::size_t people = people_of(c, actor).size();
  if (c.kind != ChatKind::direct && !may_name(c.id)) return Error{Code::invalid_argument, "must be a UUIDv7", "id"};
  if (c.kind == ChatKind::direct && (people < 2 || people > 9)) return Error{Code::invalid_argument, "a direct chat is between 2 and 9 people", "member_ids"};
  if (is_channel(c.kind) && (!c.name || c.name->empty())) return Error{Code::invalid_argument, "a channel has a name", "name"};
  if (c.name && !c.name->empty() && c.name->find_first_not_of(' ') == c.name->npos) return Error{Code::invalid_argument, "must not be blank", "name"};
  return std::nullopt;
}

static std::optional<Error> refuse(WorkingSet& set, const CreateChat& c, const Context& x, const std::vector<UserId>& people) {
  if (auto error = misshapen(c, x.actor)) return error;
  if (is_channel(c.kind) && set.find<WorkspaceMemberRow>(c.workspace_id, x.actor)->role == WorkspaceRole::guest)
    return Error{Code::permission_denied, "guests do not create channels", {}};
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto* m = set.find<WorkspaceMemberRow>(c.workspace_id, people[i]);
    if (!m || m->state != MemberState::active || !is_active(set, people[i]))
      return Error{Code::invalid_argument, "not a member of this workspace: " + people[i].str(), "member_ids"};
  }
  if (c.full) return Error{Code::conflict, "one of these people is in as many chats as there may be", "member_ids"};
  return std::nullopt;
}

// Whoever opens a direct chat gives it neither: it would be named for the others for ever, and perhaps after somebody else.
static std::string name_of(const CreateChat& c) { return c.kind == ChatKind::direct ? "" : c.name.value_or(""); }
static std::string topic_of(const CreateChat& c) { return c.kind == ChatKind::direct ? "" : c.topic.value_or(""); }

static Decision decide(WorkingSet& set, const CreateChat& c, const Context& x) {
  const auto people = people_of(c, x.actor);
  if (auto error = refuse(set, c, x, people)) return *error;
  const ChatId id = id_of(c, x.actor);
  if (const auto* direct = set.find<ChatRow>(id)) return bring_back(set, *direct, people);
  ChatCreated created{id, c.workspace_id, c.kind, name_of(c), topic_of(c), c.history.value_or(History::all), {}, x.now, create_hash(c, x.actor)};
  for (const UserId& u : people) created.members.push_back({u, u == x.actor && c.kind != ChatKind::direct ? ChatRole::owner : ChatRole::member});
  Drafts drafts(set);
  drafts.add(chat_stream(id), Body::of(created));
  for (const FirstMember& m : created.members)
    drafts.notify(user_stream(m.user_id), Body::of(ChatAdded{id, c.workspace_id, c.kind, created.name, created.topic, m.role, 1, 0, 1}));
  return drafts;
}

static void apply(WorkingSet& set, const Event& e, const ChatCreated& b) {
  ChatRow chat{b.id, b.workspace_id, b.kind, b.name, b.topic, false, b.history};
  chat.member_count = static_cast<std::int32_t>(b.members.size());
  for (const FirstMember& m : b.members) {
    chat.owner_count += m.role == ChatRole::owner;
    set.put(MemberRow{b.id, m.user_id, m.role, MemberState::active, 1, e.at, e.rev, e.pos});
  }
  chat.last_at = e.at, chat.created_by = e.actor, chat.created_at = b.created_at, chat.create_hash = b.create_hash;
  chat.head_rev = e.rev, chat.head_pos = e.pos;
  set.put(std::move(chat));
}

// What one who may not read the chat any more is told again: the new chat as it was asked for, nothing of what became of it.
static ChatView answer(WorkingSet& set, const CreateChat& c, const Context& x) {
  const auto* row = set.find<ChatRow>(id_of(c, x.actor));
  const bool direct = c.kind == ChatKind::direct;
  ChatView v{row->id, c.workspace_id, c.kind, name_of(c), topic_of(c), false, c.history.value_or(History::all), {}, 0, 1};
  const auto people = people_of(c, x.actor);
  v.role = direct ? ChatRole::member : ChatRole::owner, v.member_count = static_cast<std::int32_t>(people.size());
  v.created_by = row->created_by, v.created_at = v.last_at = row->created_at;
  if (direct && people.size() == 2) v.peer_id = people[1];
  return v;
}
static std::shared_ptr<void> chat_of(const void* command, const Context& x) {
  return std::make_shared<ChatParams>(ChatParams{id_of(*static_cast<const CreateChat*>(command), x.actor)});
}

static void needs(Keys& keys, const UpdateChat& c, const Context& x, WorkingSet*) { need<ReadMarkRow>(keys, x.actor, c.chat_id); }
static Decision decide(WorkingSet& set, const UpdateChat& c, const Context&) {
  const auto* row = set.find<ChatRow>(c.chat_id);
  if (row->kind == ChatKind::direct) return Error{Code::permission_denied, "a direct chat has no name, topic or archive", {}};
  const ChatChanged changed{c.name.value_or(row->name), c.topic.value_or(row->topic), c.archived.value_or(row->archived)};
  Drafts drafts(set);
  if (changed.name != row->name || changed.topic != row->topic || changed.archived != row->archived) drafts.add(chat_stream(c.chat_id), Body::of(changed));
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const ChatChanged& b) {
  if (auto* row = set.edit<ChatRow>(e.rev, e.stream.id)) row->name = b.name, row->topic = b.topic, row->archived = b.archived;
}

// For the replay: all that is known by key. The newest message would be a text to redact.
static ChatView answer(WorkingSet& set, const UpdateChat& c, const Context& x) {
  const auto* row = set.find<ChatRow>(c.chat_id);
  const auto* m = set.find<MemberRow>(c.chat_id, x.actor);
  const auto* mark = set.find<ReadMarkRow>(x.actor, c.chat_id);
  ChatView v{row->id, row->workspace_id, row->kind, row->name, row->topic, row->archived, row->history, m->role, row->head_seq, row->head_rev};
  v.read_seq = mark ? mark->read_seq : 0, v.visible_from = m->visible_from;
  v.unread = unread_count(v.head_seq, v.read_seq, v.visible_from);
  v.member_count = row->member_count, v.created_by = row->created_by, v.created_at = row->created_at, v.last_at = row->last_at;
  return v;
}

// Notifications: their truth is the membership row.
static void apply(WorkingSet&, const Event&, const ChatAdded&) {}
static void apply(WorkingSet&, const Event&, const ChatRemoved&) {}

ChatId direct_chat_id(WorkspaceId workspace, std::vector<UserId> people) {
  std::sort(people.begin(), people.end());
  std::string bytes(workspace.bytes.begin(), workspace.bytes.end());
  for (const UserId& u : people) bytes.append(u.bytes.begin(), u.bytes.end());
  const auto digest = sha256(bytes);
  ChatId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

void need_active_person(Keys& keys, WorkspaceId workspace, UserId user) {
  need<UserRow>(keys, user);
  need<WorkspaceMemberRow>(keys, workspace, user);
}

constexpr RowEntry rows[] = {row<ChatRow>()};
constexpr EventEntry events[] = {event<ChatCreated>(StreamKind::chat), event<ChatChanged>(StreamKind::chat), event<ChatAdded>(StreamKind::user),
                                 event<ChatRemoved>(StreamKind::user)};
constexpr CommandEntry commands[] = {
    answered_by(command<CreateChat>({"POST", "/chats", 201}, Permission::chat_create), "get_chat", chat_of),
    answered_by(command<UpdateChat>({"PATCH", "/chats/{chat_id}"}, Permission::chat_change), "get_chat"),
};
constexpr CallEntry calls[] = {
    {"list_chats", &type_of<ChatListParams>, &type_of<ChatView>, {"GET", "/chats"}, Permission::signed_in, true},
    {"get_chat", &type_of<ChatParams>, &type_of<ChatView>, {"GET", "/chats/{chat_id}"}, Permission::chat_read},
    {"list_channels", &type_of<WorkspaceParams>, &type_of<ChannelView>, {"GET", "/workspaces/{workspace_id}/channels"}, Permission::workspace_read, true},
};
extern const Feature chats_feature;
const Feature chats_feature{"chats", rows, events, commands, calls};
}  // namespace fechatter
