// What an app's second thoughts make of the messages that are queued. Pure: from the rows in order to those that change.
#pragma once
#include <optional>
#include <vector>
#include "sdk/client/outbox/local_rows.hpp"

namespace fechatter {

struct Rewrite {
  ChatId chat_id;
  MessageId id;                       ///< what the message is called from now on
  std::vector<OutboxRow> put;         ///< in place of those with their ord
  std::vector<std::int64_t> erased;
};
using Queue = std::vector<OutboxRow>;

/// Of a message that has not left, or was refused: its text is replaced. Nothing: an edit must queue behind it.
std::optional<Rewrite> edited(const Queue&, MessageId, const std::string& body);
/// The message goes, with what was to follow it. Nothing: a deletion must queue behind it.
std::optional<Rewrite> removed(const Queue&, MessageId);
/// What was refused starts anew; a message under the id `fresh`, with the last edit behind it as its text, and reactions and answers to it
/// following. One whose deletion is queued goes. A chat is asked for again under its own id. Nothing: no such thing has failed.
std::optional<Rewrite> retried(const Queue&, MessageId, MessageId fresh, Time now);
/// A refused message is on the server all the same, with the text `body`: its request came through a second time, and later. It goes; where
/// another text is wanted by now, an edit of the id `fresh` takes its place. Nothing: no such message has failed.
std::optional<Rewrite> arrived(const Queue&, MessageId, const std::string& body, CommandId fresh);
/// What was refused goes, with what was to follow: changes of that message, or all of a chat that will not be.
std::optional<Rewrite> discarded(const Queue&, MessageId);

}  // namespace fechatter
