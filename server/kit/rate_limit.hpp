#pragma once
#include <list>
#include <string>
#include <unordered_map>
#include "server/kit/config.hpp"

namespace fechatter::kit {

/// A token bucket for each caller who used some lately, at most `kKeys` of them: the one seen longest ago is forgotten (and with it its
/// debt).
class RateLimiter {
 public:
  static constexpr std::size_t kKeys = 100'000;
  explicit RateLimiter(Rate rate) : rate_(rate) {}
  /// rate_limited with retry_after_ms when nothing is left.
  Result<Done> take(const std::string& key, std::int64_t steady_ms);
  std::size_t callers() const { return recent_.size(); }
  std::uint64_t refused() const { return refused_; }
  const Rate& rate() const { return rate_; }

 private:
  void forget_rested(std::int64_t now);
  struct Bucket {
    std::string key;
    double tokens = 0;
    std::int64_t at = 0;
  };
  Rate rate_;
  std::uint64_t refused_ = 0;
  std::list<Bucket> recent_;  // front: the latest
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;
};

/// Whose bucket that is: a person's id or an IPv4 address as it is, an IPv6 one as its /64.
std::string caller_key(std::string_view who);

/// One limiter for each kind of request: "login", "write", "read", "stream".
class RateLimits {
 public:
  explicit RateLimits(const Config& c) : login_(c.login), write_(c.write), read_(c.read), stream_(c.stream) {}
  Result<Done> take(std::string_view kind, std::string_view who, std::int64_t steady_ms);
  /// `f(kind, limiter)`
  template <class F> void each(F f) const { f("login", login_), f("write", write_), f("read", read_), f("stream", stream_); }

 private:
  RateLimiter login_, write_, read_, stream_;
};

}  // namespace fechatter::kit
