// A store that cannot be read for a moment refuses nobody for good.
#include <catch2/catch.hpp>
#include "sdk/service/routes/call.hpp"
#include "tests/unit/service/account_world.hpp"

using namespace fechatter;
using namespace fechatter::account_test;

TEST_CASE("a row that could not be read makes no password wrong and ends no session") {
  World w;
  const auto who = w.person();
  w.reads_fail = true;
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "unavailable");
  CHECK(verdict(w.login("ann@example.org", "wrong horse")) == "unavailable");
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple")) == "unavailable");
  CHECK(w.failures.empty());
  const std::string key = "0192f0c1-2d3e-7a4b-8c5d-6e7f8091a2b3";
  CHECK(verdict(w.refresh(who.refresh_token, key)) == "unavailable");
  w.reads_fail = false;
  CHECK(verdict(w.refresh(who.refresh_token, key)) == "done");
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "done");
  CHECK(w.ends().empty());
}

TEST_CASE("how the store failed is not said to callers") {
  for (const Code code : {Code::locked, Code::corrupt}) {
    const ApiReply reply = refuse({code, "database: /var/lib/fechatter/server.db is malformed", {}}, "r1");
    CHECK(reply.status == 503);
    CHECK(reply.retry_after_ms > 0);
    CHECK(reply.body.find("\"unavailable\"") != std::string::npos);
    CHECK(reply.body.find("server.db") == std::string::npos);
  }
}
