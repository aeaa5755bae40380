#pragma once
#include <mutex>
#include "fechatter/ids.hpp"
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

/// UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 12 bits that count within a millisecond (method 1), then randomness.
/// Ids of one source ascend, also when the clock jumps back. Any thread.
class IdSource {
 public:
  IdSource(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  template <class I> I next() { return {make()}; }

 private:
  std::array<std::uint8_t, 16> make();

  Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::int64_t last_ms_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace fechatter
