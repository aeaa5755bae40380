// Runs chosen seeds of the simulation and says what was found. Exit code: 0 nothing, 1 something, 2 usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include "tests/sim/scenario.hpp"

int main(int argc, char** argv) {
  std::uint64_t seed = 1, count = 1;
  fechatter::sim::Story story;
  std::size_t device = 0;
  CLI::App app("the simulation, from chosen seeds", "sim_replay");
  app.add_option("seed,--seed", seed, "the first seed")->required();
  app.add_option("--seeds", count, "how many, one after the other");
  app.add_flag("--story", story.on, "print what happens to the machines");
  const auto* told = app.add_option("--device", device, "and what the server sends to this device");
  CLI11_PARSE(app, argc, argv);
  if (told->count() > 0) story.device = device, story.on = true;
  std::uint64_t failed = 0;
  std::int64_t acknowledged = 0, deliveries = 0, ends = 0, ms = 0;
  for (std::uint64_t s = seed; s < seed + count; ++s) {
    const auto v = fechatter::sim::run_scenario(s, story);
    acknowledged += v.acknowledged, deliveries += v.deliveries, ends += v.server_ends + v.device_ends, ms += v.simulated_ms;
    failed += !v.findings.empty();
    for (const auto& f : v.findings) std::printf("seed %llu: %s\n", static_cast<unsigned long long>(s), f.c_str());
    if (count == 1)
      std::printf("seed %llu: %lld written, %lld acknowledged, %lld events, trace %016llx\n", static_cast<unsigned long long>(s),
                  static_cast<long long>(v.written), static_cast<long long>(v.acknowledged), static_cast<long long>(v.events),
                  static_cast<unsigned long long>(v.trace));
    std::fflush(stdout);
  }
  std::printf("%llu seeds, %lld s simulated, %lld acknowledged, %lld deliveries, %lld processes ended: %llu failed\n", static_cast<unsigned long long>(count),
              static_cast<long long>(ms / 1000), static_cast<long long>(acknowledged), static_cast<long long>(deliveries), static_cast<long long>(ends),
              static_cast<unsigned long long>(failed));
  return failed ? 1 : 0;
}
