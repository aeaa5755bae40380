// A function of the app that is called, not drained: who writes, who is there.
#pragma once
#include <functional>
#include <memory>
#include <mutex>

namespace fechatter {

/// Set and ended on any thread, called on the executor. What is replaced is destroyed by who replaces it, without locks: it may own anything.
template <class... A> class Listener : public std::enable_shared_from_this<Listener<A...>> {
 public:
  void set(std::function<void(A...)> call) {
    std::lock_guard lock(mutex_);
    call_.swap(call);
  }
  /// No calls any more, also not of what is on its way.
  void end() { set({}); }
  /// What must be posted to the executor; empty: nobody listens.
  std::function<void()> tell(A... news) {
    std::lock_guard lock(mutex_);
    if (!call_) return {};
    return [self = this->shared_from_this(), news...] {
      if (const auto call = self->now()) call(news...);
    };
  }

 private:
  std::function<void(A...)> now() {
    std::lock_guard lock(mutex_);
    return call_;  // a copy: it may replace itself
  }
  std::mutex mutex_;
  std::function<void(A...)> call_;
};

}  // namespace fechatter
