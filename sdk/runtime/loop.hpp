// The port for "later, on that thread": what every logical thread of ours runs on.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace fechatter {

/// Holds a pending call of Loop::after. Dropping it cancels: a guarantee on the loop's thread; elsewhere a call that is already running
/// may finish. After the call dropping it does nothing; a call may drop its own timer.
class [[nodiscard]] Timer {
 public:
  class Entry {
   public:
    virtual ~Entry() = default;
    virtual void cancel() = 0;
  };
  Timer() = default;
  explicit Timer(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) reset(), entry_ = std::move(other.entry_);
    return *this;
  }
  ~Timer() { reset(); }
  void reset() {
    if (auto entry = std::move(entry_)) entry->cancel();
  }
  explicit operator bool() const { return entry_ != nullptr; }  ///< holds a call, be it pending or past

 private:
  std::shared_ptr<Entry> entry_;
};

/// A queue of calls, run one after the other by one thread (or by a simulated one).
class Loop {
 public:
  virtual ~Loop() = default;
  /// From any thread. Never runs inside the call; keeps the order of posting. Calls must not throw.
  virtual void post(std::function<void()>) = 0;
  /// Runs once, not sooner than `ms` milliseconds from now (0 or less: like post). From any thread.
  virtual Timer after(std::int64_t ms, std::function<void()>) = 0;
  /// True inside a call that this loop runs.
  virtual bool on_thread() const = 0;
};

}  // namespace fechatter
