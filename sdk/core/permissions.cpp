#include "sdk/core/permissions.hpp"
#include <array>

namespace fechatter {

std::span<const Grant> permission_table() {
  using P = Permission;
  using W = WorkspaceRole;
  using C = ChatRole;
  static constexpr std::array table{
      Grant{P::anyone, "anyone", Grant::none, W::guest, C::member},
      Grant{P::signed_in, "signed_in", Grant::user, W::guest, C::member},
      Grant{P::workspace_read, "workspace_read", Grant::workspace, W::guest, C::member},
      Grant{P::workspace_invite, "workspace_invite", Grant::workspace, W::member, C::member},
      Grant{P::workspace_change, "workspace_change", Grant::workspace, W::admin, C::member},
      Grant{P::workspace_roles, "workspace_roles", Grant::workspace, W::guest, C::member},
      Grant{P::chat_create, "chat_create", Grant::workspace, W::guest, C::member},
      Grant{P::chat_read, "chat_read", Grant::chat, W::guest, C::member},
      Grant{P::chat_post, "chat_post", Grant::chat, W::guest, C::member},
      Grant{P::chat_change, "chat_change", Grant::chat, W::guest, C::admin},
      Grant{P::chat_visit, "chat_visit", Grant::workspace, W::guest, C::member},
  };
  return table;
}

}  // namespace fechatter
