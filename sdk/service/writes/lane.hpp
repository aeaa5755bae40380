// The writer lane: every change of a process goes through here, in batches of one transaction each.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include "sdk/core/fold.hpp"
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"

namespace fechatter {

/// While a batch commits, commands queue; an idle lane commits a lone command at once. Commands of one chat keep their order of arrival.
class Lane {
 public:
  struct Limits {
    std::size_t batch = 500;       ///< commands in one transaction
    std::size_t bytes = 1 << 20;   ///< of their texts
    std::size_t queued = 5000;     ///< more: unavailable, with retry_after_ms
    std::int64_t tidy_ms = 10'000; ///< after a deletion, until the store clears up
  };
  using Done = std::function<void(Outcome)>;
  using Listener = std::function<void(std::shared_ptr<const Committed>)>;

  /// `loop` is the lane's own: the store is touched only there. `committed` is told after each commit, on that loop.
  Lane(Loop& loop, RowStore& store, Log& log, Listener committed) : Lane(loop, store, log, std::move(committed), Limits()) {}
  Lane(Loop&, RowStore&, Log&, Listener committed, Limits);

  /// From any thread. `done` runs once, on the lane's loop, after the commit is durable (or the command was refused); when the queue
  /// is full, within the call.
  void submit(Submission, Done done);

  struct Counters {
    std::atomic<std::int64_t> batches{0}, commands{0}, refused{0}, retries{0}, overflows{0}, late_loads{0};
  };
  const Counters& counters() const { return counters_; }
  std::size_t queued() const { return queued_; }
  const Limits& limits() const { return limits_; }

 private:
  struct Job {
    Submission submission;
    Done done;
  };
  void drain();
  void tidy_after(std::int64_t ms);
  std::vector<Job> take();
  void run(std::vector<Job>&);
  void tell(Job&, Outcome);
  /// The outcomes, or why the whole batch could not be stored.
  Result<std::vector<Outcome>> attempt(std::span<Job>);

  Loop& loop_;
  RowStore& store_;
  Log& log_;
  Listener committed_;
  Limits limits_;
  std::deque<Job> queue_;
  bool draining_ = false;   // drain() is posted or runs
  bool tidying_ = false;
  Timer tidy_;
  std::atomic<std::size_t> queued_{0};
  Counters counters_;
};

}  // namespace fechatter
