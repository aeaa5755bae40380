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

struct Story {
  bool on = false;                         ///< prints what happens to the machines
  std::optional<std::size_t> device = {};  ///< and what is sent to this device
  /// The server's disk only says that it flushes: a world that must be found to break its promises.
  bool forgetful_disk = false;
};
/// Everything in a run follows from its seed.
Verdict run_scenario(std::uint64_t seed, Story story = {});

}  // namespace fechatter::sim
