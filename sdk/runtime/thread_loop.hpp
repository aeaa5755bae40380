#pragma once
#include <memory>
#include <string>
#include "sdk/runtime/loop.hpp"

namespace fechatter {

/// A loop with a thread of its own.
class ThreadLoop : public Loop {
 public:
  explicit ThreadLoop(std::string name);
  ~ThreadLoop() override;  ///< stops
  void post(std::function<void()>) override;
  Timer after(std::int64_t ms, std::function<void()>) override;
  bool on_thread() const override;
  /// Runs nothing further and joins; not from its own thread. What waits is destroyed uncalled.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// A loop that the host turns: the host-driven runtime and the bot's main thread.
class PollLoop : public Loop {
 public:
  PollLoop();
  ~PollLoop() override;
  void post(std::function<void()>) override;
  Timer after(std::int64_t ms, std::function<void()>) override;
  bool on_thread() const override;
  /// Runs what is ready and waits at most until `until_steady_ms` (of steady_now_ms) for more; returns after the first turn that ran
  /// something. The result: when the next timer is due, or INT64_MAX. Not re-entrant.
  std::int64_t poll(std::int64_t until_steady_ms);
  void wake();  ///< any thread: poll returns

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// The steady clock that the loops use, in milliseconds.
std::int64_t steady_now_ms();

}  // namespace fechatter
