#include "sdk/runtime/thread_loop.hpp"
#include <pthread.h>
#include <signal.h>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include "sdk/runtime/thread.hpp"

namespace fechatter {
namespace {
using Steady = std::chrono::steady_clock;
constexpr std::int64_t kLongestWait = 60'000;  // of one sleep; also keeps far deadlines from overflowing the clock's nanoseconds

// What both forms share. A posted call is one that is due now, so that calls and timers run in one order and neither starves the other.
struct Queue : std::enable_shared_from_this<Queue> {
  using Key = std::pair<std::int64_t, std::uint64_t>;  // due, order
  std::mutex mutex;
  std::condition_variable ready;
  std::map<Key, std::function<void()>> calls;
  std::uint64_t order = 0;
  bool stopped = false, woken = false;

  struct Pending : Timer::Entry {
    std::weak_ptr<Queue> queue;
    Key key;
    Pending(std::weak_ptr<Queue> q, Key k) : queue(std::move(q)), key(k) {}
    void cancel() override {
      const auto q = queue.lock();
      if (!q) return;
      std::function<void()> gone;  // destroyed outside of the lock
      std::lock_guard lock(q->mutex);
      if (const auto it = q->calls.find(key); it != q->calls.end()) gone = std::move(it->second), q->calls.erase(it);
    }
  };

  // nullopt once stopped; `f` is then destroyed by the caller, outside of the lock.
  std::optional<Key> add(std::int64_t ms, std::function<void()>& f) {
    std::lock_guard lock(mutex);
    if (stopped) return std::nullopt;
    const Key key{steady_now_ms() + std::max<std::int64_t>(ms, 0), ++order};
    calls.emplace(key, std::move(f));
    if (calls.begin()->first == key) ready.notify_one();
    return key;
  }
  Timer after(std::int64_t ms, std::function<void()> f) {
    const auto key = add(ms, f);
    return key ? Timer(std::make_shared<Pending>(weak_from_this(), *key)) : Timer();
  }
  // The first call that is not behind `last`, or nothing. The lock is held.
  std::function<void()> take(Key last) {
    std::function<void()> f;
    if (calls.empty() || calls.begin()->first > last) return f;
    f = std::move(calls.begin()->second);
    calls.erase(calls.begin());
    return f;
  }
  Key now() const { return {steady_now_ms(), order}; }
  std::int64_t next_due() const { return calls.empty() ? INT64_MAX : calls.begin()->first.first; }
  void wait(std::unique_lock<std::mutex>& lock, std::int64_t until) {
    const std::int64_t due = std::min({until, next_due(), steady_now_ms() + kLongestWait});
    ready.wait_until(lock, Steady::time_point(std::chrono::milliseconds(due)));
  }
  void stop() {
    std::lock_guard lock(mutex);
    stopped = true;
    ready.notify_all();
  }
  void clear() {
    std::map<Key, std::function<void()>> gone;
    std::lock_guard lock(mutex);
    stopped = true;
    gone.swap(calls);
  }
};

// The queue whose call this thread runs.
thread_local const Queue* t_running = nullptr;

void run_all(Queue& queue) {
  t_running = &queue;
  std::unique_lock lock(queue.mutex);
  while (!queue.stopped) {
    auto f = queue.take(queue.now());
    if (!f) {
      queue.wait(lock, INT64_MAX);
      continue;
    }
    lock.unlock();
    f();
    f = nullptr;
    lock.lock();
  }
}
}  // namespace

std::int64_t steady_now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now().time_since_epoch()).count(); }

void enter_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

struct ThreadLoop::Impl {
  std::shared_ptr<Queue> queue = std::make_shared<Queue>();
  std::thread thread;
};

ThreadLoop::ThreadLoop(std::string name) : impl_(std::make_shared<Impl>()) {
  impl_->thread = std::thread([queue = impl_->queue, name = std::move(name)] {
    enter_thread(name);
    run_all(*queue);
  });
}
ThreadLoop::~ThreadLoop() { stop(); }
void ThreadLoop::post(std::function<void()> f) { impl_->queue->add(0, f); }
Timer ThreadLoop::after(std::int64_t ms, std::function<void()> f) { return impl_->queue->after(ms, std::move(f)); }
bool ThreadLoop::on_thread() const { return t_running == impl_->queue.get(); }
void ThreadLoop::stop() {
  impl_->queue->stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->queue->clear();
}

struct PollLoop::Impl {
  std::shared_ptr<Queue> queue = std::make_shared<Queue>();
};
PollLoop::PollLoop() : impl_(std::make_shared<Impl>()) {}
PollLoop::~PollLoop() { impl_->queue->clear(); }
void PollLoop::post(std::function<void()> f) { impl_->queue->add(0, f); }
Timer PollLoop::after(std::int64_t ms, std::function<void()> f) { return impl_->queue->after(ms, std::move(f)); }
bool PollLoop::on_thread() const { return t_running == impl_->queue.get(); }
void PollLoop::wake() {
  std::lock_guard lock(impl_->queue->mutex);
  impl_->queue->woken = true;
  impl_->queue->ready.notify_all();
}

std::int64_t PollLoop::poll(std::int64_t until) {
  const std::shared_ptr<Queue> queue = impl_->queue;  // a call may destroy the loop
  std::unique_lock lock(queue->mutex);
  while (!queue->woken && queue->next_due() > steady_now_ms() && steady_now_ms() < until) queue->wait(lock, until);
  queue->woken = false;
  const Queue::Key turn = queue->now();  // what the calls of this turn post belongs to the next
  const auto* const before = std::exchange(t_running, queue.get());
  while (auto f = queue->take(turn)) {
    lock.unlock();
    f();
    f = nullptr;
    lock.lock();
  }
  t_running = before;
  return queue->next_due();
}

}  // namespace fechatter
