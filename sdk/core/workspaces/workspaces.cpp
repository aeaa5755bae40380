#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/hash.hpp"

namespace fechatter {
constexpr std::int64_t kInviteMs = 7LL * 24 * 3600 * 1000;

static std::string create_hash(const NewWorkspace& w, UserId owner) { return sha256_hex(w.id.str() + owner.str() + w.name); }
static Error no_room() { return {Code::conflict, "you are in as many workspaces as there may be", {}}; }
static Error no_member() { return {Code::not_found, "no such member of this workspace", {}}; }

static const WorkspaceMemberRow* member_of(WorkingSet& set, WorkspaceId w, UserId u) {
  const auto* row = set.find<WorkspaceMemberRow>(w, u);
  return row && row->state == MemberState::active ? row : nullptr;
}
static std::string name_of(WorkingSet& set, UserId u) {
  const auto* user = set.find<UserRow>(u);
  return user ? user->name : std::string();
}

// --- create, change ---
static void needs(Keys& keys, const CreateWorkspace& c, const Context& x, WorkingSet*) {
  need<WorkspaceRow>(keys, c.id), need<WorkspaceMemberRow>(keys, c.id, x.actor), need<ChatRow>(keys, c.id);
}
static Existing existing(WorkingSet& set, const CreateWorkspace& c, const Context& x) {
  const auto* row = set.find<WorkspaceRow>(c.id);
  if (!row && !set.find<ChatRow>(c.id)) return {};
  if (row && row->created_by == x.actor && row->create_hash == create_hash({c.id, c.name}, x.actor)) return Effects{{}, {}, true};
  return Error{Code::conflict, "this id is taken", {}};
}
static Decision decide(WorkingSet& set, const CreateWorkspace& c, const Context& x) {
  if (c.id.bytes[6] >> 4 != 7) return Error{Code::invalid_argument, "must be a UUIDv7", "id"};
  if (c.full) return no_room();
  Drafts drafts(set);
  draft_workspace(drafts, {c.id, c.name}, *set.find<UserRow>(x.actor), x.now);
  return drafts;
}
static WorkspaceView view_of(const WorkspaceRow& row, const WorkspaceMemberRow& member) {
  return {row.id, row.name, member.role, row.member_count, row.head_rev, row.created_at};
}
// Who is not in it any more is told again what was new, nothing of what became of it.
static WorkspaceView answer(WorkingSet& set, const CreateWorkspace& c, const Context& x) {
  const auto* row = set.find<WorkspaceRow>(c.id);
  if (const auto* m = member_of(set, c.id, x.actor)) return view_of(*row, *m);
  return {row->id, c.name, WorkspaceRole::owner, 1, 2, row->created_at};
}

static void needs(Keys& keys, const UpdateWorkspace& c, const Context&, WorkingSet*) { need<WorkspaceRow>(keys, c.workspace_id); }
static Decision decide(WorkingSet& set, const UpdateWorkspace& c, const Context&) {
  const auto* row = set.find<WorkspaceRow>(c.workspace_id);
  Drafts drafts(set);
  if (row->name != c.name)
    drafts.add(workspace_stream(row->id), Body::of(WorkspaceChanged{row->id, c.name, row->created_by, row->created_at, row->create_hash}));
  return drafts;
}
static WorkspaceView answer(WorkingSet& set, const UpdateWorkspace& c, const Context& x) {
  return view_of(*set.find<WorkspaceRow>(c.workspace_id), *set.find<WorkspaceMemberRow>(c.workspace_id, x.actor));
}
static void apply(WorkingSet& set, const Event& e, const WorkspaceChanged& b) {
  if (auto* row = set.edit<WorkspaceRow>(e.rev, b.id)) row->name = b.name;
  else if (!set.find<WorkspaceRow>(b.id)) set.put(WorkspaceRow{b.id, b.name, 0, e.pos, 0, 0, b.created_by, b.created_at, b.create_hash});
}

// --- members ---
static void apply(WorkingSet& set, const Event& e, const WorkspaceMemberJoined& b) {
  const auto workspace = id_cast<WorkspaceId>(e.stream.id);
  set.put(UserRow{b.user_id, b.name, UserState::active, e.at, b.profile_version});
  set.put(WorkspaceMemberRow{workspace, b.user_id, b.role, MemberState::active, e.at, e.rev, e.pos});
  if (auto* row = set.edit<WorkspaceRow>(e.rev, workspace)) row->member_count = b.member_count, row->owner_count = b.owner_count;
}
static void apply(WorkingSet& set, const Event& e, const WorkspaceMemberLeft& b) {
  if (auto* m = set.edit<WorkspaceMemberRow>(e.rev, e.stream.id, b.user_id)) m->state = MemberState::left, m->rev = e.rev, m->pos = e.pos;
  if (auto* row = set.edit<WorkspaceRow>(e.rev, e.stream.id)) row->member_count = b.member_count, row->owner_count = b.owner_count;
}
static void apply(WorkingSet& set, const Event& e, const WorkspaceMemberChanged& b) {
  if (auto* m = set.edit<WorkspaceMemberRow>(e.rev, e.stream.id, b.user_id)) m->role = b.role, m->rev = e.rev, m->pos = e.pos;
  if (auto* row = set.edit<WorkspaceRow>(e.rev, e.stream.id)) row->owner_count = b.owner_count;
}

template <class C> static void need_member(Keys& keys, const C& c) {
  need<WorkspaceRow>(keys, c.workspace_id);
  need<WorkspaceMemberRow>(keys, c.workspace_id, c.user_id);
}
// Nobody gives or takes more power than they have.
static std::optional<Error> outranked(WorkingSet& set, WorkspaceId w, const Context& x, const WorkspaceMemberRow& target, WorkspaceRole wanted) {
  const auto role = set.find<WorkspaceMemberRow>(w, x.actor)->role;
  if (!at_least(role, WorkspaceRole::admin)) return Error{Code::permission_denied, "only admins change members", {}};
  if (!at_least(role, target.role) || !at_least(role, wanted)) return Error{Code::permission_denied, "this role is above yours", "role"};
  return std::nullopt;
}
static bool last_owner(WorkingSet& set, const WorkspaceMemberRow& m) {
  return m.role == WorkspaceRole::owner && set.find<WorkspaceRow>(m.workspace_id)->owner_count <= 1;
}

static void needs(Keys& keys, const SetWorkspaceMember& c, const Context&, WorkingSet*) { need_member(keys, c), need<UserRow>(keys, c.user_id); }
static Decision decide(WorkingSet& set, const SetWorkspaceMember& c, const Context& x) {
  const auto* target = member_of(set, c.workspace_id, c.user_id);
  if (!target) return no_member();
  if (auto error = outranked(set, c.workspace_id, x, *target, c.role)) return *error;
  Drafts drafts(set);
  if (target->role == c.role) return drafts;
  if (last_owner(set, *target)) return Error{Code::conflict, "a workspace keeps at least one owner", "role"};
  const std::int32_t owners = set.find<WorkspaceRow>(c.workspace_id)->owner_count + (c.role == WorkspaceRole::owner) - (target->role == WorkspaceRole::owner);
  drafts.add(workspace_stream(c.workspace_id), Body::of(WorkspaceMemberChanged{c.user_id, c.role, owners}));
  return drafts;
}
static WorkspaceMemberView answer(WorkingSet& set, const SetWorkspaceMember& c, const Context&) {
  const auto* m = set.find<WorkspaceMemberRow>(c.workspace_id, c.user_id);
  const auto* user = set.find<UserRow>(m->user_id);
  return {m->user_id, name_of(set, m->user_id), m->role, m->joined_at, m->rev, user ? user->version : 0};
}

static void needs(Keys& keys, const RemoveWorkspaceMember& c, const Context&, WorkingSet*) { need_member(keys, c); }
static Decision decide(WorkingSet& set, const RemoveWorkspaceMember& c, const Context& x) {
  const auto* target = member_of(set, c.workspace_id, c.user_id);
  if (!target) return no_member();
  if (c.user_id != x.actor)
    if (auto error = outranked(set, c.workspace_id, x, *target, target->role)) return *error;
  if (last_owner(set, *target)) return Error{Code::conflict, "a workspace keeps at least one owner", {}};
  const auto* row = set.find<WorkspaceRow>(c.workspace_id);
  Drafts drafts(set);
  drafts.add(workspace_stream(c.workspace_id),
             Body::of(WorkspaceMemberLeft{c.user_id, row->member_count - 1, row->owner_count - (target->role == WorkspaceRole::owner)}));
  return drafts;
}

// --- invites ---
static void needs(Keys& keys, const CreateInvite& c, const Context&, WorkingSet*) { need<InviteRow>(keys, c.code); }
static Decision decide(WorkingSet& set, const CreateInvite& c, const Context& x) {
  const auto role = c.role.value_or(WorkspaceRole::member);
  const auto mine = set.find<WorkspaceMemberRow>(c.workspace_id, x.actor)->role;
  if (!at_least(mine, role)) return Error{Code::permission_denied, "this role is above yours", "role"};
  if (c.full) return Error{Code::conflict, "this workspace has as many open invites as there may be", {}};
  const Time expires{x.now.ms + (c.expires_in ? *c.expires_in * 1000 : kInviteMs)};
  Effects effects;
  effects.rows.push_back(private_row(InviteRow{c.code, c.workspace_id, role, x.actor, expires, c.max_uses.value_or(0), 0}));
  return effects;
}
static InviteView answer(WorkingSet& set, const CreateInvite& c, const Context&) {
  const auto* i = set.find<InviteRow>(c.code);
  return {i->code, i->workspace_id, i->role, i->expires_at, i->max_uses, i->uses};
}

// --- puppets ---
static void needs(Keys& keys, const AddPuppet& c, const Context&, WorkingSet*) {
  need<WorkspaceRow>(keys, c.workspace_id), need<UserRow>(keys, c.id), need<WorkspaceMemberRow>(keys, c.workspace_id, c.id);
}
static Existing existing(WorkingSet& set, const AddPuppet& c, const Context&) {
  if (!set.find<UserRow>(c.id)) return {};
  if (member_of(set, c.workspace_id, c.id)) return Effects{{}, {}, true};
  return Error{Code::conflict, "is not in this workspace any more: " + name_of(set, c.id), {}};
}
static Decision decide(WorkingSet& set, const AddPuppet& c, const Context&) {
  if (c.id.bytes[6] >> 4 != 7) return Error{Code::invalid_argument, "must be a UUIDv7", "id"};
  const auto* row = set.find<WorkspaceRow>(c.workspace_id);
  Drafts drafts(set);
  drafts.notify(user_stream(c.id), Body::of(UserCreated{c.id, c.name}));
  drafts.add(workspace_stream(c.workspace_id),
             Body::of(WorkspaceMemberJoined{c.id, c.name, WorkspaceRole::member, row->member_count + 1, row->owner_count, 1}));
  return drafts;
}

static void needs(Keys& keys, const AcceptInvite& c, const Context& x, WorkingSet* loaded) { need_invite(keys, c.code, c.invite_workspace, x.actor, loaded); }
// Who came back before the chats of their last stay have forgotten them would be in those again, private ones among them.
static bool is_leaving(WorkingSet& set, const AcceptInvite& c, const Context& x) {
  const auto* before = set.find<WorkspaceMemberRow>(set.find<InviteRow>(c.code)->workspace_id, x.actor);
  return c.left_rev && before && before->state != MemberState::active && before->rev != *c.left_rev;
}
static Error still_leaving() { return {Code::unavailable, "leaving this workspace is not finished yet", "code", 500}; }
bool says_still_leaving(const Error& e) { return e.code == Code::unavailable && e.field == "code"; }
static Decision decide(WorkingSet& set, const AcceptInvite& c, const Context& x) {
  Drafts drafts(set);
  if (auto error = draft_join(drafts, set, c.code, *set.find<UserRow>(x.actor), x.now)) return *error;
  if (is_leaving(set, c, x)) return still_leaving();
  if (c.full && !drafts.effects.events.empty()) return no_room();
  return drafts;
}
static WorkspaceView answer(WorkingSet& set, const AcceptInvite& c, const Context& x) {
  const auto* row = set.find<WorkspaceRow>(set.find<InviteRow>(c.code)->workspace_id);
  return view_of(*row, *set.find<WorkspaceMemberRow>(row->id, x.actor));
}

void draft_workspace(Drafts& drafts, const NewWorkspace& w, const UserRow& owner, Time now) {
  drafts.add(workspace_stream(w.id), Body::of(WorkspaceChanged{w.id, w.name, owner.id, now, create_hash(w, owner.id)}));
  drafts.add(workspace_stream(w.id), Body::of(WorkspaceMemberJoined{owner.id, owner.name, WorkspaceRole::owner, 1, 1, owner.version}));
}

void need_invite(Keys& keys, const std::string& code, WorkspaceId workspace, UserId user, WorkingSet* loaded) {
  need<InviteRow>(keys, code);
  need<WorkspaceRow>(keys, workspace);
  need<WorkspaceMemberRow>(keys, workspace, user);
  if (const auto* invite = loaded ? loaded->find<InviteRow>(code) : nullptr) need<WorkspaceMemberRow>(keys, invite->workspace_id, invite->created_by);
}

// An invite is worth what its maker could give now: it does not outlive their membership or their role.
static bool vouched_for(WorkingSet& set, const InviteRow& invite) {
  const auto* maker = member_of(set, invite.workspace_id, invite.created_by);
  return maker && at_least(maker->role, grant_of(Permission::workspace_invite).weakest) && at_least(maker->role, invite.role);
}

std::optional<Error> draft_join(Drafts& drafts, WorkingSet& set, const std::string& code, const UserRow& user, Time now) {
  const auto* invite = set.find<InviteRow>(code);
  const auto* row = invite ? set.find<WorkspaceRow>(invite->workspace_id) : nullptr;
  if (!row) return Error{Code::not_found, "no such invite", "invite"};
  if (member_of(set, row->id, user.id)) return std::nullopt;
  if (!vouched_for(set, *invite)) return Error{Code::not_found, "this invite is not valid any more", "invite"};
  if (invite->expires_at < now) return Error{Code::not_found, "this invite has expired", "invite"};
  if (invite->max_uses > 0 && invite->uses >= invite->max_uses) return Error{Code::not_found, "this invite is used up", "invite"};
  drafts.add(workspace_stream(row->id),
             Body::of(WorkspaceMemberJoined{user.id, user.name, invite->role, row->member_count + 1, row->owner_count + (invite->role == WorkspaceRole::owner),
                                            user.version}));
  InviteRow used = *invite;
  ++used.uses;
  drafts.effects.rows.push_back(private_row(std::move(used)));
  return std::nullopt;
}

constexpr RowEntry rows[] = {row<WorkspaceRow>(), row<WorkspaceMemberRow>(), row<InviteRow>(true)};
constexpr EventEntry events[] = {event<WorkspaceChanged>(StreamKind::workspace), event<WorkspaceMemberJoined>(StreamKind::workspace),
                                 event<WorkspaceMemberLeft>(StreamKind::workspace), event<WorkspaceMemberChanged>(StreamKind::workspace)};
constexpr CommandEntry commands[] = {
    command<CreateWorkspace>({"POST", "/workspaces", 201}, Permission::signed_in),
    command<UpdateWorkspace>({"PATCH", "/workspaces/{workspace_id}"}, Permission::workspace_change),
    command<SetWorkspaceMember>({"PATCH", "/workspaces/{workspace_id}/members/{user_id}"}, Permission::workspace_roles),
    command<RemoveWorkspaceMember>({"DELETE", "/workspaces/{workspace_id}/members/{user_id}", 204}, Permission::workspace_roles),
    command<CreateInvite>({"POST", "/workspaces/{workspace_id}/invites", 201}, Permission::workspace_invite),
    command<AddPuppet>({}, Permission::workspace_change),
    command<AcceptInvite>({"POST", "/invites/{code}/accept"}, Permission::signed_in),
};
constexpr CallEntry calls[] = {
    {"list_workspaces", &type_of<NoParams>, &type_of<WorkspaceView>, {"GET", "/workspaces"}, Permission::signed_in, true},
    {"get_workspace", &type_of<WorkspaceParams>, &type_of<WorkspaceView>, {"GET", "/workspaces/{workspace_id}"}, Permission::workspace_read},
    {"list_workspace_members",
     &type_of<WorkspaceParams>,
     &type_of<WorkspaceMemberView>,
     {"GET", "/workspaces/{workspace_id}/members"},
     Permission::workspace_read,
     true},
};
extern const Feature workspaces_feature;
const Feature workspaces_feature{"workspaces", rows, events, commands, calls};
}  // namespace fechatter
