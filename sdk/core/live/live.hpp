// What is live and never stored: frames of a stream, presence, typing, focus; and the sync rounds that lead up to it.
#pragma once
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {

enum class Presence : std::uint8_t { online, away, offline };

struct SetTyping {
  ChatId chat_id;
  bool active = false;
};
struct SetPresence {
  Presence state{};
};
struct SetFocus {
  std::string connection_id;
  std::vector<ChatId> chats;
  std::vector<UserId> users;
};
struct TicketView {
  std::string ticket;
  std::int64_t expires_in = 60;
};

struct SyncParams {
  std::optional<std::string> cursor;
  std::optional<std::int64_t> limit;
};
/// One changed chat of a round: its summary (the fields of Chat, absent where `left`) and these beside them.
struct SyncChat {
  ChatId id;
  bool left = false;     ///< not a member any more
  bool limited = false;  ///< too many events: heads only
  std::vector<EventView> events;
};
struct SyncPage {
  std::string cursor;
  bool more = false;
  std::vector<Json> chats;                ///< Chat and SyncChat in one object
  std::vector<WorkspaceView> workspaces;  ///< first page: all of mine
  MeView user;
};

struct HelloFrame {
  std::string cursor, connection_id;
  Time server_time;
  std::int64_t heartbeat_ms = 0;
  bool resumed = false;
};
struct NudgeFrame {
  ChatId chat_id;
  std::int64_t head_seq = 0, head_rev = 0;
};
struct TypingFrame {
  ChatId chat_id;
  UserId user_id;
  bool active = false;
};
struct PresenceFrame {
  UserId user_id;
  Presence state{};
};
struct CursorFrame {
  std::string cursor;
};
struct ResyncFrame {
  std::string reason;
};
struct ClosingFrame {
  std::string reason;
  std::int64_t reconnect_after_ms = 0;
};
/// A frame as WebSocket and long poll carry it.
struct Frame {
  std::string event;
  std::optional<std::string> id;
  Json data;
};
struct PollPage {
  std::vector<Frame> items;
  std::string cursor;
};
struct StreamParams {
  std::optional<std::string> cursor, ticket;
};
struct PollParams {
  std::optional<std::string> cursor;
  std::optional<std::int64_t> wait;  ///< seconds, 25 by default
  std::optional<std::string> connection_id;  ///< of hello: the connection to go on with
};

}  // namespace fechatter

FECHATTER_CHOICE(fechatter::Presence, "online", "away", "offline");
FECHATTER_RECORD(fechatter::SetTyping, "set_typing", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(active));
FECHATTER_RECORD(fechatter::SetPresence, "set_presence", FECHATTER_FIELD(state));
FECHATTER_RECORD(fechatter::SetFocus, "set_focus", FECHATTER_FIELD(connection_id, .max = 64), FECHATTER_FIELD(chats, .max = 20, .defaulted = true),
                 FECHATTER_FIELD(users, .max = 200, .defaulted = true));
FECHATTER_RECORD(fechatter::TicketView, "Ticket", FECHATTER_FIELD(ticket), FECHATTER_FIELD(expires_in));
FECHATTER_RECORD(fechatter::SyncParams, "sync_params", FECHATTER_FIELD(cursor, .max = 512), FECHATTER_FIELD(limit, .max = 200, .min = 1));
FECHATTER_RECORD(fechatter::SyncChat, "SyncChat", FECHATTER_FIELD(id), FECHATTER_FIELD(left, .defaulted = true), FECHATTER_FIELD(limited, .defaulted = true),
                 FECHATTER_FIELD(events, .defaulted = true));
FECHATTER_RECORD(fechatter::SyncPage, "SyncPage", FECHATTER_FIELD(cursor), FECHATTER_FIELD(more), FECHATTER_FIELD(chats),
                 FECHATTER_FIELD(workspaces, .defaulted = true), FECHATTER_FIELD(user));
FECHATTER_RECORD(fechatter::HelloFrame, "hello", FECHATTER_FIELD(cursor), FECHATTER_FIELD(connection_id), FECHATTER_FIELD(server_time),
                 FECHATTER_FIELD(heartbeat_ms), FECHATTER_FIELD(resumed));
FECHATTER_RECORD(fechatter::NudgeFrame, "nudge", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(head_seq), FECHATTER_FIELD(head_rev));
FECHATTER_RECORD(fechatter::TypingFrame, "typing", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(user_id), FECHATTER_FIELD(active));
FECHATTER_RECORD(fechatter::PresenceFrame, "presence", FECHATTER_FIELD(user_id), FECHATTER_FIELD(state));
FECHATTER_RECORD(fechatter::CursorFrame, "cursor", FECHATTER_FIELD(cursor));
FECHATTER_RECORD(fechatter::ResyncFrame, "resync", FECHATTER_FIELD(reason));
FECHATTER_RECORD(fechatter::ClosingFrame, "closing", FECHATTER_FIELD(reason), FECHATTER_FIELD(reconnect_after_ms));
FECHATTER_RECORD(fechatter::Frame, "Frame", FECHATTER_FIELD(event), FECHATTER_FIELD(id), FECHATTER_FIELD(data));
FECHATTER_RECORD(fechatter::PollPage, "PollPage", FECHATTER_FIELD(items), FECHATTER_FIELD(cursor));
FECHATTER_RECORD(fechatter::StreamParams, "stream_params", FECHATTER_FIELD(cursor, .max = 512), FECHATTER_FIELD(ticket, .max = 128));
FECHATTER_RECORD(fechatter::PollParams, "poll_params", FECHATTER_FIELD(cursor, .max = 512), FECHATTER_FIELD(wait, .max = 60),
                 FECHATTER_FIELD(connection_id, .max = 64, .doc = "of hello: the connection to go on with; needed where one session polls twice at once"));
