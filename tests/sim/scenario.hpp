// One run of the simulation: people, devices and a server in bad weather; then everything heals, and must agree.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "tests/sim/sights/sights.hpp"

namespace fechatter::sim {

struct Verdict {
  std::vector<std::string> findings;  ///< empty: all invariants held
  std::uint64_t trace = 0;            ///< equal for equal runs
  std::uint64_t steps = 0;
  std::int64_t simulated_ms = 0;
  std::int64_t acknowledged = 0, deliveries = 0, events = 0, written = 0;
  std::int64_t server_ends = 0, device_ends = 0;
  std::int64_t server_commits = 0;                ///< of a brief world: its boundaries
  std::vector<std::int64_t> device_commits = {};
  Sights sights = {};
};

struct Story {
  bool on = false;                         ///< prints what happens to the machines
  std::optional<std::size_t> device = {};  ///< and what is sent to this device
  /// The server's disk only says that it flushes: a world that must be found to break its promises.
  bool forgetful_disk = false;
  /// A few seconds in fair weather, where nothing ends but what `end` says.
  bool brief = false;
  /// The process that ends right after its n-th commit (from 1), and whether by a loss of power.
  struct End {
    std::optional<std::size_t> device;     ///< none: the server
    std::int64_t commit = 0;
    bool power = false;
  };
  std::optional<End> end = {};
};
/// Everything in a run follows from its seed.
Verdict run_scenario(std::uint64_t seed, Story story = {});

}  // namespace fechatter::sim
