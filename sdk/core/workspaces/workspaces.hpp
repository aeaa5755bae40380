// Workspaces, their members and their invites.
#pragma once
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/drafts.hpp"

namespace fechatter {

struct WorkspaceRow {
  WorkspaceId id;
  std::string name;
  std::int64_t head_rev = 0;
  Position head_pos;
  std::int32_t member_count = 0, owner_count = 0;
  UserId created_by;
  Time created_at;
  std::string create_hash;
};
struct WorkspaceMemberRow {
  WorkspaceId workspace_id;
  UserId user_id;
  WorkspaceRole role = WorkspaceRole::member;
  MemberState state{};
  Time joined_at;
  std::int64_t rev = 0;
  Position pos;
};
struct InviteRow {  // secret: a code is a key
  std::string code;
  WorkspaceId workspace_id;
  WorkspaceRole role = WorkspaceRole::member;
  UserId created_by;
  Time expires_at;
  std::int32_t max_uses = 0;  ///< 0: without a limit
  std::int32_t uses = 0;
};

struct WorkspaceView {
  WorkspaceId id;
  std::string name;
  WorkspaceRole role{};
  std::int32_t member_count = 0;
  std::int64_t head_rev = 0;
  Time created_at;
};
struct WorkspaceMemberView {
  UserId user_id;
  std::string name;
  WorkspaceRole role{};
  Time joined_at;
  std::int64_t rev = 0;
  std::int64_t profile_version = 0;
};
struct InviteView {
  std::string code;
  WorkspaceId workspace_id;
  WorkspaceRole role{};
  Time expires_at;
  std::int32_t max_uses = 0, uses = 0;
};

/// Events of a workspace. The first (rev 1) is a workspace_changed, too: it carries the whole.
struct WorkspaceChanged {
  WorkspaceId id;
  std::string name;
  UserId created_by;
  Time created_at;
  std::string create_hash;
};
struct WorkspaceMemberJoined {
  UserId user_id;
  std::string name;
  WorkspaceRole role{};
  std::int32_t member_count = 0, owner_count = 0;
  std::int64_t profile_version = 1;
};
struct WorkspaceMemberLeft {
  UserId user_id;
  std::int32_t member_count = 0, owner_count = 0;
};
struct WorkspaceMemberChanged {
  UserId user_id;
  WorkspaceRole role{};
  std::int32_t owner_count = 0;
};

struct CreateWorkspace {
  WorkspaceId id;
  std::string name;
  bool full = false;  ///< by the service: in kMaxWorkspaces already
};
struct UpdateWorkspace {
  WorkspaceId workspace_id;
  std::string name;
};
struct SetWorkspaceMember {
  WorkspaceId workspace_id;
  UserId user_id;
  WorkspaceRole role{};
};
struct RemoveWorkspaceMember {
  WorkspaceId workspace_id;
  UserId user_id;
};
struct CreateInvite {
  WorkspaceId workspace_id;
  std::optional<WorkspaceRole> role;
  std::optional<std::int64_t> expires_in;  ///< seconds, at most 30 days, 7 days by default
  std::optional<std::int32_t> max_uses;
  std::string code;  ///< by the service
  bool full = false;  ///< by the service: the workspace has kMaxInvites
};
/// Somebody who only stands for what was said elsewhere: no address, no password, nobody can sign in. Submitted by an import.
struct AddPuppet {
  UserId id;
  WorkspaceId workspace_id;
  std::string name;
};
struct AcceptInvite {
  std::string code;
  WorkspaceId invite_workspace;  ///< by the service: where the code leads
  bool full = false;             ///< by the service: in kMaxWorkspaces already
  /// By the service: the rev of their leave before that has been finished, chat by chat (see ForgetMember); 0: none that has been. Absent: nobody
  /// has looked, and any will do.
  std::optional<std::int64_t> left_rev;
};
struct WorkspaceParams {
  WorkspaceId workspace_id;
};

/// In how many workspaces one person is at most, and how many invites of one workspace can be open. Counted before the command is
/// decided: those under way at that moment come on top.
constexpr std::int64_t kMaxWorkspaces = 200, kMaxInvites = 1000;

/// Whether that is how somebody is refused who comes back while the rest of their leave is still to come: soon over.
bool says_still_leaving(const Error&);

/// Shared with signing up.
void draft_workspace(Drafts&, const NewWorkspace&, const UserRow& owner, Time now);
std::optional<Error> draft_join(Drafts&, WorkingSet&, const std::string& code, const UserRow& user, Time now);
void need_invite(Keys&, const std::string& code, WorkspaceId, UserId, WorkingSet* loaded);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::WorkspaceRow, "workspaces", FECHATTER_FIELD(id, .key = true), FECHATTER_FIELD(name), FECHATTER_FIELD(head_rev, .rev = true),
                 FECHATTER_FIELD(head_pos), FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count), FECHATTER_FIELD(created_by, .merge = Merge::fixed),
                 FECHATTER_FIELD(created_at, .merge = Merge::fixed), FECHATTER_FIELD(create_hash, .merge = Merge::fixed));
FECHATTER_RECORD(fechatter::WorkspaceMemberRow, "workspace_members", FECHATTER_FIELD(workspace_id, .key = true), FECHATTER_FIELD(user_id, .key = true),
                 FECHATTER_FIELD(role), FECHATTER_FIELD(state), FECHATTER_FIELD(joined_at), FECHATTER_FIELD(rev, .rev = true), FECHATTER_FIELD(pos));
FECHATTER_RECORD(fechatter::InviteRow, "invites", FECHATTER_FIELD(code, .key = true), FECHATTER_FIELD(workspace_id, .merge = Merge::fixed),
                 FECHATTER_FIELD(role, .merge = Merge::fixed), FECHATTER_FIELD(created_by, .merge = Merge::fixed),
                 FECHATTER_FIELD(expires_at, .merge = Merge::fixed), FECHATTER_FIELD(max_uses, .merge = Merge::fixed), FECHATTER_FIELD(uses));
FECHATTER_RECORD(fechatter::WorkspaceView, "Workspace", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(role), FECHATTER_FIELD(member_count),
                 FECHATTER_FIELD(head_rev), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::WorkspaceMemberView, "WorkspaceMember", FECHATTER_FIELD(user_id), FECHATTER_FIELD(name), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(joined_at), FECHATTER_FIELD(rev), FECHATTER_FIELD(profile_version));
FECHATTER_RECORD(fechatter::InviteView, "Invite", FECHATTER_FIELD(code), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(role), FECHATTER_FIELD(expires_at),
                 FECHATTER_FIELD(max_uses), FECHATTER_FIELD(uses));
FECHATTER_RECORD(fechatter::WorkspaceChanged, "workspace_changed", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(created_by),
                 FECHATTER_FIELD(created_at), FECHATTER_FIELD(create_hash));
FECHATTER_RECORD(fechatter::WorkspaceMemberJoined, "member_joined", FECHATTER_FIELD(user_id), FECHATTER_FIELD(name), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count), FECHATTER_FIELD(profile_version));
FECHATTER_RECORD(fechatter::WorkspaceMemberLeft, "member_left", FECHATTER_FIELD(user_id), FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count));
FECHATTER_RECORD(fechatter::WorkspaceMemberChanged, "member_changed", FECHATTER_FIELD(user_id), FECHATTER_FIELD(role), FECHATTER_FIELD(owner_count));
FECHATTER_RECORD(fechatter::CreateWorkspace, "create_workspace", FECHATTER_FIELD(id), FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true),
                 FECHATTER_FIELD(full, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::UpdateWorkspace, "update_workspace", FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true));
FECHATTER_RECORD(fechatter::SetWorkspaceMember, "set_workspace_member", FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(user_id), FECHATTER_FIELD(role));
FECHATTER_RECORD(fechatter::RemoveWorkspaceMember, "remove_workspace_member", FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(user_id));
FECHATTER_RECORD(fechatter::CreateInvite, "create_invite", FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(expires_in, .max = 2592000, .min = 1, .doc = "seconds"), FECHATTER_FIELD(max_uses, .max = 100000, .min = 1),
                 FECHATTER_FIELD(code, .defaulted = true, .internal = true), FECHATTER_FIELD(full, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::AddPuppet, "add_puppet", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id),
                 FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true));
FECHATTER_RECORD(fechatter::AcceptInvite, "accept_invite", FECHATTER_FIELD(code, .max = 64),
                 FECHATTER_FIELD(invite_workspace, .defaulted = true, .internal = true), FECHATTER_FIELD(full, .defaulted = true, .internal = true),
                 FECHATTER_FIELD(left_rev, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::WorkspaceParams, "workspace_params", FECHATTER_FIELD(workspace_id));
