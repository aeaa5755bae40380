// What the cache keeps beside the projections: how far each chat is followed, and which ranges of its history are held.
#pragma once
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {

struct MetaRow {
  std::string name, value;
};
struct ChatSyncRow {
  ChatId chat_id;
  std::int64_t applied_rev = 0;                ///< every event up to here is in the rows, or in a stale range
  std::int64_t known_rev = 0, known_seq = 0;   ///< the chat's heads as heard of
  std::int64_t skipped_rev = 0;                ///< the lowest event of a type this version does not know; 0: none
  std::int64_t visible_from = 1;
  /// Unread mentions up to that seq, as the server counted them; -1 - n: n were counted, and something has changed among them since.
  std::int64_t mentions = 0, mentions_seq = 0;
  std::optional<UserId> peer_id;
  std::int64_t mentions_told() const { return mentions < 0 ? -1 - mentions : mentions; }
};
struct CoverageRow {
  ChatId chat_id;
  std::int64_t lo = 0, hi = 0, stale_rev = 0;
};
/// A chat that was spoken of and is not in the cache yet, with the rev that was heard of: asked for until the server has answered.
struct WantedChatRow {
  ChatId chat_id;
  std::int64_t rev = 0;
};
/// A workspace's member list, and the rev up to which it is followed.
struct SpaceRow {
  WorkspaceId workspace_id;
  std::int64_t members_rev = 0;                ///< 0: the list has not been loaded
};

/// A page of a workspace's members.
struct WorkspaceMemberList {
  std::vector<WorkspaceMemberView> items;
  std::optional<std::string> next;
};

}  // namespace fechatter

FECHATTER_RECORD(fechatter::WorkspaceMemberList, "workspace_member_list", FECHATTER_FIELD(items), FECHATTER_FIELD(next));
FECHATTER_RECORD(fechatter::MetaRow, "meta", FECHATTER_FIELD(name, .key = true), FECHATTER_FIELD(value));
FECHATTER_RECORD(fechatter::ChatSyncRow, "chat_sync", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(applied_rev), FECHATTER_FIELD(known_rev),
                 FECHATTER_FIELD(known_seq), FECHATTER_FIELD(skipped_rev), FECHATTER_FIELD(visible_from), FECHATTER_FIELD(mentions),
                 FECHATTER_FIELD(mentions_seq), FECHATTER_FIELD(peer_id));
FECHATTER_RECORD(fechatter::CoverageRow, "coverage", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(lo, .key = true), FECHATTER_FIELD(hi),
                 FECHATTER_FIELD(stale_rev));
FECHATTER_RECORD(fechatter::WantedChatRow, "wanted_chats", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(rev));
FECHATTER_RECORD(fechatter::SpaceRow, "spaces", FECHATTER_FIELD(workspace_id, .key = true), FECHATTER_FIELD(members_rev));
