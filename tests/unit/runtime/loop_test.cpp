#include <catch2/catch.hpp>
#include <future>
#include <thread>
#include "sdk/runtime/thread_loop.hpp"

namespace fechatter {
namespace {

// Waits until everything posted so far has run.
void settle(Loop& loop) {
  const auto done = std::make_shared<std::promise<void>>();  // shared: set_value may still be returning when the wait is over
  loop.post([done] { done->set_value(); });
  done->get_future().wait();
}

TEST_CASE("a thread loop runs posted calls in order, on its own thread, never inside the call") {
  ThreadLoop loop("loop");
  std::string out;
  std::thread::id where;
  std::promise<void> both_posted;
  loop.post([&] { both_posted.get_future().wait(); });
  loop.post([&] {
    where = std::this_thread::get_id();
    loop.post([&] { out += '3'; });
    const Timer now = loop.after(0, [&] { out += '4'; });
    out += '1';
    CHECK(loop.on_thread());
  });
  loop.post([&] { out += '2'; });
  both_posted.set_value();
  settle(loop), settle(loop);
  CHECK(out == "123");  // the dropped timer did not run
  CHECK(where != std::this_thread::get_id());
  CHECK_FALSE(loop.on_thread());
}

TEST_CASE("posts from several threads each keep their order") {
  ThreadLoop loop("loop");
  std::vector<int> seen[3];
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) loop.post([&, t, i] { seen[t].push_back(i); });
    });
  for (auto& t : threads) t.join();
  settle(loop);
  for (const auto& list : seen) {
    CHECK(list.size() == 500);
    CHECK(std::is_sorted(list.begin(), list.end()));
  }
}

TEST_CASE("timers run by due time, not sooner, and after(0) like a post") {
  ThreadLoop loop("loop");
  const auto done = std::make_shared<std::promise<void>>();
  std::string out;
  std::vector<Timer> timers;
  const std::int64_t start = steady_now_ms();
  std::int64_t at = 0;
  loop.post([&] {
    timers.push_back(loop.after(20, [&, done] { out += 'c', at = steady_now_ms(), done->set_value(); }));
    timers.push_back(loop.after(10, [&] { out += 'b'; }));
    loop.post([&] { out += '1'; });
    timers.push_back(loop.after(-5, [&] { out += '2'; }));
    loop.post([&] { out += '3'; });
  });
  done->get_future().wait();
  CHECK(out == "123bc");
  CHECK(at - start >= 20);
}

TEST_CASE("a timer that re-arms itself at once does not starve the posts") {
  ThreadLoop loop("loop");
  Timer timer;
  std::function<void()> again = [&] { timer = loop.after(0, again); };
  loop.post(again);
  settle(loop);
  settle(loop);
  loop.post([&] { timer.reset(); });
  settle(loop);
  SUCCEED();
}

TEST_CASE("a call may drop its own timer, and what a call captures is destroyed on the loop") {
  ThreadLoop loop("loop");
  Timer timer;
  bool ran = false, there = false;
  struct Probe {
    Loop& loop;
    bool& there;
    ~Probe() { there = loop.on_thread(); }
  };
  loop.post([&, probe = std::make_shared<Probe>(Probe{loop, there})] { timer = loop.after(0, [&, probe] { timer.reset(), ran = true; }); });
  settle(loop), settle(loop);
  CHECK(ran);
  CHECK(there);
}

TEST_CASE("stop runs nothing further and destroys what waits; later posts vanish") {
  ThreadLoop loop("loop");
  std::promise<void> entered, leave;
  bool ran = false;
  const auto token = std::make_shared<int>(0);
  loop.post([&] { entered.set_value(), leave.get_future().wait(); });
  entered.get_future().wait();
  loop.post([&ran, token] { ran = true; });
  const Timer waiting = loop.after(100000, [&ran, token] { ran = true; });
  std::thread stopper([&] { loop.stop(); });
  const auto stopping = [&] { return !loop.after(100000, [] {}); };  // refused once stop() has begun
  while (!stopping()) std::this_thread::yield();
  leave.set_value();
  stopper.join();
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
  loop.post([&ran, token] { ran = true; });
  CHECK_FALSE(loop.after(0, [token] {}));
  CHECK(token.use_count() == 1);
  loop.stop();  // twice is once
}

TEST_CASE("a timer may outlive its loop") {
  Timer timer;
  {
    ThreadLoop loop("loop");
    timer = loop.after(100000, [] {});
  }
  timer.reset();
  SUCCEED();
}

TEST_CASE("a turn of a poll loop runs what is ready, and leaves what that posts to the next") {
  PollLoop loop;
  std::string out;
  CHECK(loop.poll(0) == INT64_MAX);
  loop.post([&] {
    out += '1';
    CHECK(loop.on_thread());
    loop.post([&] { out += '3'; });
  });
  loop.post([&] { out += '2'; });
  CHECK(loop.poll(0) <= steady_now_ms());
  CHECK(out == "12");
  CHECK_FALSE(loop.on_thread());
  CHECK(loop.poll(0) == INT64_MAX);
  CHECK(out == "123");
}

TEST_CASE("a call that always posts itself does not hold the turn") {
  PollLoop loop;
  int runs = 0;
  std::function<void()> again = [&] { ++runs, loop.post(again); };
  loop.post(again);
  loop.poll(0), loop.poll(0);
  CHECK(runs == 2);
}

TEST_CASE("poll waits until its deadline, a timer, a post or wake") {
  PollLoop loop;
  std::int64_t start = steady_now_ms();
  loop.poll(start + 15);
  CHECK(steady_now_ms() >= start + 15);

  bool ran = false;
  const Timer t = loop.after(10, [&] { ran = true; });
  CHECK(loop.poll(0) > start);
  CHECK_FALSE(ran);
  loop.poll(INT64_MAX);
  CHECK(ran);

  std::thread poster([&] { loop.post([&] { ran = false; }); });
  loop.poll(INT64_MAX);
  poster.join();
  CHECK_FALSE(ran);

  std::thread waker([&] { loop.wake(); });
  CHECK(loop.poll(INT64_MAX - 1) == INT64_MAX);
  waker.join();
}

TEST_CASE("a loop that goes away destroys what waits, and a call may turn another loop") {
  const auto token = std::make_shared<int>(0);
  {
    PollLoop outer, inner;
    bool ran = false;
    inner.post([&] { ran = inner.on_thread() && !outer.on_thread(); });
    outer.post([&] {
      inner.poll(0);
      CHECK(outer.on_thread());
    });
    outer.poll(0);
    CHECK(ran);
    outer.post([token] {});
  }
  CHECK(token.use_count() == 1);
}

}  // namespace
}  // namespace fechatter
