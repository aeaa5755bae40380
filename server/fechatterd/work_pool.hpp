#pragma once
#include <atomic>
#include <memory>
#include <vector>
#include "sdk/runtime/thread_loop.hpp"
#include "sdk/service/ports.hpp"

namespace fechatter {

/// Slow computing on a few threads, with a bound on what waits.
class WorkPool {
 public:
  WorkPool(Loop& home, std::size_t threads, std::size_t waiting);
  Work work();
  std::size_t waiting() const { return waiting_; }
  std::size_t limit() const { return limit_; }
  std::uint64_t refused() const { return refused_; }
  void stop();

 private:
  Loop& home_;
  std::size_t limit_;
  std::atomic<std::size_t> waiting_{0}, next_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::vector<std::unique_ptr<ThreadLoop>> threads_;
};

}  // namespace fechatter
