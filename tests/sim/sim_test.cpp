// Worlds of the simulation as test cases. A seed that fails is repeated by `tests/sim/replay SEED`.
#include <catch2/catch.hpp>
#include "tests/sim/scenario.hpp"

namespace fechatter::sim {
namespace {

void run_seeds(std::uint64_t from, std::uint64_t to) {
  std::int64_t acknowledged = 0, ends = 0;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    const Verdict v = run_scenario(seed);
    acknowledged += v.acknowledged, ends += v.server_ends + v.device_ends;
    for (const std::string& f : v.findings) FAIL_CHECK("seed " << seed << " (tests/sim/replay " << seed << "): " << f);
  }
  CHECK(acknowledged > 0);  // the worlds were alive
  CHECK(ends > 0);
}

}  // namespace

TEST_CASE("the same seed gives the same run") {
  for (std::uint64_t seed = 1001; seed <= 1010; ++seed) {
    const Verdict first = run_scenario(seed), again = run_scenario(seed);
    CHECK(first.trace == again.trace);
    CHECK(first.steps == again.steps);
  }
}

TEST_CASE("the invariants hold, seeds 1 to 150", "[.][first]") { run_seeds(1, 150); }
TEST_CASE("the invariants hold, seeds 151 to 300", "[.][second]") { run_seeds(151, 300); }

}  // namespace fechatter::sim
