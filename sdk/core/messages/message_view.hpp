// The message as the wire and the event log have it.
#pragma once
#include <optional>
#include "fechatter/ids.hpp"
#include "sdk/describe/describe.hpp"

namespace fechatter {

struct ReactionCount {
  std::string emoji;
  std::int32_t count = 0;
  std::optional<bool> mine;  ///< answers to a person have it; events, which are neutral to the viewer, do not
};
struct MessageView {
  MessageId id;
  ChatId chat_id;
  std::int64_t seq = 0, rev = 0;
  UserId author_id;
  std::string body;
  std::optional<MessageId> reply_to;
  Time created_at;
  std::optional<Time> edited_at;
  bool deleted = false;
  std::vector<ReactionCount> reactions;
  std::vector<UserId> mentions;
  std::optional<bool> mentions_everyone;
};

}  // namespace fechatter

FECHATTER_RECORD(fechatter::ReactionCount, "Reaction", FECHATTER_FIELD(emoji, .max = 64), FECHATTER_FIELD(count), FECHATTER_FIELD(mine));
FECHATTER_RECORD(fechatter::MessageView, "Message", FECHATTER_FIELD(id), FECHATTER_FIELD(chat_id), FECHATTER_FIELD(seq), FECHATTER_FIELD(rev),
                 FECHATTER_FIELD(author_id), FECHATTER_FIELD(body, .max = 40000, .doc = "the CommonMark subset of docs/formats/markdown.md"),
                 FECHATTER_FIELD(reply_to), FECHATTER_FIELD(created_at), FECHATTER_FIELD(edited_at), FECHATTER_FIELD(deleted), FECHATTER_FIELD(reactions),
                 FECHATTER_FIELD(mentions), FECHATTER_FIELD(mentions_everyone));
