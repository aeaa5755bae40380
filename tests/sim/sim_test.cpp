// Worlds of the simulation as test cases. A seed that fails is repeated by `tests/sim/replay SEED`.
#include <catch2/catch.hpp>
#include <cstdio>
#include "tests/sim/boundaries.hpp"
#include "tests/sim/scenario.hpp"

namespace fechatter::sim {
namespace {

void run_seeds(std::uint64_t from, std::uint64_t to) {
  std::int64_t acknowledged = 0, ends = 0;
  Sights sights;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed)), std::fflush(stdout);  // the last one printed is the one that crashed
    const Verdict v = run_scenario(seed);
    acknowledged += v.acknowledged, ends += v.server_ends + v.device_ends;
    sights.add(v.sights);
    for (const std::string& f : v.findings) FAIL_CHECK("seed " << seed << " (tests/sim/replay " << seed << "): " << f);
  }
  CHECK(acknowledged > 0);  // the worlds were alive
  CHECK(ends > 0);
  for (const std::string& name : unseen(common_sights(), sights)) FAIL_CHECK("never visited: " << name);
}

}  // namespace

TEST_CASE("the same seed gives the same run") {
  for (std::uint64_t seed = 1001; seed <= 1010; ++seed) {
    const Verdict first = run_scenario(seed), again = run_scenario(seed);
    CHECK(first.trace == again.trace);
    CHECK(first.steps == again.steps);
    CHECK(first.sights.counts() == again.sights.counts());
  }
}

// The judge is judged: a server whose disk only says that it flushed loses what it acknowledged.
TEST_CASE("a disk that forgets what was flushed is found out") {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 40 && found == 0; ++seed) found += run_scenario(seed, {.forgetful_disk = true}).findings.size();
  CHECK(found > 0);
}

// And the list is: what no world can visit would be found to be missing.
TEST_CASE("what was not visited is named") {
  Sights some;
  some.see("one"), some.see("two", 3);
  CHECK(unseen({"one", "two", "three"}, some) == std::vector<std::string>{"three"});
  CHECK(unseen(common_sights(), some).size() == common_sights().size());
}

TEST_CASE("a process that ends right after a commit, each in turn") {
  const Boundaries all = run_boundaries(1, 5);
  CHECK(all.runs > 20);
  for (const std::string& f : all.findings) FAIL_CHECK(f);
}

TEST_CASE("the invariants hold, seeds 1 to 150", "[.][first]") { run_seeds(1, 150); }
TEST_CASE("the invariants hold, seeds 151 to 300", "[.][second]") { run_seeds(151, 300); }

}  // namespace fechatter::sim
