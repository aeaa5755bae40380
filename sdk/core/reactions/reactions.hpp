// Reactions: who put which emoji on what, and how many.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

struct ReactionRow {
  MessageId message_id;
  UserId user_id;
  std::string emoji;
  ChatId chat_id;
  bool on = false;
  std::int64_t rev = 0;
};
struct ReactionAdded {
  MessageId message_id;
  std::string emoji;
  std::int32_t count = 0;           ///< after it
  std::optional<std::int64_t> seq;  ///< of the message: who may not see that seq gets no reaction to it either
};
struct ReactionRemoved {
  MessageId message_id;
  std::string emoji;
  std::int32_t count = 0;
  std::optional<std::int64_t> seq;
};
struct AddReaction {
  ChatId chat_id;
  MessageId message_id;
  std::string emoji;
};
struct RemoveReaction {
  ChatId chat_id;
  MessageId message_id;
  std::string emoji;
};

}  // namespace fechatter

FECHATTER_RECORD(fechatter::ReactionRow, "reactions", FECHATTER_FIELD(message_id, .key = true), FECHATTER_FIELD(user_id, .key = true),
                 FECHATTER_FIELD(emoji, .key = true), FECHATTER_FIELD(chat_id, .merge = Merge::fixed), FECHATTER_FIELD(on), FECHATTER_FIELD(rev, .rev = true));
FECHATTER_RECORD(fechatter::ReactionAdded, "reaction_added", FECHATTER_FIELD(message_id), FECHATTER_FIELD(emoji), FECHATTER_FIELD(count), FECHATTER_FIELD(seq));
FECHATTER_RECORD(fechatter::ReactionRemoved, "reaction_removed", FECHATTER_FIELD(message_id), FECHATTER_FIELD(emoji), FECHATTER_FIELD(count),
                 FECHATTER_FIELD(seq));
FECHATTER_RECORD(fechatter::AddReaction, "add_reaction", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id),
                 FECHATTER_FIELD(emoji, .max = 64, .min = 1, .line = true));
FECHATTER_RECORD(fechatter::RemoveReaction, "remove_reaction", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id),
                 FECHATTER_FIELD(emoji, .max = 64, .min = 1));
