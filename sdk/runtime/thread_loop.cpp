#include "sdk/runtime/thread_loop.hpp"
#include <pthread.h>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace fechatter {
namespace {
using Steady = std::chrono::steady_clock;

// The queue and the timers of both forms.
struct Queue : std::enable_shared_from_this<Queue> {
  using Key = std::pair<std::int64_t, std::uint64_t>;  // due, order
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::function<void()>> calls;
  std::map<Key, std::function<void()>> timers;
  std::uint64_t order = 0;
  bool stopped = false, woken = false;
  std::thread::id runner;

  struct Pending : Timer::Entry {
    std::weak_ptr<Queue> queue;
    Key key;
    Pending(std::weak_ptr<Queue> q, Key k) : queue(std::move(q)), key(k) {}
    void cancel() override {
      const auto q = queue.lock();
      if (!q) return;
      std::function<void()> gone;  // destroyed outside of the lock
      std::lock_guard lock(q->mutex);
      if (const auto it = q->timers.find(key); it != q->timers.end()) gone = std::move(it->second), q->timers.erase(it);
    }
  };

  void post(std::function<void()> f) {
    {
      std::lock_guard lock(mutex);
      if (stopped) return;
      calls.push_back(std::move(f));
    }
    ready.notify_one();
  }
  Timer after(std::int64_t ms, std::function<void()> f) {
    Key key;
    {
      std::lock_guard lock(mutex);
      if (stopped) return {};
      key = {steady_now_ms() + std::max<std::int64_t>(ms, 0), ++order};
      timers.emplace(key, std::move(f));
    }
    ready.notify_one();
    return Timer(std::make_shared<Pending>(weak_from_this(), key));
  }
  // One due call, or nothing. The lock is held.
  std::function<void()> take() {
    std::function<void()> f;
    if (!timers.empty() && timers.begin()->first.first <= steady_now_ms()) {
      f = std::move(timers.begin()->second);
      timers.erase(timers.begin());
    } else if (!calls.empty()) {
      f = std::move(calls.front());
      calls.pop_front();
    }
    return f;
  }
  std::int64_t next_due() const { return timers.empty() ? INT64_MAX : timers.begin()->first.first; }
  void wait(std::unique_lock<std::mutex>& lock, std::int64_t until) {
    const std::int64_t due = std::min(until, next_due());
    if (due == INT64_MAX) ready.wait(lock);
    else ready.wait_until(lock, Steady::time_point(std::chrono::milliseconds(due)));
  }
  void clear() {
    std::deque<std::function<void()>> old_calls;
    std::map<Key, std::function<void()>> old_timers;
    std::lock_guard lock(mutex);
    stopped = true;
    old_calls.swap(calls), old_timers.swap(timers);
  }
};
}  // namespace

std::int64_t steady_now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now().time_since_epoch()).count(); }

struct ThreadLoop::Impl {
  std::shared_ptr<Queue> queue = std::make_shared<Queue>();
  std::thread thread;
};

ThreadLoop::ThreadLoop(std::string name) : impl_(std::make_shared<Impl>()) {
  impl_->thread = std::thread([queue = impl_->queue, name = name.substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    std::unique_lock lock(queue->mutex);
    queue->runner = std::this_thread::get_id();
    while (!queue->stopped) {
      auto f = queue->take();
      if (!f) {
        queue->wait(lock, INT64_MAX);
        continue;
      }
      lock.unlock();
      f();
      f = nullptr;
      lock.lock();
    }
  });
}
ThreadLoop::~ThreadLoop() { stop(); }
void ThreadLoop::post(std::function<void()> f) { impl_->queue->post(std::move(f)); }
Timer ThreadLoop::after(std::int64_t ms, std::function<void()> f) { return impl_->queue->after(ms, std::move(f)); }
bool ThreadLoop::on_thread() const { return impl_->thread.get_id() == std::this_thread::get_id(); }
void ThreadLoop::stop() {
  {
    std::lock_guard lock(impl_->queue->mutex);
    impl_->queue->stopped = true;
  }
  impl_->queue->ready.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->queue->clear();
}

struct PollLoop::Impl {
  std::shared_ptr<Queue> queue = std::make_shared<Queue>();
  bool running = false;
};
PollLoop::PollLoop() : impl_(std::make_shared<Impl>()) {}
PollLoop::~PollLoop() { impl_->queue->clear(); }
void PollLoop::post(std::function<void()> f) { impl_->queue->post(std::move(f)); }
Timer PollLoop::after(std::int64_t ms, std::function<void()> f) { return impl_->queue->after(ms, std::move(f)); }
bool PollLoop::on_thread() const { return impl_->running && impl_->queue->runner == std::this_thread::get_id(); }
void PollLoop::wake() {
  {
    std::lock_guard lock(impl_->queue->mutex);
    impl_->queue->woken = true;
  }
  impl_->queue->ready.notify_all();
}

std::int64_t PollLoop::poll(std::int64_t until) {
  Queue& queue = *impl_->queue;
  std::unique_lock lock(queue.mutex);
  queue.runner = std::this_thread::get_id();
  impl_->running = true;
  bool ran = false;
  for (;;) {
    if (auto f = queue.take()) {
      ran = true;
      lock.unlock();
      f();
      f = nullptr;
      lock.lock();
      continue;
    }
    if (ran || std::exchange(queue.woken, false) || steady_now_ms() >= until) break;
    queue.wait(lock, until);
  }
  impl_->running = false;
  return queue.next_due();
}

}  // namespace fechatter
