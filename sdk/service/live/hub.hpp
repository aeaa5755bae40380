// The notify hub: one tail of the log, and who receives what of it. No sockets and no thread of its own: everything here, callbacks
// included, happens on the one loop it is given.
#pragma once
#include <functional>
#include "sdk/core/live/live.hpp"
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"
#include "sdk/runtime/random.hpp"
#include "sdk/service/live/frame_text.hpp"

namespace fechatter {

/// What one person receives, read in one snapshot of the store at `position` of the log.
struct Memberships {
  struct Chat {
    ChatId chat;
    WorkspaceId workspace;
    std::int32_t member_count = 0;
    std::int64_t visible_from = 1;  ///< the first seq this member may see
    std::int64_t head_seq = 0, head_rev = 0;
  };
  std::int64_t position = 0;
  std::vector<Chat> chats;
  std::vector<WorkspaceId> workspaces;
};

/// The receiving end of a connection: a socket, a test. Called on the hub's loop only; must not call back into the hub, except that
/// `detach` is allowed anywhere.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Takes one frame, whole. False: the peer is gone, nothing more will be accepted.
  virtual bool send(const SharedText&) = 0;
  /// What has been taken but not yet left the process: the bound of slow consumers.
  virtual std::size_t pending_bytes() const = 0;
  virtual std::size_t pending_frames() const = 0;
  /// Ends the connection after what is pending. Nothing is sent afterwards.
  virtual void close() = 0;
  virtual Format format() const = 0;
};

struct HubLimits {
  std::int32_t large_chat = 500;            ///< more members: full events only to those who look at the chat
  std::size_t ring_bytes = 64u << 20, ring_events = 65536;
  std::int64_t resume_positions = 20000;    ///< further back: live from the tail
  std::size_t waiting = 2000;               ///< connections that are not live yet; more: unavailable
  std::size_t sink_frames = 1000, sink_bytes = 512u << 10;
  std::int64_t hold_ms = 20, ask_ms = 250;  ///< a gap in the bus; without traffic
  std::int64_t cursor_ms = 10000, nudge_ms = 500, grace_ms = 10000;
  std::int64_t rest_ms = 30000;             ///< how long the connection of a long poll waits for the next poll
  std::int64_t open_ms = 10000;             ///< until a connection must be live, and how long one may take nothing while it catches up
};

struct HubPorts {
  Loop& loop;
  Clock& clock;
  Random& random;
  Log& log;
  /// At most 500 events after a position, ascending and dense, from the primary; answered once, on the loop, never within the call.
  std::function<void(std::int64_t after, std::function<void(Result<std::vector<LogEvent>>)>)> read_log;
  /// Answered once, on the loop, never within the call.
  std::function<void(UserId, std::function<void(Result<Memberships>)>)> memberships;
  AnyId epoch;
  std::int64_t head = 0;     ///< where the tail starts
  CommandId head_command;    ///< of the event at `head`; nil where there is none
  HubLimits limits = {};
};

/// Who opens a stream. Authorised already.
struct AttachRequest {
  UserId user;
  SessionId session;
  std::optional<std::string> cursor;  ///< as it came
  std::shared_ptr<Sink> sink;
};
struct PollRequest {
  UserId user;
  SessionId session;
  std::optional<std::string> cursor;
  std::int64_t wait_ms = 25000;
  std::optional<std::string> connection;  ///< the one to go on with, by the id of its hello
};

struct HubCounters {
  std::int64_t connections = 0, waiting = 0, people = 0;  ///< now
  std::int64_t delivered = 0, nudges = 0, resumed = 0, fresh = 0, dropped_slow = 0, refused = 0, log_reads = 0;
  std::int64_t tail = 0, ring_bytes = 0, ring_events = 0;
};

struct Subscriber;

class Hub {
 public:
  explicit Hub(HubPorts);
  ~Hub();  ///< nothing is called afterwards; sinks are let go unclosed (see drain)
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// What the lane or the bus says became durable: in any order, doubled or not at all.
  void on_commit(std::shared_ptr<const Committed>);

  /// Whether attach would take a connection of that session now. unavailable (with retry_after_ms): too many wait, or the hub drains;
  /// unauthenticated: the session has ended meanwhile.
  Result<Done> admits(SessionId);
  /// The first frame (hello) is sent after this call has returned. Errors as of admits.
  Result<std::shared_ptr<Subscriber>> attach(AttachRequest);
  /// The peer is gone. Nothing is sent to its sink afterwards. Harmless when repeated.
  void detach(const std::shared_ptr<Subscriber>&);

  /// Long poll. Answered once, never within the call; not at all when the hub is destroyed before. A new connection says hello; for
  /// rest_ms after an answer the session's next poll goes on with it: without hello where the poll names it or has its last cursor.
  /// What was not stored in between (typing, presence) comes then. A poll that names a connection ends an older one's wait with it; of a
  /// session's polls that wait with one each, so many that there is no room for another, the oldest is answered.
  /// The poll's number, for end_poll.
  std::uint64_t poll(PollRequest, std::function<void(Result<PollPage>)> done);
  /// Whether that poll would go on with a connection, instead of opening one.
  bool goes_on(const PollRequest&) const;
  /// Nobody waits for that poll's answer any more: it is given now. Harmless when it was answered.
  void end_poll(UserId, std::uint64_t number);

  /// Replaces what a connection looks at. not_found: not one of that person's; invalid_argument: too many.
  Result<Done> focus(UserId, const std::string& connection_id, const std::vector<ChatId>&, const std::vector<UserId>&);
  /// The caller has checked that the user may post there.
  void typing(ChatId, UserId, bool active);
  void presence(UserId, Presence);

  /// Sends everybody away (closing, restart) and takes nobody any more.
  void drain();
  HubCounters counters() const;
  const HubLimits& limits() const;

  struct Impl;  ///< the hub's own

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
