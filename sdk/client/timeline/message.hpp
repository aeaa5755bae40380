// Rows as the app sees them.
#pragma once
#include <map>
#include <set>
#include "fechatter/types.hpp"
#include "sdk/client/outbox/local_rows.hpp"
#include "sdk/client/sync/cache.hpp"

namespace fechatter {

/// Which emoji this account put on which message of a chat.
using OwnReactions = std::set<std::pair<MessageId, std::string>>;
OwnReactions own_reactions(Cache&, ChatId, UserId self, std::optional<Error>* unread = nullptr);

Message message_of(const MessageRow&, const OwnReactions&);
Message message_of(const MessageView&);
/// A queued post: what is known of the message before the server is.
Message message_of(const OutboxRow& post);
/// What a queued edit, deletion or reaction will make of the message. False: not about a message.
bool overlay(const OutboxRow&, Message&);

}  // namespace fechatter
