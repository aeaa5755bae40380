// Who may do what: one table, read by `authorise` and printed into the documentation.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include "sdk/describe/describe.hpp"

namespace fechatter {

/// In falling power; the wire knows the names.
enum class WorkspaceRole : std::uint8_t { owner, admin, member, guest };
enum class ChatRole : std::uint8_t { owner, admin, member };
enum class MemberState : std::uint8_t { active, left };

enum class Permission : std::uint8_t {
  anyone,            ///< no session
  signed_in,         ///< an active user
  workspace_read,
  workspace_invite,
  workspace_change,
  workspace_roles,
  chat_create,
  chat_read,
  chat_post,
  chat_change,
  chat_visit,        ///< may know the chat and its membership commands; the rules are in `decide`
};

struct Grant {
  Permission permission;
  std::string_view name;
  enum Scope : std::uint8_t { none, user, workspace, chat } scope;
  WorkspaceRole weakest;  ///< the weakest workspace role that has it
  ChatRole weakest_in_chat;  ///< scope chat: the weakest chat role that has it
};
/// One line per permission, in the order of the enum.
std::span<const Grant> permission_table();
inline const Grant& grant_of(Permission p) { return permission_table()[static_cast<std::size_t>(p)]; }

template <class Role> constexpr bool at_least(Role have, Role wanted) { return static_cast<int>(have) <= static_cast<int>(wanted); }

}  // namespace fechatter

FECHATTER_CHOICE(fechatter::WorkspaceRole, "owner", "admin", "member", "guest");
FECHATTER_CHOICE(fechatter::ChatRole, "owner", "admin", "member");
FECHATTER_CHOICE(fechatter::MemberState, "active", "left");
