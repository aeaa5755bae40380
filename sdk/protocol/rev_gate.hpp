// A chat's events are dense: the next one is applied, an old one is dropped, a later one shows that something is missing.
#pragma once
#include <cstdint>

namespace fechatter {

enum class RevStep : std::uint8_t { apply, drop, gap };

/// Revs begin at 1: what says less belongs to no history.
constexpr RevStep rev_step(std::int64_t rev, std::int64_t applied) {
  if (rev < 1 || rev <= applied) return RevStep::drop;
  return rev == applied + 1 ? RevStep::apply : RevStep::gap;
}

}  // namespace fechatter
