#include "server/kit/rate_limit.hpp"
#include <algorithm>
#include <cmath>

namespace fechatter::kit {

Result<Done> RateLimiter::take(const std::string& key, std::int64_t now) {
  forget_rested(now);
  auto it = by_key_.find(key);
  if (it == by_key_.end()) {
    if (recent_.size() >= kKeys) by_key_.erase(recent_.back().key), recent_.pop_back();
    recent_.push_front({key, rate_.burst, now});
    it = by_key_.emplace(recent_.front().key, recent_.begin()).first;
  } else {
    recent_.splice(recent_.begin(), recent_, it->second);
  }
  Bucket& b = *it->second;
  b.tokens = std::min(rate_.burst, b.tokens + static_cast<double>(now - b.at) * rate_.per_second / 1000.0);
  b.at = now;
  if (b.tokens < 1) {
    ++refused_;
    const int wait = static_cast<int>(std::ceil((1 - b.tokens) * 1000.0 / rate_.per_second));
    return Error{Code::rate_limited, "too many requests", {}, std::max(wait, 1)};
  }
  b.tokens -= 1;
  return Done{};
}

// A bucket that is full again says nothing that a new one would not say.
void RateLimiter::forget_rested(std::int64_t now) {
  for (int i = 0; i < 2 && !recent_.empty(); ++i) {
    const Bucket& b = recent_.back();
    if (b.tokens + static_cast<double>(now - b.at) * rate_.per_second / 1000.0 < rate_.burst) return;
    by_key_.erase(b.key), recent_.pop_back();
  }
}

Result<Done> RateLimits::take(std::string_view kind, std::string_view who, std::int64_t now) {
  RateLimiter& limiter = kind == "login" ? login_ : kind == "write" ? write_ : kind == "stream" ? stream_ : read_;
  return limiter.take(std::string(who), now);
}

}  // namespace fechatter::kit
