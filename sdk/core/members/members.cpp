#include "sdk/core/members/members.hpp"
#include "sdk/core/access.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
static const MemberRow* member_of(WorkingSet& set, ChatId chat, UserId user) {
  const auto* m = set.find<MemberRow>(chat, user);
  return m && m->state == MemberState::active ? m : nullptr;
}
static bool may_administer(WorkingSet& set, const ChatRow& chat, const MemberRow* me, UserId actor) {
  if (me && at_least(me->role, ChatRole::admin)) return true;
  const auto* w = set.find<WorkspaceMemberRow>(chat.workspace_id, actor);
  return w && at_least(w->role, WorkspaceRole::admin) && (me || chat.kind == ChatKind::public_channel);
}
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
  if (!may_administer(set, chat, member_of(set, c.chat_id, x.actor), x.actor))
    return Error{Code::permission_denied, "only admins of the chat change roles", "role"};
  if (target.role == ChatRole::owner && chat.owner_count <= 1) return Error{Code::conflict, "a chat keeps its last owner", "role"};
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
  if (c.role && *c.role != ChatRole::member && !may_administer(set, chat, me, x.actor))
    return Error{Code::permission_denied, "only admins of the chat give roles", "role"};
  const auto* person = set.find<WorkspaceMemberRow>(chat.workspace_id, c.user_id);
  if (!person || person->state != MemberState::active || !is_active(set, c.user_id))
    return Error{Code::not_found, "no such member of this workspace", "user_id"};
  return std::nullopt;
}

static Decision decide(WorkingSet& set, const AddMember& c, const Context& x) {
  const auto* chat = set.find<ChatRow>(c.chat_id);
  const auto* me = member_of(set, c.chat_id, x.actor);
  if (chat->kind == ChatKind::direct) return me ? fixed_people() : no_chat();
  if (const auto* target = member_of(set, c.chat_id, c.user_id); target && me) return change_role(set, c, x, *chat, *target);
  if (auto error = refuse_add(set, c, x, *chat, me)) return *error;
  const ChatRole role = c.role.value_or(ChatRole::member);
  const std::int64_t visible_from = chat->history == History::since_join ? chat->head_seq + 1 : 1;
  Drafts drafts(set);
  const std::int64_t rev =
      drafts
          .add(chat_stream(chat->id),
               Body::of(MemberJoined{c.user_id, role, visible_from, chat->member_count + 1, chat->owner_count + (role == ChatRole::owner)}))
          .rev;
  drafts.notify(user_stream(c.user_id),
                Body::of(ChatAdded{chat->id, chat->workspace_id, chat->kind, chat->name, chat->topic, role, visible_from, chat->head_seq, rev}));
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
  if (!me && chat->kind != ChatKind::public_channel) return no_chat();
  if (chat->kind == ChatKind::direct) return fixed_people();
  if (c.user_id != x.actor && !may_administer(set, *chat, me, x.actor)) return Error{Code::permission_denied, "only admins of the chat remove others", {}};
  const auto* target = member_of(set, c.chat_id, c.user_id);
  if (!target) return Error{Code::not_found, "no such member of this chat", "user_id"};
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
