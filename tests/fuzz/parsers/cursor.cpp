// Cursors, ids, times, streams' names, errors of the wire: small texts that peers send, each read into one value and written from it.
#include "sdk/protocol/cursor.hpp"
#include "sdk/core/event.hpp"
#include "sdk/describe/text.hpp"
#include "sdk/protocol/verdict.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
void check_cursor_text(std::string_view text) {
  const auto c = decode_cursor(text);
  if (!c) return;
  HOLDS(c->base >= 0 && c->target >= 0 && (!c->after || !c->finished()));
  HOLDS(decode_cursor(encode_cursor(*c)) == c);
}
void check_cursor(fuzz::Input in) {
  Cursor c;
  for (auto& b : c.epoch.bytes) b = in.byte();
  c.base = in.number() & INT64_MAX, c.check = in.word(), c.target = in.number() & INT64_MAX;
  if (c.target > 0 && in.coin()) c.after.emplace().bytes[0] = in.byte();
  const std::string text = encode_cursor(c);
  HOLDS(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == text.npos);
  HOLDS(decode_cursor(text) == c);
}
void check_base64(std::string_view bytes) {
  HOLDS(from_base64url(base64url(bytes)) == std::string(bytes));
  if (const auto out = from_base64url(bytes)) HOLDS(out->size() == bytes.size() * 6 / 8);
}
void check_scalars(std::string_view text) {
  if (const auto id = AnyId::parse(text)) HOLDS(id->str() == text);
  if (const auto stream = parse_stream(text)) HOLDS(stream_text(*stream) == text);
  std::int64_t ms = 0, again = 0;
  if (!parse_time(text, ms)) return;
  std::string out;
  append_time(ms, out);
  HOLDS(out.size() == 24 && parse_time(out, again) && again == ms);
  HOLDS(text.substr(0, 19) == out.substr(0, 19));
}
void check_time(std::int64_t ms) {
  std::string out;
  std::int64_t again = 0;
  append_time(ms, out);
  HOLDS(out.size() == 24 && parse_time(out, again));
  HOLDS(again == ms || ms < -62167219200000 || ms > 253402300799999);
}
void check_answer(int status, std::string_view body) {
  const Judgement j = judge(status, body);
  HOLDS((j.verdict == Verdict::acknowledged) == (status >= 200 && status < 300));
  HOLDS(j.error.retry_after_ms >= 0 && j.error.retry_after_ms <= 3'600'000);
  HOLDS(valid_utf8(j.error.message) && valid_utf8(j.error.field));
  if (j.verdict == Verdict::refused) HOLDS(code_status(j.error.code) == status && !j.error.retryable());
  if (j.verdict == Verdict::unauthenticated) HOLDS(status == 401);
  if (says_done(j, body)) HOLDS(status == 204 && body.empty());
}
}  // namespace

FUZZ_TARGET(cursor) {
  check_cursor_text(bytes);
  check_cursor(fuzz::Input(bytes));
  check_base64(bytes);
  check_scalars(bytes);
  fuzz::Input in(bytes);
  check_time(in.number());
  fuzz::Input answer(bytes);
  const int status = answer.byte() << 2 | (answer.byte() & 3);
  check_answer(status, answer.rest());
}
