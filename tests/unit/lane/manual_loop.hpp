// A loop that runs what was posted when the test says so.
#pragma once
#include <deque>
#include <functional>
#include <utility>
#include <vector>
#include "sdk/runtime/loop.hpp"

namespace fechatter::lane_test {

class ManualLoop : public Loop {
 public:
  void post(std::function<void()> f) override { calls_.push_back(std::move(f)); }
  Timer after(std::int64_t, std::function<void()> f) override { return timers_.push_back(std::move(f)), Timer(); }
  bool on_thread() const override { return true; }
  void run() {
    while (!calls_.empty()) {
      auto f = std::move(calls_.front());
      calls_.pop_front();
      f();
    }
  }
  /// The timers that are set now.
  void fire() {
    for (auto& f : std::exchange(timers_, {})) f();
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  std::deque<std::function<void()>> calls_;
  std::vector<std::function<void()>> timers_;
};

}  // namespace fechatter::lane_test
