#include "sdk/core/members/members.hpp"
#include "sdk/core/access.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
static const MemberRow* member_of(WorkingSet& set, ChatId chat, UserId user) {
  const auto* m = set.find<MemberRow>(chat, user);
  return m && m->state == MemberState::active ? m : nullptr;
}
// Admins of the workspace have an owner's power in the chats that they are in, and in public channels.
static ChatRole power_of(WorkingSet& set, const ChatRow& chat, const MemberRow* me, UserId actor) {
  const auto* w = set.find<WorkspaceMemberRow>(chat.workspace_id, actor);
  if (w && at_least(w->role, WorkspaceRole::admin) && (me || chat.kind == ChatKind::public_channel)) return ChatRole::owner;
  return me ? me->role : ChatRole::member;
}
static Error outranked() { return {Code::permission_denied, "this role is above yours", "role"}; }
static Error last_owner() { return {Code::conflict, "a chat keeps its last owner", "role"}; }
template <class C> static void need_person(Keys& keys, const C& c, WorkingSet* loaded) {
  need<MemberRow>(keys, c.chat_id, c.user_id);
  need<UserRow>(keys, c.user_id);
  if (const auto* chat = loaded ? loaded->find<ChatRow>(c.chat_id) : nullptr) need<WorkspaceMemberRow>(keys, chat->workspace_id, c.user_id);
}
static Error no_chat() { return {Code::not_found, "no such chat", {}}; }
static Error fixed_people() { return {Code::permission_denied, "the people of a direct chat are fixed", {}}; }

// --- join, add, change the role ---
static void needs(Keys& keys, const AddMember& c, const Context&, WorkingSet* loaded) { need_person(keys, c, loaded); }

static Decision change_role(WorkingSet& set, const AddMember& c, const Context& x, const ChatRow& chat, const MemberRow& target) {
  Drafts drafts(set);
  const ChatRole role = c.role.value_or(target.role);
  if (role == target.role) return drafts;
  const ChatRole power = power_of(set, chat, member_of(set, c.chat_id, x.actor), x.actor);
  if (!at_least(power, ChatRole::admin)) return Error{Code::permission_denied, "only admins of the chat change roles", "role"};
  if (!at_least(power, target.role) || !at_least(power, role)) return outranked();
  if (target.role == ChatRole::owner && chat.owner_count <= 1) return last_owner();
  const std::int32_t owners = chat.owner_count + (role == ChatRole::owner) - (target.role == ChatRole::owner);
  drafts.add(chat_stream(c.chat_id), Body::of(MemberChanged{c.user_id, role, owners}));
  return drafts;
}

static std::optional<Error> refuse_add(WorkingSet& set, const AddMember& c, const Context& x, const ChatRow& chat, const MemberRow* me) {
  const auto* mine = set.find<WorkspaceMemberRow>(chat.workspace_id, x.actor);
  const bool self_join = c.user_id == x.actor && chat.kind == ChatKind::public_channel && mine->role != WorkspaceRole::guest;
  if (!me && !self_join)
    return chat.kind == ChatKind::public_channel && mine->role != WorkspaceRole::guest ? Error{Code::permission_denied, "join the channel first", {}}
                                                                                       : no_chat();
  if (chat.archived) return Error{Code::conflict, "the chat is archived", {}};
  const ChatRole power = power_of(set, chat, me, x.actor), role = c.role.value_or(ChatRole::member);
  if (role != ChatRole::member && !at_least(power, ChatRole::admin)) return Error{Code::permission_denied, "only admins of the chat give roles", "role"};
  if (!at_least(power, role)) return outranked();
  const auto* person = set.find<WorkspaceMemberRow>(chat.workspace_id, c.user_id);
  if (!person || person->state != MemberState::active || !is_active(set, c.user_id))
    return Error{Code::not_found, "no such member of this workspace", "user_id"};
  if (c.full) return Error{Code::conflict, "they are in as many chats as there may be", "user_id"};
  return std::nullopt;
}

static Decision decide(WorkingSet& set, const AddMember& c, const Context& x) {
  const auto* chat = set.find<ChatRow>(c.chat_id);
  const auto* me = member_of(set, c.chat_id, x.actor);
  if (chat->kind == ChatKind::direct) return me ? fixed_people() : no_chat();
  if (const auto* target = member_of(set, c.chat_id, c.user_id); target && me) return change_role(set, c, x, *chat, *target);
  if (auto error = refuse_add(set, c, x, *chat, me)) return *error;
  Drafts drafts(set);
  draft_member(drafts, *chat, c.user_id, c.role.value_or(ChatRole::member));
  return drafts;
}
static MemberView answer(WorkingSet& set, const AddMember& c, const Context&) {
  const auto* m = set.find<MemberRow>(c.chat_id, c.user_id);
  const auto* user = set.find<UserRow>(c.user_id);
  return {c.user_id, user ? user->name : "", m->role, m->joined_at, m->rev};
}

static void apply(WorkingSet& set, const Event& e, const MemberJoined& b) {
  const auto chat = id_cast<ChatId>(e.stream.id);
  set.put(MemberRow{chat, b.user_id, b.role, MemberState::active, b.visible_from, e.at, e.rev, e.pos});
  if (auto* row = set.edit<ChatRow>(e.rev, chat)) row->member_count = b.member_count, row->owner_count = b.owner_count;
}
static void apply(WorkingSet& set, const Event& e, const MemberChanged& b) {
  if (auto* m = set.edit<MemberRow>(e.rev, e.stream.id, b.user_id)) m->role = b.role, m->rev = e.rev, m->pos = e.pos;
  if (auto* row = set.edit<ChatRow>(e.rev, e.stream.id)) row->owner_count = b.owner_count;
}

// --- leave, remove ---
static void needs(Keys& keys, const RemoveMember& c, const Context&, WorkingSet* loaded) { need_person(keys, c, loaded); }
static Decision remove(WorkingSet& set, const ChatRow& chat, const MemberRow& target) {
  Drafts drafts(set);
  drafts.add(chat_stream(chat.id), Body::of(MemberLeft{target.user_id, chat.member_count - 1, chat.owner_count - (target.role == ChatRole::owner)}));
  drafts.notify(user_stream(target.user_id), Body::of(ChatRemoved{chat.id}));
  return drafts;
}
static Decision decide(WorkingSet& set, const RemoveMember& c, const Context& x) {
  const auto* chat = set.find<ChatRow>(c.chat_id);
  const auto* me = member_of(set, c.chat_id, x.actor);
  const bool browses = set.find<WorkspaceMemberRow>(chat->workspace_id, x.actor)->role != WorkspaceRole::guest;
  if (!me && (chat->kind != ChatKind::public_channel || !browses)) return no_chat();
  if (chat->kind == ChatKind::direct) return fixed_people();
  const ChatRole power = power_of(set, *chat, me, x.actor);
  const bool other = c.user_id != x.actor;
  if (other && !at_least(power, ChatRole::admin)) return Error{Code::permission_denied, "only admins of the chat remove others", {}};
  const auto* target = member_of(set, c.chat_id, c.user_id);
  if (!target) return Error{Code::not_found, "no such member of this chat", "user_id"};
  if (other && !at_least(power, target->role)) return outranked();
  if (other && target->role == ChatRole::owner && chat->owner_count <= 1) return last_owner();
  return remove(set, *chat, *target);
}
static void needs(Keys& keys, const ForgetMember& c, const Context&, WorkingSet* loaded) {
  need<ChatRow>(keys, c.chat_id);
  need_person(keys, c, loaded);
}
static Decision decide(WorkingSet& set, const ForgetMember& c, const Context&) {
  const auto* chat = set.find<ChatRow>(c.chat_id);
  const auto* target = member_of(set, c.chat_id, c.user_id);
  const auto* workspace = chat ? set.find<WorkspaceMemberRow>(chat->workspace_id, c.user_id) : nullptr;
  if (!target || !workspace || workspace->state == MemberState::active) return Effects{};  // has come back meanwhile
  return remove(set, *chat, *target);
}
static void apply(WorkingSet& set, const Event& e, const MemberLeft& b) {
  if (auto* m = set.edit<MemberRow>(e.rev, e.stream.id, b.user_id)) m->state = MemberState::left, m->rev = e.rev, m->pos = e.pos;
  if (auto* row = set.edit<ChatRow>(e.rev, e.stream.id)) row->member_count = b.member_count, row->owner_count = b.owner_count;
}

void draft_member(Drafts& drafts, const ChatRow& chat, UserId user, ChatRole role, std::int32_t before) {
  const std::int64_t visible_from = chat.history == History::since_join ? chat.head_seq + 1 : 1;
  const MemberJoined joined{user, role, visible_from, chat.member_count + before + 1, chat.owner_count + (role == ChatRole::owner)};
  const std::int64_t rev = drafts.add(chat_stream(chat.id), Body::of(joined)).rev;
  drafts.notify(user_stream(user), Body::of(ChatAdded{chat.id, chat.workspace_id, chat.kind, chat.name, chat.topic, role, visible_from, chat.head_seq, rev}));
}

constexpr RowEntry rows[] = {row<MemberRow>()};
constexpr EventEntry events[] = {event<MemberJoined>(StreamKind::chat), event<MemberLeft>(StreamKind::chat), event<MemberChanged>(StreamKind::chat)};
constexpr CommandEntry commands[] = {
    command<AddMember>({"PUT", "/chats/{chat_id}/members/{user_id}"}, Permission::chat_visit),
    command<RemoveMember>({"DELETE", "/chats/{chat_id}/members/{user_id}", 204}, Permission::chat_visit),
    command<ForgetMember>({}, Permission::anyone),
};
constexpr CallEntry calls[] = {
    {"list_members", &type_of<ChatParams>, &type_of<MemberView>, {"GET", "/chats/{chat_id}/members"}, Permission::chat_read, true},
};
extern const Feature members_feature;
const Feature members_feature{"members", rows, events, commands, calls};
}  // namespace fechatter
