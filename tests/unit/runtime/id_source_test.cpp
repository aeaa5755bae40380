#include "sdk/runtime/id_source.hpp"
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include "sdk/runtime/system.hpp"

namespace fechatter {
namespace {

struct SetClock : Clock {
  Time now() override { return {ms}; }
  std::int64_t steady_ms() override { return ms; }
  std::int64_t ms = 1'700'000'000'000;
};
std::int64_t millis_of(const AnyId& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
  return ms;
}

TEST_CASE("an id has the version, the variant and the time of RFC 9562") {
  SetClock clock;
  SystemRandom random;
  IdSource ids(clock, random);
  const auto id = ids.next<AnyId>();
  CHECK(millis_of(id) == clock.ms);
  CHECK(id.bytes[6] >> 4 == 7);
  CHECK(id.bytes[8] >> 6 == 2);
  CHECK(id.str()[14] == '7');
}

TEST_CASE("ids ascend within a millisecond, past its end and when the clock jumps back") {
  SetClock clock;
  SystemRandom random;
  IdSource ids(clock, random);
  AnyId last;
  for (int i = 0; i < 20000; ++i) {
    if (i == 10000) clock.ms -= 3'600'000;
    const auto id = ids.next<AnyId>();
    REQUIRE(last < id);
    last = id;
  }
  CHECK(millis_of(last) < 1'700'000'000'000 + 20);  // borrowed a few milliseconds, not more
  clock.ms += 7'200'000;
  CHECK(millis_of(ids.next<AnyId>()) == clock.ms);
}

TEST_CASE("several threads never get the same id") {
  SystemClock clock;
  SystemRandom random;
  IdSource ids(clock, random);
  std::vector<AnyId> made[4];
  std::vector<std::thread> threads;
  for (auto& list : made)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) list.push_back(ids.next<AnyId>());
    });
  for (auto& t : threads) t.join();
  std::set<AnyId> all;
  for (const auto& list : made) {
    CHECK(std::is_sorted(list.begin(), list.end()));
    all.insert(list.begin(), list.end());
  }
  CHECK(all.size() == 20000);
}

TEST_CASE("below is within its bounds and reaches them") {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(5));
  CHECK(seen == std::set<std::uint64_t>{0, 1, 2, 3, 4});
  CHECK(random.below(0) == 0);
  CHECK(random.below(1) == 0);
}

}  // namespace
}  // namespace fechatter
