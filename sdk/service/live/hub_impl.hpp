// The hub's insides, shared by its files: connections, their stages, and what is going on between them.
#pragma once
#include <set>
#include "sdk/service/live/delivery_index.hpp"
#include "sdk/service/live/tail.hpp"

namespace fechatter {

/// waiting: for memberships, for the log's head or for older events. catching_up: gets what it missed from the ring. live: at the tail.
/// resting: a long poll's, between an answer and the next poll.
enum class Stage : std::uint8_t { waiting, catching_up, live, resting, closed };
class PollSink;

/// Small while idle: what only some need hangs on a pointer.
struct Subscriber : std::enable_shared_from_this<Subscriber> {
  Person* person = nullptr;
  SessionId session;
  AnyId id;
  std::shared_ptr<Sink> sink;
  PollSink* poll = nullptr;     ///< the sink, where it is a long poll
  Stage stage = Stage::closed;  ///< until it is opened, and in the end
  std::uint32_t mark = 0;       ///< of the last delivery that counted this one in
  std::int64_t at = -1;         ///< not live: everything up to here was sent; -1: hello was not
  std::int64_t since_ms = 0;    ///< not live: since when nothing moves, or it rests
  struct Opening {
    std::optional<std::string> cursor;
    std::int64_t base = 0;        ///< the cursor's, once it is known to be in this history
    std::int64_t after_read = 0;  ///< > 0: a cursor beyond the tail, decided when that read of the log is done
  };
  std::unique_ptr<Opening> opening;               ///< until hello
  std::unique_ptr<std::map<ChatId, std::int64_t>> nudged;  ///< while catching up: the revs told of large chats
  struct Focus {
    std::vector<ChatId> chats;
    std::vector<UserId> users;
  };
  std::unique_ptr<Focus> focus;
};
using SubscriberPtr = std::shared_ptr<Subscriber>;

/// A frame that is never stored, on its way to a poll.
struct Whisper {
  ChatId chat;  ///< who types there; nil: somebody's presence
  UserId user;
  SharedText text;
};

/// A long poll is a connection whose sink collects frames and answers. It outlives the answer: the next poll goes on with it.
class PollSink : public Sink {
 public:
  explicit PollSink(Hub::Impl& hub) : hub_(hub) {}
  bool send(const SharedText&) override;
  std::size_t pending_bytes() const override { return bytes_; }
  std::size_t pending_frames() const override { return texts.size(); }
  void close() override {}
  Format format() const override { return Format::json; }
  /// For the next answer; the latest of a person (in a chat) replaces the one before.
  void keep(Whisper);
  void clear();  ///< after an answer

 private:
  Hub::Impl& hub_;
  std::size_t bytes_ = 0;

 public:
  struct Turn {
    PollRequest request;
    std::function<void(Result<PollPage>)> done;
    std::uint64_t number = 0;
  };
  std::optional<Turn> turn;  ///< the poll that waits; none while the connection rests
  Subscriber* connection = nullptr;  ///< owns this
  std::vector<SharedText> texts;
  std::vector<Whisper> kept;
  std::string answered;      ///< the cursor of the last answer
  bool known = false;        ///< the poll knows the connection's id: hello would say nothing new
  bool answering = false;
  Timer wait;
};

struct Hub::Impl {
  explicit Impl(HubPorts);

  // hub.cpp: opening and closing
  std::optional<Error> refusal(SessionId);
  SubscriberPtr enter(AttachRequest, PollSink* poll);
  void open(Subscriber&, std::optional<std::string> cursor);
  void load(Person&);
  void loaded(Person&, Result<Memberships>);
  void settle(Person&);  ///< takes a snapshot that is not ahead of the tail
  void fail(Person&, std::string_view reason);
  void close(Subscriber&, std::string_view reason, std::int64_t reconnect_after_ms);
  void remove(Subscriber&);
  void forget(UserId);
  void set_stage(Subscriber&, Stage);
  void sweep();  ///< every ask_ms: deadlines
  std::vector<SubscriberPtr> everybody();

  // opening.cpp: what a cursor is worth, and what was missed
  void begin(Subscriber&);
  void resume(Subscriber&, std::int64_t base);
  void start_fresh(Subscriber&, std::string_view resync);
  void hello(Subscriber&, const std::string& cursor, bool resumed);
  void pump(Subscriber&);
  bool push_missed(Subscriber&, const RingEvent&);
  bool wants_full(const Subscriber&, const RingEvent&) const;
  void pump_later();
  void go_live(Subscriber&);
  void backfill();
  void backfilled(Result<std::vector<LogEvent>>);
  void read_older();
  void end_backfill(bool usable);
  void caught_up();

  // delivery.cpp: the tail
  void deliver(const LogEvent&);
  void deliver_chat(const RingEvent&);
  void deliver_large(const RingEvent&, ChatSeats&);
  void aim(const Person&, bool clipped);  ///< adds their live connections to the targets
  void shoot(const RingEvent&);           ///< sends to the targets
  void end_session(const RingEvent&);
  void pause(Person&, std::int64_t needs_position);
  void fall_behind(Subscriber&, std::int64_t at);
  bool send(Subscriber&, const SharedText&);
  bool send(Subscriber& c, const FrameText& f) { return send(c, f.as(c.sink->format())); }
  void send_event(Subscriber&, const RingEvent&, bool clipped);
  bool has_room(const Subscriber&, std::size_t part = 1) const;
  void nudge(ChatSeats&, std::uint32_t except_mark);
  void nudge_all(ChatSeats&);
  void open_nudge_window(ChatId);
  void flush_nudges();
  std::vector<NudgeFrame> pending_nudges(const Subscriber&);
  void tell_owed(Subscriber&);
  void send_cursors();

  // presence.cpp: what is never stored
  Result<Done> focus(UserId, const std::string&, const std::vector<ChatId>&, const std::vector<UserId>&);
  void look(Subscriber&, Subscriber::Focus);
  void look_away(Subscriber&);
  void typing(ChatId, UserId, bool);
  void set_presence(Person&, Presence);
  void tell_presence(const Person&, Presence);
  void whisper(Subscriber&, ChatId, UserId, const FrameText&);
  bool may_hear(const Person&, const Whisper&);

  // poll.cpp
  std::uint64_t poll(PollRequest, std::function<void(Result<PollPage>)>);
  SubscriberPtr continued(const PollRequest&) const;
  void wake(Subscriber&, PollSink::Turn);
  void make_room(const Person&, SessionId);
  void end_poll(UserId, std::uint64_t number);
  void poll_ready(Subscriber&);
  void answer_soon(Subscriber&);
  void respond(Subscriber&);
  Result<PollPage> page_of(Subscriber&);
  void rest(Subscriber&);

  std::string cursor_at(std::int64_t pos) const;
  std::int64_t tail() const { return tail_.position(); }
  std::int64_t now_ms() const { return ports.clock.steady_ms(); }
  std::int64_t jitter() { return static_cast<std::int64_t>(ports.random.below(3001)); }
  void later(std::function<void()>);  ///< posted; dropped when the hub is gone by then

  struct Nudge {
    bool pending = false;
    Timer window;
  };
  HubPorts ports;
  HubCounters counters;
  DeliveryIndex index;
  Ring ring;
  std::vector<SubscriberPtr> opening;       // not live yet, or catching up; some may have moved on
  std::map<std::pair<std::int64_t, AnyId>, Subscriber*> resting;  // since when, and which
  std::vector<SubscriberPtr> gone;          // let go at the end of the turn: somebody up the stack may hold a reference
  std::vector<UserId> parked;               // their snapshot is ahead of the tail
  std::vector<UserId> reload;               // their snapshot was too old: again at the next sweep
  std::map<ChatId, Nudge> nudges;
  std::size_t nudges_pending = 0;
  std::map<ChatId, std::vector<Subscriber*>> lookers;   // by the chat in focus
  std::map<UserId, std::vector<Subscriber*>> watchers;  // by the user in focus
  std::set<SessionId> ended;                            // sessions seen to end, the latest ones
  std::deque<SessionId> ended_order;
  struct Backfill {
    std::vector<SubscriberPtr> waiting;
    std::vector<RingEvent> events;
    std::int64_t from = 0;
    std::size_t bytes = 0;
    std::int64_t began_ms = 0;
    std::uint64_t number = 0;
    bool running = false;
  } older;
  struct Target {
    Subscriber* connection;
    bool clipped;
  };
  std::vector<Target> targets;  // scratch of a delivery
  std::uint32_t mark = 0;
  std::uint64_t loads = 0, polls = 0;
  bool draining = false, pump_armed = false;
  Timer sweep_timer, cursor_timer, pump_timer;
  std::shared_ptr<char> alive = std::make_shared<char>();
  Tail tail_;  // last: it calls into the above
};

}  // namespace fechatter
