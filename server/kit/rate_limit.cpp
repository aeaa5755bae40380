#include "server/kit/rate_limit.hpp"
#include <algorithm>
#include <cmath>

namespace fechatter::kit {

Result<Done> RateLimiter::take(const std::string& key, std::int64_t now) {
  auto it = by_key_.find(key);
  if (it == by_key_.end()) {
    if (recent_.size() >= kKeys) by_key_.erase(recent_.back().key), recent_.pop_back();
    recent_.push_front({key, rate_.burst, now});
    it = by_key_.emplace(key, recent_.begin()).first;
  } else {
    recent_.splice(recent_.begin(), recent_, it->second);
  }
  Bucket& b = *it->second;
  b.tokens = std::min(rate_.burst, b.tokens + static_cast<double>(now - b.at) * rate_.per_second / 1000.0);
  b.at = now;
  if (b.tokens < 1) {
    const int wait = static_cast<int>(std::ceil((1 - b.tokens) * 1000.0 / rate_.per_second));
    return Error{Code::rate_limited, "too many requests", {}, std::max(wait, 1)};
  }
  b.tokens -= 1;
  return Done{};
}

Result<Done> RateLimits::take(std::string_view kind, std::string_view who, std::int64_t now) {
  RateLimiter& limiter = kind == "login" ? login_ : kind == "write" ? write_ : kind == "stream" ? stream_ : read_;
  return limiter.take(std::string(who), now);
}

}  // namespace fechatter::kit
