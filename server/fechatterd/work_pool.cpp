#include "server/fechatterd/work_pool.hpp"

namespace fechatter {

WorkPool::WorkPool(Loop& home, std::size_t threads, std::size_t waiting) : home_(home), limit_(waiting) {
  for (std::size_t i = 0; i < threads; ++i) threads_.push_back(std::make_unique<ThreadLoop>("work"));
}

Work WorkPool::work() {
  return [this](std::function<void()> job, std::function<void()> then) {
    if (waiting_.fetch_add(1) >= limit_) return --waiting_, ++refused_, false;
    threads_[next_++ % threads_.size()]->post([this, job = std::move(job), then = std::move(then)] {
      job();
      --waiting_;
      home_.post(then);
    });
    return true;
  };
}

void WorkPool::stop() {
  for (auto& t : threads_) t->stop();
}

}  // namespace fechatter
