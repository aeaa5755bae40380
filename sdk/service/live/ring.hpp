// The recent log, encoded: what live connections get, and what those that come back are shown again.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include "sdk/core/event.hpp"
#include "sdk/service/live/frame_text.hpp"

namespace fechatter {

/// What the hub itself must understand of an event.
struct Meaning {
  enum class Kind : std::uint8_t {
    chat_joined,
    chat_left,
    chat_created,
    chat_added,
    workspace_joined,
    workspace_left,
    session_revoked,
    mentions,
    message_deleted
  };
  Kind kind{};
  UserId user;               ///< whom it is about
  std::vector<UserId> users; ///< a new chat's members, or whom a message names
  ChatId chat;               ///< chat_added
  WorkspaceId workspace;
  SessionId session;
  std::int32_t member_count = 0;
  std::int64_t visible_from = 1;
};

/// One event, encoded. Variants differ in what a reader may know and in whether the frame vouches for all before it.
class RingEvent {
 public:
  RingEvent(const LogEvent&, const AnyId& epoch);

  std::int64_t pos = 0;
  StreamId stream;
  std::int64_t rev = 0, seq = 0;
  std::int64_t message_seq = 0;  ///< the seq of the message it speaks of; 0: of none, or not known
  CommandId command_id;
  AnyId subject;                 ///< the message it speaks of; nil: none
  std::unique_ptr<const Meaning> meaning;  ///< null for most

  /// `clipped`: the message is older than what this member may see: only the frame. `vouching`: with its cursor as id.
  const SharedText& text(Format, bool clipped, bool vouching) const;
  /// The message has been deleted: from now on as the log serves it, without a text.
  void redact();
  /// As if both formats were made.
  std::size_t bytes() const { return sizeof(RingEvent) + 2 * full_.size(); }

 private:
  FrameText encode(const LogEvent&);
  std::size_t head_size_ = 0;  // of the data, before the payload
  std::string id_;
  FrameText full_;
  bool redacted_ = false;
  struct Variants {
    std::optional<FrameText> bare, clipped, clipped_bare;
  };
  mutable std::unique_ptr<Variants> variants_;
};

/// Dense positions (first(), last()], bounded; the oldest make room.
class Ring {
 public:
  Ring(std::int64_t head, const CommandId& head_command, std::size_t max_bytes, std::size_t max_events)
      : last_(head), before_(head_command), max_bytes_(max_bytes), max_events_(max_events) {}

  /// Position after which everything is held.
  std::int64_t first() const { return last_ - static_cast<std::int64_t>(events_.size()); }
  std::int64_t last() const { return last_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return events_.size(); }
  std::size_t max_bytes() const { return max_bytes_; }
  /// Precondition: the event after last().
  const RingEvent& push(RingEvent);
  /// Older events, ascending, that end at first(). False: they do not fit, nothing has happened.
  bool prepend(std::vector<RingEvent>);
  /// Null: not held.
  const RingEvent* at(std::int64_t pos) const;
  /// The same, to be shown: without its text when the message was deleted since.
  const RingEvent* shown(std::int64_t pos);
  /// The command id at a position from first() on; nullopt: not known.
  std::optional<CommandId> command_at(std::int64_t pos) const;

 private:
  RingEvent& slot(std::int64_t pos) { return events_[static_cast<std::size_t>(pos - first() - 1)]; }
  void forget_oldest();

  std::deque<RingEvent> events_;
  std::map<AnyId, std::int64_t> deleted_;  // messages, by the position of their deletion, while it is held
  std::int64_t last_;
  std::optional<CommandId> before_;  // of the event at first()
  std::size_t bytes_ = 0, max_bytes_, max_events_;
};

}  // namespace fechatter
