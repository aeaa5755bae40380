// How long to wait before trying again: full jitter, so that clients which fail together do not come back together.
#pragma once
#include <algorithm>
#include <cstdint>

namespace fechatter {

class Backoff {
 public:
  struct Rule {
    std::int64_t first_ms = 1000;  ///< the bound of the first wait
    std::int64_t cap_ms = 30000;
  };
  Backoff() = default;
  explicit Backoff(Rule rule) : rule_(rule) {}

  /// The upper bound of the next wait. The caller draws from [0, bound] and waits at least what the server asked for.
  std::int64_t next_bound() {
    const std::int64_t bound = std::min(rule_.cap_ms, rule_.first_ms << std::min(failures_, 20));
    ++failures_;
    return bound;
  }
  int failures() const { return failures_; }
  void reset() { failures_ = 0; }

 private:
  Rule rule_;
  int failures_ = 0;
};

}  // namespace fechatter
