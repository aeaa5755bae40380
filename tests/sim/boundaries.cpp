#include "tests/sim/boundaries.hpp"
#include "tests/sim/scenario.hpp"

namespace fechatter::sim {
namespace {

void run_ends(std::uint64_t seed, std::int64_t stride, std::optional<std::size_t> device, std::int64_t commits, Boundaries& all) {
  for (std::int64_t n = 1; n <= commits; n += stride) {
    const bool power = n / stride % 2 == 0;
    Story story;
    story.brief = true, story.end = Story::End{device, n, power};
    const Verdict v = run_scenario(seed, story);
    ++all.runs;
    const std::string who = device ? "device " + std::to_string(*device) : "the server";
    if (v.server_ends + v.device_ends == 0) all.findings.push_back("seed " + std::to_string(seed) + ": " + who + " did not end at commit " + std::to_string(n));
    for (const std::string& f : v.findings)
      all.findings.push_back("seed " + std::to_string(seed) + ", " + who + (power ? " loses power" : " is killed") + " after commit " + std::to_string(n) +
                             ": " + f);
  }
}

}  // namespace

Boundaries run_boundaries(std::uint64_t seed, std::int64_t stride) {
  Boundaries all;
  Story story;
  story.brief = true;
  const Verdict whole = run_scenario(seed, story);
  for (const std::string& f : whole.findings) all.findings.push_back("seed " + std::to_string(seed) + ", brief: " + f);
  run_ends(seed, stride, std::nullopt, whole.server_commits, all);
  for (std::size_t d = 0; d < whole.device_commits.size(); ++d) run_ends(seed, stride, d, whole.device_commits[d], all);
  return all;
}

}  // namespace fechatter::sim
