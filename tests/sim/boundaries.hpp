// A brief world, once for each of its commits: right behind it the process ends, before anybody has been told.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fechatter::sim {

struct Boundaries {
  std::int64_t runs = 0;
  std::vector<std::string> findings;
};
/// Of the server and of every device, killed and without power in turn; of these boundaries each `stride`-th.
Boundaries run_boundaries(std::uint64_t seed, std::int64_t stride);

}  // namespace fechatter::sim
