// One run of the simulation: people, devices and a server in bad weather; then everything heals, and must agree.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fechatter::sim {

struct Verdict {
  std::vector<std::string> findings;  ///< empty: all invariants held
  std::uint64_t trace = 0;            ///< equal for equal runs
  std::uint64_t steps = 0;
  std::int64_t simulated_ms = 0;
  std::int64_t acknowledged = 0, deliveries = 0, events = 0, written = 0;
  std::int64_t server_ends = 0, device_ends = 0;
};

/// Everything in a run follows from its seed. `story`: prints what happens to the machines, and what is sent to one
/// device.
struct Story {
  bool on = false;
  std::optional<std::size_t> device = {};
};
Verdict run_scenario(std::uint64_t seed, Story story = {});

}  // namespace fechatter::sim
