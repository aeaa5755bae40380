#include "sdk/protocol/verdict.hpp"
#include <algorithm>
#include "sdk/describe/json.hpp"

namespace fechatter {
namespace {
std::optional<WireError> wire_error(std::string_view body) {
  WireErrorBody parsed;
  if (body.size() > 65536 || read_json(body, type_of<WireErrorBody>, &parsed, Reading::tolerant)) return std::nullopt;
  return parsed.error;
}
}  // namespace

Judgement judge(int status, std::string_view body) {
  if (status >= 200 && status < 300) return {Verdict::acknowledged, {}, status};
  if (status == 0) return {Verdict::retry, {Code::unavailable, "the server cannot be reached"}};
  const auto ours = wire_error(body);
  const auto code = ours ? code_named(ours->code) : std::nullopt;
  Judgement j{Verdict::retry, {Code::unavailable, "the server answered " + std::to_string(status)}, status};
  if (ours) {
    if (!ours->message.empty()) j.error.message = ours->message;
    j.error.field = ours->field.value_or("");
    j.error.retry_after_ms = static_cast<int>(std::clamp<std::int64_t>(ours->retry_after_ms.value_or(0), 0, 3'600'000));
  }
  if (code) j.error.code = *code;
  if (status == 401) j.verdict = Verdict::unauthenticated, j.error.code = code == Code::unauthenticated ? *code : Code::unavailable;
  else if (code && code_status(*code) == status && !code_retryable(*code)) j.verdict = Verdict::refused;
  return j;
}

Error not_ours() { return {Code::unavailable, "not an answer of this server"}; }
Result<Done> said_by_us(const Judgement& j, std::string_view body) {
  if (j.verdict != Verdict::acknowledged) return j.error;
  WireErrorBody any;  // an object
  if (says_done(j, body) || (j.status != 204 && !read_json(body, any, Reading::tolerant))) return Done{};
  return not_ours();
}
bool says_done(const Judgement& j, std::string_view body) { return j.verdict == Verdict::acknowledged && j.status == 204 && body.empty(); }

}  // namespace fechatter
