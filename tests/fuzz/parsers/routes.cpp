// A request line: method, path and query into a route and its arguments. What cannot be taken is refused as a 4xx in whole JSON.
#include <nlohmann/json.hpp>
#include "sdk/describe/text.hpp"
#include "sdk/service/routes/router.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
std::string_view until(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}
void check_refusal(const Error& e) {
  const ApiReply reply = refuse(e, "request");
  HOLDS(reply.status >= 400 && reply.status < 500);
  HOLDS(valid_utf8(reply.body));
  HOLDS(nlohmann::json::accept(reply.body));
  HOLDS(reply.body.starts_with("{\"error\":{\"code\":\"" + std::string(code_name(e.code)) + '"'));
}
void check_escapes(std::string_view text) {
  const auto decoded = percent_decode(text);
  if (!decoded) return HOLDS(text.find('%') != text.npos);
  HOLDS(decoded->size() <= text.size());
  if (text.find('%') == text.npos) HOLDS(*decoded == text);
  std::string again;
  for (const unsigned char c : *decoded) again += '%', again += "0123456789ABCDEF"[c >> 4], again += "0123456789abcdef"[c & 15];
  HOLDS(percent_decode(again) == decoded);
}
}  // namespace

// "GET /api/v1/chats/…?limit=5\nbody"
FUZZ_TARGET(routes) {
  static const Router router;
  check_escapes(bytes);
  std::string_view rest = bytes;
  std::string_view line = until(rest, '\n');
  ApiRequest request;
  request.method = until(line, ' '), request.path = until(line, '?'), request.query = line, request.body = rest;
  const auto match = router.match(request.method, request.path);
  if (!match) return check_refusal(match.error());
  Page page;
  const auto arguments = read_arguments(*match, request, page);
  if (!arguments) return check_refusal(arguments.error());
  HOLDS(page.limit >= 1 && page.limit <= 200);
  std::string json;
  write_json(match->target.params(), arguments->get(), json);
  HOLDS(valid_utf8(json) && nlohmann::json::accept(json));
}
