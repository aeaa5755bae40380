// What happened: the event envelope of the log, and the type-erased body that keeps features apart.
#pragma once
#include <memory>
#include <vector>
#include "fechatter/ids.hpp"
#include "sdk/describe/describe.hpp"

namespace fechatter {

enum class StreamKind : std::uint8_t { workspace, chat, user };

/// Every change belongs to one stream. A workspace's or chat's `rev` counts its events without holes; a user's events are notifications (rev 0).
struct StreamId {
  StreamKind kind{};
  AnyId id;
  auto operator<=>(const StreamId&) const = default;
};
template <class I> StreamId chat_stream(const I& id) { return {StreamKind::chat, id_cast<AnyId>(id)}; }
template <class I> StreamId workspace_stream(const I& id) { return {StreamKind::workspace, id_cast<AnyId>(id)}; }
template <class I> StreamId user_stream(const I& id) { return {StreamKind::user, id_cast<AnyId>(id)}; }
/// "chat:<id>", as in the frames of the live stream.
std::string stream_text(const StreamId&);
std::optional<StreamId> parse_stream(std::string_view);

/// A described value of any event type; shared and immutable.
struct Body {
  const Type* type = nullptr;
  std::shared_ptr<const void> value;
  template <class E> static Body of(E event) { return {&type_of<E>, std::make_shared<const E>(std::move(event))}; }
  template <class E> const E* as() const { return type == &type_of<E> ? static_cast<const E*>(value.get()) : nullptr; }
};

struct Event {
  Position pos;          ///< its place in the log; negative while its batch is open
  StreamId stream;
  std::int64_t rev = 0;  ///< 0: a register or a notification, not part of a stream's history
  std::int64_t seq = 0;  ///< > 0: a message
  UserId actor;
  CommandId command_id;  ///< what caused it; with `ord` unique per actor
  std::int32_t ord = 0;
  AnyId subject;         ///< the message that the payload speaks of: what redaction finds it by; nil: none
  Time at;               ///< the server's clock
  Body body;
};

/// An event as the log keeps it. An empty payload was redacted: its message has been deleted.
struct LogEvent {
  std::int64_t pos = 0;
  StreamId stream;
  std::int64_t rev = 0, seq = 0;
  std::string type;
  UserId actor;
  CommandId command_id;
  AnyId subject;
  Time at;
  std::string payload;
};

/// The live and stored form of an event. `payload` is the body as JSON.
struct EventView {
  std::string stream;
  std::int64_t rev = 0;
  std::optional<std::int64_t> seq;
  std::string type;
  Time at;
  UserId actor_id;
  Json payload;
};
/// What readers get of a log entry; of a deleted message never a body.
EventView view_of(const LogEvent&);
/// nullopt: a type that this version does not know, or a payload that does not fit it. Never fails otherwise.
std::optional<Event> event_of(const EventView&);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::EventView, "Event", FECHATTER_FIELD(stream, .doc = "chat:<id>, workspace:<id> or user:<id>"), FECHATTER_FIELD(rev),
                 FECHATTER_FIELD(seq), FECHATTER_FIELD(type), FECHATTER_FIELD(at), FECHATTER_FIELD(actor_id), FECHATTER_FIELD(payload));
