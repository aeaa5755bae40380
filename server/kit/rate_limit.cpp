#include "server/kit/rate_limit.hpp"
#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace fechatter::kit {
namespace {
constexpr double kLongestMs = 24 * 3600 * 1000.0;  // that a caller is told to wait, however small the rate
}

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
    const double wait = std::ceil((1 - b.tokens) * 1000.0 / rate_.per_second);
    return Error{Code::rate_limited, "too many requests", {}, static_cast<int>(std::clamp(wait, 1.0, kLongestMs))};
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

// Who has an IPv6 address has at least 2^64 of them. An IPv4 one stays itself, also where IPv6 carries it.
std::string caller_key(std::string_view who) {
  std::array<unsigned char, 16> address{};
  const std::string text(who.substr(0, who.find('%')));  // without the interface
  if (text.find(':') == text.npos || ::inet_pton(AF_INET6, text.c_str(), address.data()) != 1) return std::string(who);
  constexpr unsigned char kCarriesIPv4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool v4 = std::memcmp(address.data(), kCarriesIPv4, sizeof kCarriesIPv4) == 0;
  if (!v4) std::fill(address.begin() + 8, address.end(), static_cast<unsigned char>(0));
  char out[INET6_ADDRSTRLEN]{};
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? sizeof kCarriesIPv4 : 0), out, sizeof out);
  return v4 ? out : std::string(out) + "/64";
}

Result<Done> RateLimits::take(std::string_view kind, std::string_view who, std::int64_t now) {
  RateLimiter& limiter = kind == "login" ? login_ : kind == "write" ? write_ : kind == "stream" ? stream_ : read_;
  return limiter.take(caller_key(who), now);
}

}  // namespace fechatter::kit
