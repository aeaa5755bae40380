// A log, a virtual loop and sinks that write transcripts: all that the hub's tests need.
#pragma once
#include <map>
#include <set>
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/live/hub.hpp"

namespace fechatter::live_test {

template <class I> I id(std::uint64_t n) {
  I made;
  made.bytes[6] = 0x70, made.bytes[8] = 0x80;
  for (std::size_t i = 0; i < 4; ++i) made.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return made;
}

/// Runs jobs and timers in order of virtual time.
class ManualLoop final : public Loop {
 public:
  void post(std::function<void()> f) override { jobs_.emplace(std::pair(now_, next_++), std::move(f)); }
  Timer after(std::int64_t ms, std::function<void()> f) override;
  bool on_thread() const override { return true; }
  void run_for(std::int64_t ms);
  /// What is due now.
  void settle() { run_for(0); }
  std::int64_t now() const { return now_; }

 private:
  std::int64_t now_ = 1000;
  std::uint64_t next_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> jobs_;
};

/// Writes down every frame: "event pos chat:3 message_posted", "hello fresh", "nudge 3 seq 7", …
class Ear final : public Sink {
 public:
  explicit Ear(Format format = Format::json) : format_(format) {}
  bool send(const SharedText&) override;
  std::size_t pending_bytes() const override { return stalled ? bytes_ : 0; }
  std::size_t pending_frames() const override { return stalled ? frames_ : 0; }
  void close() override { closed = true; }
  Format format() const override { return format_; }
  /// The lines since the last call.
  std::vector<std::string> heard() { return std::exchange(lines_, {}); }

  bool stalled = false, closed = false, dead = false;
  std::string last_id;           ///< of the last frame that had one
  std::string connection_id, hello_cursor;
  std::vector<SharedText> texts;

 private:
  Format format_;
  std::size_t bytes_ = 0, frames_ = 0;
  std::vector<std::string> lines_;
};
/// A frame as a line of a transcript.
std::string line_of(const Frame&);

class World : public Clock, public Random, public Log {
 public:
  World() = default;
  static UserId user(std::uint64_t n) { return id<UserId>(n); }
  static ChatId chat(std::uint64_t n) { return id<ChatId>(n); }
  static WorkspaceId space(std::uint64_t n) { return id<WorkspaceId>(n); }
  static SessionId session(std::uint64_t n) { return id<SessionId>(n); }

  // Each appends to the log and returns the batch as the lane would publish it.
  using Batch = std::shared_ptr<const Committed>;
  Batch join_space(std::uint64_t w, std::uint64_t u);
  Batch leave_space(std::uint64_t w, std::uint64_t u);
  Batch create(std::uint64_t c, std::uint64_t w, std::vector<std::uint64_t> people);
  Batch join(std::uint64_t c, std::uint64_t u, std::int64_t visible_from = 1);
  Batch leave(std::uint64_t c, std::uint64_t u);
  Batch post(std::uint64_t c, std::uint64_t u, std::vector<std::uint64_t> mentions = {});
  Batch edit(std::uint64_t c, std::uint64_t u, std::int64_t seq);
  Batch erase(std::uint64_t c, std::uint64_t u, std::int64_t seq);  ///< empties the message's earlier payloads, too
  Batch react(std::uint64_t c, std::uint64_t u, std::int64_t seq, bool on = true);
  Batch revoke(std::uint64_t u, std::uint64_t s);

  Hub& start();  ///< at the log's present head
  Hub& hub() { return *hub_; }
  void stop() { hub_.reset(); }
  /// Publishes and runs what is due.
  void tell(const Batch& b) { hub_->on_commit(b), loop.settle(); }
  std::shared_ptr<Ear> listen(std::uint64_t u, std::optional<std::string> cursor = {}, std::uint64_t s = 0, Format = Format::json);
  std::string cursor_at(std::int64_t pos) const;
  std::int64_t head() const { return static_cast<std::int64_t>(log.size()); }
  Memberships memberships_of(UserId) const;
  /// Whether the log's event at `pos` is for that person, by the membership at that position, or at another.
  bool is_for(UserId u, std::int64_t pos) const { return is_for(u, pos, pos); }
  bool is_for(UserId, std::int64_t pos, std::int64_t as_of) const;

  Time now() override { return {1'700'000'000'000 + loop.now()}; }
  std::int64_t steady_ms() override { return loop.now(); }
  void fill(void* bytes, std::size_t size) override {
    for (std::size_t i = 0; i < size; ++i) seed_ = seed_ * 1103515245 + 12345, static_cast<std::uint8_t*>(bytes)[i] = static_cast<std::uint8_t>(seed_ >> 16);
  }
  void write(Level, std::string_view, std::string_view) override {}

  ManualLoop loop;
  std::vector<LogEvent> log;
  HubLimits limits;
  AnyId epoch = id<AnyId>(77);
  bool memberships_fail = false;
  std::int64_t membership_delay = 1;   ///< ms until they are answered
  bool snapshot_early = true;          ///< read when asked, not when answered
  int log_reads = 0;
  bool hold_reads = false;             ///< what was read is answered once this is over
  std::map<Ear*, std::shared_ptr<Subscriber>> connections;

 private:
  struct State {
    std::map<ChatId, std::pair<WorkspaceId, std::set<UserId>>> chats;
    std::map<WorkspaceId, std::set<UserId>> spaces;
    std::map<std::pair<ChatId, UserId>, std::int64_t> visible_from;
  };
  template <class E> LogEvent& add(Committed&, StreamId, std::int64_t rev, const E&);
  Batch done(Committed&);
  State& changed();  ///< the newest, about to change
  std::uint32_t seed_ = 7;
  std::map<ChatId, std::int64_t> revs_, seqs_;
  std::map<std::pair<ChatId, std::int64_t>, MessageId> messages_;
  std::map<WorkspaceId, std::int64_t> space_revs_;
  std::vector<std::shared_ptr<State>> states_{std::make_shared<State>()};  // by position; what did not change is shared
  std::vector<Timer> timers_;
  void answer_read(std::vector<LogEvent>, std::function<void(Result<std::vector<LogEvent>>)>);
  std::unique_ptr<Hub> hub_;
};

/// Two people in workspace 9, both in chat 3. The head is 5.
struct Two : World {
  Two() {
    join_space(9, 1), join_space(9, 2);
    create(3, 9, {1, 2});
  }
};

/// 501 people in chat 3, of whom 1, 2 and 3 are of interest and also in chat 4.
struct Crowd : World {
  Crowd() {
    std::vector<std::uint64_t> people;
    for (std::uint64_t u = 1; u <= 501; ++u) join_space(9, u), people.push_back(u);
    create(3, 9, people), create(4, 9, {1, 2, 3});
  }
  std::int64_t at(std::int64_t n) const { return base + n; }
  std::int64_t base = 0;
};

using Lines = std::vector<std::string>;

}  // namespace fechatter::live_test
