#include "sdk/protocol/verdict.hpp"
#include <catch2/catch.hpp>
#include "sdk/protocol/rev_gate.hpp"

using namespace fechatter;

TEST_CASE("only our own server refuses, in a code that we know") {
  const std::string denied = R"({"error":{"code":"permission_denied","message":"no","retryable":false,"request_id":"r","new":1}})";
  CHECK(judge(201, "{}").verdict == Verdict::acknowledged);
  CHECK(judge(403, denied).verdict == Verdict::refused);
  CHECK(judge(403, denied).error.message == "no");
  CHECK(judge(403, "<html>proxy</html>").verdict == Verdict::retry);
  CHECK(judge(404, "").verdict == Verdict::retry);
  CHECK(judge(400, R"({"error":{"code":"from_the_future","message":"?"}})").verdict == Verdict::retry);
  CHECK(judge(502, denied).verdict == Verdict::retry);
  CHECK(judge(0, "").verdict == Verdict::retry);
  CHECK(judge(401, "").verdict == Verdict::unauthenticated);
  CHECK(judge(401, "").error.code == Code::unavailable);
  CHECK(judge(401, denied).error.code == Code::unavailable);
  CHECK(judge(401, R"({"error":{"code":"unauthenticated","message":"over"}})").error.code == Code::unauthenticated);
  const auto slow = judge(429, R"({"error":{"code":"rate_limited","message":"slow","retryable":true,"retry_after_ms":900}})");
  CHECK((slow.verdict == Verdict::retry && slow.error.retry_after_ms == 900 && slow.error.code == Code::rate_limited));
  const auto wait = [](const std::string& ms) {
    return judge(503, R"({"error":{"code":"unavailable","message":"m","retry_after_ms":)" + ms + "}}").error.retry_after_ms;
  };
  CHECK(wait("-9007199254740991") == 0);
  CHECK(wait("9007199254740991") == 3'600'000);
}

TEST_CASE("what our server can have said") {
  const auto ours = [](int status, const std::string& body) { return static_cast<bool>(said_by_us(judge(status, body), body)); };
  CHECK(ours(200, R"({"items":[]})"));
  CHECK(ours(201, "{}"));
  CHECK(ours(204, ""));
  CHECK_FALSE(ours(204, "{}"));
  for (const char* page : {"", "<html>please log in</html>", "[]", "\"ok\"", "{}<!-- -->", R"({"error":"log in first"})"}) CHECK_FALSE(ours(200, page));
  CHECK(said_by_us(judge(200, ""), "").error().code == Code::unavailable);
  CHECK_FALSE(ours(503, "{}"));
}

TEST_CASE("the rev rule") {
  CHECK(rev_step(0, 9) == RevStep::drop);
  CHECK(rev_step(0, -1) == RevStep::drop);
  CHECK(rev_step(10, 9) == RevStep::apply);
  CHECK(rev_step(9, 9) == RevStep::drop);
  CHECK(rev_step(11, 9) == RevStep::gap);
}
