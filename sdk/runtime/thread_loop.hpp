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

/// A loop that the host turns. Destroying it destroys what waits, uncalled.
class PollLoop : public Loop {
 public:
  PollLoop();
  ~PollLoop() override;
  void post(std::function<void()>) override;
  Timer after(std::int64_t ms, std::function<void()>) override;
  bool on_thread() const override;
  /// One turn: waits at most until `until_steady_ms` (of steady_now_ms; INT64_MAX: for ever) for something that is ready, or for
  /// wake(), and runs what is ready then. What these calls post belongs to the next turn, so a turn always ends. The result: when the
  /// next call is due, or INT64_MAX. One thread at a time; not from within a call.
  std::int64_t poll(std::int64_t until_steady_ms);
  void wake();  ///< any thread: poll returns

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// The steady clock that the loops use, in milliseconds.
std::int64_t steady_now_ms();

}  // namespace fechatter
