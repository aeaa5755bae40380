#include "tests/support/virtual_world.hpp"
#include <catch2/catch.hpp>

namespace fechatter::sim {
namespace {

// Three loops that post to each other and wait for lots: what a run does, as text.
std::string story(std::uint64_t seed, std::uint64_t* trace = nullptr) {
  World world(seed);
  std::vector<std::unique_ptr<VirtualLoop>> loops;
  for (const char* name : {"a", "b", "c"}) loops.push_back(world.loop(name));
  std::string out;
  std::vector<Timer> timers;
  std::function<void(std::size_t, int)> act = [&](std::size_t who, int left) {
    out += static_cast<char>('a' + who);
    if (left == 0) return;
    const std::size_t other = world.random().below(3);
    loops[other]->post([&, other, left] { act(other, left - 1); });
    timers.push_back(loops[who]->after(static_cast<std::int64_t>(world.random().below(4)), [&, who, left] { act(who, left - 1); }));
  };
  for (std::size_t i = 0; i < 3; ++i) loops[i]->post([&, i] { act(i, 4); });
  world.run_until(100);
  if (trace) *trace = world.trace();
  return out;
}

TEST_CASE("the same seed runs the same way, another one differently") {
  std::uint64_t first = 0, again = 0, other = 0;
  CHECK(story(7, &first) == story(7, &again));
  CHECK(first == again);
  CHECK(story(7) != story(8, &other));
  CHECK(first != other);
}

TEST_CASE("one loop keeps its order, two loops compete") {
  bool a_first = false, b_first = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed);
    const auto a = world.loop("a"), b = world.loop("b");
    std::string out;
    a->post([&] { out += '1'; });
    b->post([&] { out += 'x'; });
    a->post([&] { out += '2'; });
    const Timer t = a->after(0, [&] { out += '3'; });
    world.run_until(0);
    CHECK(out.find('1') < out.find('2'));
    CHECK(out.find('2') < out.find('3'));
    a_first |= out.front() == '1', b_first |= out.front() == 'x';
  }
  CHECK(a_first);
  CHECK(b_first);
}

TEST_CASE("time moves to what is due, and only as far as asked") {
  World world(1);
  const auto loop = world.loop("loop");
  VirtualClock clock(world), wrong(world, -5000);
  std::vector<std::int64_t> at;
  const Timer late = loop->after(1000, [&] { at.push_back(clock.steady_ms()); });
  const Timer soon = loop->after(10, [&] { at.push_back(clock.steady_ms()); });
  world.run_until(500);
  CHECK(at == std::vector<std::int64_t>{10});
  CHECK(world.now_ms() == 500);
  CHECK(clock.now().ms - wrong.now().ms == 5000);
  world.run_for(500);
  CHECK(at == std::vector<std::int64_t>{10, 1000});
  CHECK_FALSE(world.step());
  wrong.set_skew(20);
  CHECK(wrong.now().ms - clock.now().ms == 20);
}

TEST_CASE("a dropped timer never runs, also when a call of the same moment drops it") {
  World world(3);
  const auto loop = world.loop("loop");
  int runs = 0;
  Timer dropped = loop->after(5, [&] { ++runs; });
  dropped.reset();
  Timer victim;
  loop->post([&] { victim.reset(); });
  victim = loop->after(0, [&] { ++runs; });
  world.run_until(10);
  CHECK(runs == 0);
}

TEST_CASE("a stalled loop runs late, a stopped one not at all") {
  World world(1);
  auto slow = world.loop("slow"), gone = world.loop("gone");
  std::int64_t at = -1;
  bool ran = false;
  const auto token = std::make_shared<int>(0);
  slow->post([&] { at = world.now_ms(); });
  slow->stall(70);
  gone->post([&ran, token] { ran = true; });
  const Timer t = gone->after(5, [&ran, token] { ran = true; });
  CHECK(token.use_count() == 3);
  gone->stop();
  CHECK(token.use_count() == 1);
  gone->post([&] { ran = true; });
  world.run_until(100);
  CHECK(at == 70);
  CHECK_FALSE(ran);
}

TEST_CASE("on_thread is true for the loop that runs, and for no other") {
  World world(1);
  const auto a = world.loop("a"), b = world.loop("b");
  CHECK_FALSE(a->on_thread());
  a->post([&] {
    CHECK(a->on_thread());
    CHECK_FALSE(b->on_thread());
  });
  world.run_until(1);
}

TEST_CASE("a run that makes no progress is told, not waited for") {
  World world(1);
  const auto loop = world.loop("loop");
  std::function<void()> again = [&] { loop->post(again); };
  loop->post(again);
  CHECK_THROWS_AS(world.run_until(10), std::logic_error);
}

TEST_CASE("run_to stops at the condition or at the limit") {
  World world(1);
  const auto loop = world.loop("loop");
  bool done = false;
  const Timer t = loop->after(30, [&] { done = true; });
  CHECK_FALSE(world.run_to([&] { return done; }, 20));
  CHECK(world.now_ms() == 20);
  CHECK(world.run_to([&] { return done; }, 100));
  CHECK(world.now_ms() == 30);
}

TEST_CASE("a loop may outlive its world") {
  auto world = std::make_unique<World>(1);
  const auto loop = world->loop("loop");
  const Timer before = loop->after(1, [] {});
  world.reset();
  loop->post([] {});
  CHECK_FALSE(loop->after(1, [] {}));
  CHECK_FALSE(loop->on_thread());
}

}  // namespace
}  // namespace fechatter::sim
