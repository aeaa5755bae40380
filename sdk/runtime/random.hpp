#pragma once
#include <cstddef>
#include <cstdint>

namespace fechatter {

/// Randomness, handed in. The production one is cryptographic; the simulation's is seeded. Any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* bytes, std::size_t size) = 0;
  std::uint64_t next() {
    std::uint64_t n = 0;
    fill(&n, sizeof n);
    return n;
  }
  /// Uniform in [0, n); 0 for n == 0.
  std::uint64_t below(std::uint64_t n) {
    if (n == 0) return 0;
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;  // rejects the uneven rest
    for (;;)
      if (const std::uint64_t v = next(); v < limit) return v % n;
  }
};

}  // namespace fechatter
