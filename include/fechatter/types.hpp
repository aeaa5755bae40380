#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "fechatter/ids.hpp"

namespace fechatter {

// Strings are UTF-8. Values without a thread or an owner: copy them freely.

/// A person.
struct User {
  UserId id;
  std::string name;
};

/// How many people put an emoji on a message.
struct Reaction {
  std::string emoji;                  ///< 1 to 64 bytes
  std::int32_t count = 0;             ///< at least 1
  bool mine = false;                  ///< this account is among them
  bool operator==(const Reaction&) const = default;
};

/// A message. Ordered within its chat by `seq`, which counts from 1 without holes; 0: not acknowledged yet.
struct Message {
  MessageId id;
  ChatId chat_id;
  std::int64_t seq = 0;
  std::int64_t rev = 0;               ///< of its last change
  UserId author_id;
  std::string body;                   ///< UTF-8, at most 40,000 bytes; empty when deleted
  std::optional<MessageId> reply_to;  ///< of the same chat
  Time created_at;                    ///< the server's clock; while pending: this device's
  std::optional<Time> edited_at;      ///< of the last edit; nullopt: none
  bool deleted = false;               ///< only its place is left: id, seq, author, created_at
  std::vector<Reaction> reactions;
  std::vector<UserId> mentions;       ///< members that the body names
  bool mentions_everyone = false;     ///< "@channel"
  bool operator==(const Message&) const = default;
};

/// A chat as lists show it.
struct ChatSummary {
  /// direct: its people are fixed. group, private_channel: by invitation. public_channel: everybody of the workspace may join.
  enum class Kind : std::uint8_t { direct, group, private_channel, public_channel };
  ChatId id;
  WorkspaceId workspace_id;
  Kind kind{};
  std::string name;                   ///< of a direct chat: the other people
  std::string topic;
  bool archived = false;              ///< nothing can be posted
  std::int64_t head_seq = 0;          ///< of the newest message
  std::int64_t read_seq = 0;          ///< how far this account has read
  std::int64_t unread = 0;            ///< messages behind read_seq
  std::int64_t mentions = 0;          ///< of those: how many name this account or everybody
  std::int32_t member_count = 0;
  std::optional<UserId> peer_id;      ///< direct chats between two: the other one
  Time last_at;                       ///< of the newest message, or of the creation
  std::string preview;                ///< the newest held message's first bytes: at most 120, no character cut
  std::int32_t pending = 0;           ///< messages of this device that are not acknowledged, failed ones included
  bool operator==(const ChatSummary&) const = default;
};

/// What chats and people belong to.
struct Workspace {
  WorkspaceId id;
  std::string name;
};

/// For Client::sign_up.
struct NewAccount {
  std::string email;                  ///< an address; case does not matter
  std::string password;               ///< 8 to 256 bytes; never stored by the client
  std::string name;                   ///< shown to others; not blank
  std::string workspace;              ///< not empty: a new workspace of that name
  std::string invite;                 ///< not empty: the code of an invitation
};

/// For Client::create_chat.
struct NewChat {
  WorkspaceId workspace_id;           ///< nil: the account's only workspace
  ChatSummary::Kind kind = ChatSummary::Kind::group;
  std::string name;                   ///< channels need one
  std::string topic;
  std::vector<UserId> member_ids;     ///< without oneself
};

/// A message that fits a query.
struct SearchHit {
  struct Span {
    std::size_t begin = 0, end = 0;   ///< byte offsets into the body; `end` is behind the last
  };
  Message message;
  std::vector<Span> highlights;       ///< the words that fit; ascending, apart
};

}  // namespace fechatter
