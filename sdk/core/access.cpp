#include "sdk/core/access.hpp"
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
namespace {
Error hidden(const char* what) { return {Code::not_found, std::string("no such ") + what, {}}; }
Error denied(std::string_view what) { return {Code::permission_denied, "your role does not allow this: " + std::string(what), {}}; }

std::optional<Error> authorise_workspace(WorkingSet& set, const Grant& grant, WorkspaceId id, const Context& x) {
  const auto* member = set.find<WorkspaceMemberRow>(id, x.actor);
  if (!member || member->state != MemberState::active) return hidden("workspace");
  if (!at_least(member->role, grant.weakest)) return denied(grant.name);
  return std::nullopt;
}

std::optional<Error> authorise_chat(WorkingSet& set, const Grant& grant, ChatId id, const Context& x) {
  const ChatAccess access = chat_access(set, id, x.actor);
  if (!access.chat || !access.workspace) return hidden("chat");
  if (!access.member)
    return access.chat->kind == ChatKind::public_channel && access.workspace->role != WorkspaceRole::guest
        ? Error{Code::permission_denied, "join the channel first", {}}
        : hidden("chat");
  if (!at_least(access.workspace->role, grant.weakest)) return denied(grant.name);
  if (!at_least(access.member->role, grant.weakest_in_chat) && !at_least(access.workspace->role, WorkspaceRole::admin)) return denied(grant.name);
  return std::nullopt;
}
}  // namespace

bool is_active(WorkingSet& set, UserId user) {
  const auto* row = set.find<UserRow>(user);
  return row && row->state == UserState::active;
}

std::optional<Error> read_only(WorkingSet& set, ChatId chat) {
  if (!set.find<ChatRow>(chat)->archived) return std::nullopt;
  return Error{Code::conflict, "the chat is archived", {}};
}

ChatAccess chat_access(WorkingSet& set, ChatId chat, UserId user) {
  ChatAccess a;
  a.chat = set.find<ChatRow>(chat);
  if (!a.chat) return a;
  a.member = set.find<MemberRow>(chat, user);
  if (a.member && a.member->state != MemberState::active) a.member = nullptr;
  a.workspace = set.find<WorkspaceMemberRow>(a.chat->workspace_id, user);
  if (a.workspace && a.workspace->state != MemberState::active) a.workspace = nullptr;
  return a;
}

void access_needs(Keys& keys, Permission p, const Type& type, const void* value, const Context& x, WorkingSet* loaded) {
  if (p == Permission::anyone) return;
  need<UserRow>(keys, x.actor);
  if (const auto w = id_field<WorkspaceId>(type, value, "workspace_id")) need<WorkspaceMemberRow>(keys, w, x.actor);
  const auto chat = id_field<ChatId>(type, value, "chat_id");
  if (!chat) return;
  need<ChatRow>(keys, chat);
  need<MemberRow>(keys, chat, x.actor);
  if (const auto* row = loaded ? loaded->find<ChatRow>(chat) : nullptr) need<WorkspaceMemberRow>(keys, row->workspace_id, x.actor);
}

std::optional<Error> authorise(WorkingSet& set, Permission p, const Type& type, const void* value, const Context& x) {
  const Grant& grant = grant_of(p);
  if (grant.scope == Grant::none) return std::nullopt;
  if (!is_active(set, x.actor)) return Error{Code::unauthenticated, "this account is not active", {}};
  const auto chat = id_field<ChatId>(type, value, "chat_id");
  if (grant.scope == Grant::chat) return authorise_chat(set, grant, chat, x);
  if (grant.scope != Grant::workspace) return std::nullopt;
  if (const auto workspace = id_field<WorkspaceId>(type, value, "workspace_id")) return authorise_workspace(set, grant, workspace, x);
  const auto* row = set.find<ChatRow>(chat);
  if (!row || authorise_workspace(set, grant, row->workspace_id, x)) return hidden("chat");
  return std::nullopt;
}

}  // namespace fechatter
