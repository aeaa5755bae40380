#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "fechatter/ids.hpp"

namespace fechatter {

/// A person.
struct User {
  UserId id;
  std::string name;
};

/// How many people put an emoji on a message.
struct Reaction {
  std::string emoji;
  std::int32_t count = 0;
  bool mine = false;
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
  std::optional<MessageId> reply_to;
  Time created_at;                    ///< the server's clock; while pending: this device's
  std::optional<Time> edited_at;
  bool deleted = false;
  std::vector<Reaction> reactions;
  std::vector<UserId> mentions;
  bool mentions_everyone = false;
  bool operator==(const Message&) const = default;
};

/// A chat as lists show it.
struct ChatSummary {
  enum class Kind : std::uint8_t { direct, group, private_channel, public_channel };
  ChatId id;
  WorkspaceId workspace_id;
  Kind kind{};
  std::string name;                   ///< of a direct chat: the other people
  std::string topic;
  bool archived = false;
  std::int64_t head_seq = 0;          ///< of the newest message
  std::int64_t read_seq = 0;          ///< how far this account has read
  std::int64_t unread = 0, mentions = 0;
  std::int32_t member_count = 0;
  std::optional<UserId> peer_id;      ///< direct chats between two: the other one
  Time last_at;                       ///< of the newest message, or of the creation
  std::string preview;                ///< the newest held message's first bytes
  std::int32_t pending = 0;           ///< messages of this device that are not acknowledged
  bool operator==(const ChatSummary&) const = default;
};

struct Workspace {
  WorkspaceId id;
  std::string name;
};

struct NewAccount {
  std::string email;
  std::string password;               ///< 8 to 256 bytes; never stored by the client
  std::string name;
  std::string workspace;              ///< not empty: a new workspace of that name
  std::string invite;                 ///< not empty: the code of an invitation
};

struct NewChat {
  WorkspaceId workspace_id;           ///< nil: the account's only workspace
  ChatSummary::Kind kind = ChatSummary::Kind::group;
  std::string name;                   ///< channels need one
  std::string topic;
  std::vector<UserId> member_ids;     ///< without oneself
};

struct SearchHit {
  struct Span {
    std::size_t begin = 0, end = 0;   ///< byte offsets into the body
  };
  Message message;
  std::vector<Span> highlights;
};

}  // namespace fechatter
