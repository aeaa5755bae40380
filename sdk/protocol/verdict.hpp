// What an answer to a queued change means. A change is given up only when our own server said so in a code that we know.
#pragma once
#include <optional>
#include <string>
#include "fechatter/result.hpp"
#include "sdk/describe/describe.hpp"

namespace fechatter {

struct WireError {
  std::string code, message;
  std::optional<std::string> field;
  std::optional<bool> retryable;
  std::optional<std::int64_t> retry_after_ms;
};
struct WireErrorBody {
  std::optional<WireError> error;
};

enum class Verdict : std::uint8_t { acknowledged, refused, unauthenticated, retry };

/// status 0: no answer. `error` is what to show or to wait for; set unless acknowledged. Acknowledged is only what it looks like: whoever
/// asked must find the answer of our server in the body, or 204 and none, because a proxy's own page comes with a 200, too.
struct Judgement {
  Verdict verdict = Verdict::retry;
  Error error{};
  int status = 0;
};
/// unauthenticated with an error of another code: a 401 that is not our server's word. Only with its own does a session end.
Judgement judge(int status, std::string_view body);
/// The answer to what has no answer but that it is done.
bool says_done(const Judgement&, std::string_view body);
/// What our server can have answered, whatever was asked: that, or a JSON object; else why not. Whoever reads the object need not ask.
Result<Done> said_by_us(const Judgement&, std::string_view body);
Error not_ours();

}  // namespace fechatter

FECHATTER_RECORD(fechatter::WireError, "wire_error", FECHATTER_FIELD(code), FECHATTER_FIELD(message), FECHATTER_FIELD(field), FECHATTER_FIELD(retryable),
                 FECHATTER_FIELD(retry_after_ms));
FECHATTER_RECORD(fechatter::WireErrorBody, "wire_error_body", FECHATTER_FIELD(error));
