#include "server/kit/rate_limit.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;
using namespace fechatter::kit;

TEST_CASE("a burst at once, then the rate") {
  RateLimiter limiter({10, 3});
  for (int i = 0; i < 3; ++i) CHECK(limiter.take("a", 1000));
  const auto refused = limiter.take("a", 1000);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::rate_limited);
  CHECK(refused.error().retry_after_ms == 100);
  CHECK_FALSE(limiter.take("a", 1099));
  CHECK(limiter.take("a", 1100));
  CHECK_FALSE(limiter.take("a", 1100));
  CHECK(limiter.take("b", 1100));
}

TEST_CASE("refused calls cost nothing, and rest restores no more than the burst") {
  RateLimiter limiter({1, 2});
  for (int i = 0; i < 2; ++i) CHECK(limiter.take("a", 0));
  for (int i = 1; i < 1000; ++i) CHECK_FALSE(limiter.take("a", i));
  CHECK(limiter.take("a", 1000));
  CHECK(limiter.take("a", 1'000'000));
  CHECK(limiter.take("a", 1'000'000));
  CHECK_FALSE(limiter.take("a", 1'000'000));
}

TEST_CASE("waiting as long as told is enough, for odd rates too") {
  for (const double rate : {0.3, 1.7, 3.0, 7.0, 333.3}) {
    RateLimiter limiter({rate, 1});
    std::int64_t now = 0;
    REQUIRE(limiter.take("a", now));
    for (int i = 0; i < 50; ++i) {
      const auto refused = limiter.take("a", now);
      REQUIRE(!refused);
      now += refused.error().retry_after_ms;
      REQUIRE(limiter.take("a", now));
    }
  }
}

TEST_CASE("the number of callers remembered is bounded: the one seen longest ago is forgotten") {
  RateLimiter limiter({0.001, 1});
  CHECK(limiter.take("first", 0));
  CHECK(limiter.take("second", 0));
  for (std::size_t i = 0; i < RateLimiter::kKeys - 2; ++i) REQUIRE(limiter.take(std::to_string(i), 0));
  CHECK_FALSE(limiter.take("first", 0));  // seen just now: "second" is the oldest
  CHECK(limiter.take("one more", 0));
  CHECK_FALSE(limiter.take("first", 0));
  CHECK(limiter.take("second", 0));
}

TEST_CASE("who has rested is forgotten, who has not is remembered") {
  RateLimiter limiter({10, 2});
  for (int i = 0; i < 100; ++i) CHECK(limiter.take(std::to_string(i), 0));
  CHECK(limiter.callers() == 100);
  CHECK(limiter.take("busy", 100));
  CHECK(limiter.take("busy", 100));
  for (int i = 0; i < 60; ++i) (void)limiter.take("busy", 101);
  CHECK(limiter.callers() == 1);
  CHECK_FALSE(limiter.take("busy", 102));
}

TEST_CASE("each kind of request has its own limit") {
  Config c;
  c.login = {1, 1}, c.write = {1, 2};
  RateLimits limits(c);
  CHECK(limits.take("login", "a", 0));
  CHECK_FALSE(limits.take("login", "a", 0));
  for (int i = 0; i < 2; ++i) CHECK(limits.take("write", "a", 0));
  CHECK_FALSE(limits.take("write", "a", 0));
  CHECK(limits.take("read", "a", 0));
}

TEST_CASE("an IPv6 caller is their /64, an IPv4 one their address however it is written") {
  CHECK(caller_key("2001:db8:1:2::1") == caller_key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(caller_key("2001:db8:1:2::1") != caller_key("2001:db8:1:3::1"));
  CHECK(caller_key("fe80::1%eth0") == caller_key("fe80::2%lo"));
  CHECK(caller_key("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(caller_key("::ffff:192.0.2.1") != caller_key("::ffff:192.0.2.2"));
  CHECK(caller_key("192.0.2.1") == "192.0.2.1");
  CHECK(caller_key("0190a5d4-0000-7000-8000-000000000001") == "0190a5d4-0000-7000-8000-000000000001");
  CHECK(caller_key("") == "");
  Config c;
  c.login = {1, 2};
  RateLimits limits(c);
  CHECK((limits.take("login", "2001:db8::1", 0) && limits.take("login", "2001:db8::2", 0)));
  CHECK_FALSE(limits.take("login", "2001:db8::3", 0));
  CHECK(limits.take("login", "2001:db8:0:1::3", 0));
}

TEST_CASE("who is told to wait is told a time that fits, however small the rate") {
  RateLimiter limiter({1e-300, 1});
  REQUIRE(limiter.take("a", 0));
  const auto refused = limiter.take("a", 0);
  REQUIRE(!refused);
  CHECK(refused.error().retry_after_ms == 24 * 3600 * 1000);
}
