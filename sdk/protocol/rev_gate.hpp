// A chat's events are dense: the next one is applied, an old one is dropped, a later one shows that something is missing.
#pragma once
#include <cstdint>

namespace fechatter {

enum class RevStep : std::uint8_t { apply, drop, gap };

/// rev 0 belongs to no history: always applied.
constexpr RevStep rev_step(std::int64_t rev, std::int64_t applied) {
  if (rev == 0 || rev == applied + 1) return RevStep::apply;
  return rev <= applied ? RevStep::drop : RevStep::gap;
}

}  // namespace fechatter
