#pragma once
#include <functional>
#include <memory>
#include "fechatter/result.hpp"

namespace fechatter {

/// Where completions and wake-ups run: the app's own thread. It must be callable from any thread, must not block, must not run the
/// function inside the call, and must keep order. In a GUI: QMetaObject::invokeMethod, g_idle_add, dispatch_async.
/// The SDK never calls the app on a thread of its own.
using Executor = std::function<void(std::function<void()>)>;

/// Called exactly once, on the executor: with the value, the error, `cancelled` (after Handle::cancel) or `closed` (the client went
/// away). Destroyed uncalled when its Handle was dropped first: a view that dies takes its callbacks with it.
template <class T> using Completion = std::function<void(Result<T>)>;

/// What a Handle holds: the SDK's side of one interest. Apps do not derive from it. Any thread.
class Interest {
 public:
  virtual ~Interest() = default;
  virtual void cancel() = 0;
  virtual void drop() = 0;
};

/// Holds an interest in an answer. Dropping it (destructor, assignment) ends the interest: the callback is destroyed, uncalled. That
/// is a guarantee on the executor's thread; elsewhere a call that is already running may finish. Dropping never undoes durable work:
/// a queued message stays queued. Not thread-safe itself.
class [[nodiscard]] Handle {
 public:
  Handle() = default;
  explicit Handle(std::shared_ptr<Interest> interest) : interest_(std::move(interest)) {}
  Handle(Handle&&) noexcept = default;
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) end(), interest_ = std::move(other.interest_);
    return *this;
  }
  ~Handle() { end(); }
  /// Gives up waiting: the callback comes once, posted, with `cancelled`, unless the answer was faster.
  void cancel() {
    if (interest_) interest_->cancel();
  }
  /// Keep until done or until the client closes: for calls whose owner does not matter.
  void detach() && { interest_.reset(); }

 private:
  void end() {
    if (interest_) interest_->drop();
    interest_.reset();
  }
  std::shared_ptr<Interest> interest_;
};

}  // namespace fechatter
