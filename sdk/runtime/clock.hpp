#pragma once
#include "fechatter/ids.hpp"

namespace fechatter {

/// Time, handed in. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// UTC. May jump, also backwards.
  virtual Time now() = 0;
  /// Milliseconds from an arbitrary start; never decreases.
  virtual std::int64_t steady_ms() = 0;
};

}  // namespace fechatter
