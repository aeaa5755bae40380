// The rows of core.db. The tables are those of sql/local.
#pragma once
#include "fechatter/ids.hpp"
#include "sdk/describe/describe.hpp"

namespace fechatter {

struct AccountRow {
  std::int64_t one = 1;
  UserId user_id;
  std::string name;
  SessionId session_id;
  std::string access_token, refresh_token;  ///< empty: signed out
  Time renew_at;                            ///< of the access token, by this device's clock: some time before it expires
  CommandId rotation_key;                   ///< of a refresh whose answer has not come yet; nil: none
};

/// A change on its way to the server.
struct OutboxRow {
  std::int64_t ord = 0;    ///< the order of sending
  UserId account;
  CommandId id;            ///< of a post: the message's; else the idempotency key
  ChatId chat_id;
  MessageId target;        ///< the message it is about; nil: none
  std::string method;      ///< a command of the catalog
  std::string args;        ///< its fields as JSON
  bool attempted = false;  ///< a byte may have left: its content is settled
  bool failed = false;     ///< refused for good
  std::string error;       ///< why, as JSON
  Time created_at;
};

/// Of Client::reply_once, whose ids are derived: whoever answers so is a program, which keeps no message to decide about.
inline bool answers_once(const OutboxRow& row) { return row.method == "post_message" && row.target.bytes[6] >> 4 == 8; }

struct DraftRow {
  ChatId chat_id;
  std::string body;
};
struct SettingRow {
  std::string name, value;
};
struct FeedRow {
  std::string name;
  Time opened_at;  ///< by the server's clock; negative: by this device's, until that is known
};
/// Messages up to `seq` are done with.
struct FeedFloorRow {
  std::string name;
  ChatId chat_id;
  std::int64_t seq = 0;
};

}  // namespace fechatter

FECHATTER_RECORD(fechatter::AccountRow, "account", FECHATTER_FIELD(one, .key = true), FECHATTER_FIELD(user_id), FECHATTER_FIELD(name),
                 FECHATTER_FIELD(session_id), FECHATTER_FIELD(access_token), FECHATTER_FIELD(refresh_token), FECHATTER_FIELD(renew_at),
                 FECHATTER_FIELD(rotation_key));
FECHATTER_RECORD(fechatter::OutboxRow, "outbox", FECHATTER_FIELD(ord, .key = true), FECHATTER_FIELD(account), FECHATTER_FIELD(id), FECHATTER_FIELD(chat_id),
                 FECHATTER_FIELD(target), FECHATTER_FIELD(method), FECHATTER_FIELD(args), FECHATTER_FIELD(attempted), FECHATTER_FIELD(failed),
                 FECHATTER_FIELD(error), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::DraftRow, "drafts", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(body));
FECHATTER_RECORD(fechatter::SettingRow, "settings", FECHATTER_FIELD(name, .key = true), FECHATTER_FIELD(value));
FECHATTER_RECORD(fechatter::FeedRow, "feeds", FECHATTER_FIELD(name, .key = true), FECHATTER_FIELD(opened_at));
FECHATTER_RECORD(fechatter::FeedFloorRow, "feed_floors", FECHATTER_FIELD(name, .key = true), FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(seq));
