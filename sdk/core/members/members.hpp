// Who is in a chat.
#pragma once
#include "sdk/core/chats/chats.hpp"

namespace fechatter {

struct MemberRow {
  ChatId chat_id;
  UserId user_id;
  ChatRole role = ChatRole::member;
  MemberState state{};
  std::int64_t visible_from = 1;  ///< the first seq this member may see
  Time joined_at;
  std::int64_t rev = 0;
  Position pos;
};
struct MemberView {
  UserId user_id;
  std::string name;
  ChatRole role{};
  Time joined_at;
  std::int64_t rev = 0;
};

struct MemberJoined {
  UserId user_id;
  ChatRole role{};
  std::int64_t visible_from = 1;
  std::int32_t member_count = 0, owner_count = 0;
};
struct MemberLeft {
  UserId user_id;
  std::int32_t member_count = 0, owner_count = 0;
};
struct MemberChanged {
  UserId user_id;
  ChatRole role{};
  std::int32_t owner_count = 0;
};

struct AddMember {
  ChatId chat_id;
  UserId user_id;
  std::optional<ChatRole> role;
  bool full = false;  ///< by the service: they are in kMaxChats already
};
struct RemoveMember {
  ChatId chat_id;
  UserId user_id;
};
/// The rest of leaving a workspace: submitted by the service, for somebody who has left it.
struct ForgetMember {
  ChatId chat_id;
  UserId user_id;
};

/// Somebody comes (back) into a chat: the event, and the notice to them. `before`: how many this command has drafted before.
void draft_member(Drafts&, const ChatRow&, UserId, ChatRole, std::int32_t before = 0);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::MemberRow, "members", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(user_id, .key = true), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(state), FECHATTER_FIELD(visible_from), FECHATTER_FIELD(joined_at), FECHATTER_FIELD(rev, .rev = true), FECHATTER_FIELD(pos));
FECHATTER_RECORD(fechatter::MemberView, "Member", FECHATTER_FIELD(user_id), FECHATTER_FIELD(name), FECHATTER_FIELD(role), FECHATTER_FIELD(joined_at),
                 FECHATTER_FIELD(rev));
FECHATTER_RECORD(fechatter::MemberJoined, "member_joined", FECHATTER_FIELD(user_id), FECHATTER_FIELD(role), FECHATTER_FIELD(visible_from),
                 FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count));
FECHATTER_RECORD(fechatter::MemberLeft, "member_left", FECHATTER_FIELD(user_id), FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count));
FECHATTER_RECORD(fechatter::MemberChanged, "member_changed", FECHATTER_FIELD(user_id), FECHATTER_FIELD(role), FECHATTER_FIELD(owner_count));
FECHATTER_RECORD(fechatter::AddMember, "add_member", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(user_id), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(full, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::RemoveMember, "remove_member", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(user_id));
FECHATTER_RECORD(fechatter::ForgetMember, "forget_member", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(user_id));
