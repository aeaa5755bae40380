#include "sdk/describe/text.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;
using namespace std::string_view_literals;

namespace {
std::string time_text(std::int64_t ms) {
  std::string out;
  append_time(ms, out);
  return out;
}
std::int64_t time_of(std::string_view text) {
  std::int64_t ms = -1;
  return parse_time(text, ms) ? ms : -1;
}
}  // namespace

TEST_CASE("an id is 36 characters of lower case and nothing else") {
  const std::string text = "0190a5b0-1111-7abc-8def-0123456789ab";
  std::uint8_t bytes[16] = {};
  REQUIRE(parse_id(text, bytes));
  CHECK(bytes[0] == 0x01);
  CHECK(bytes[15] == 0xab);
  std::string out = "x";
  append_id(bytes, out);
  CHECK(out == "x" + text);
  for (const auto bad : {"", "0190A5B0-1111-7abc-8def-0123456789ab", "0190a5b011117abc8def0123456789ab", "0190a5b0-1111-7abc-8def-0123456789abc",
                         "0190a5b0-1111-7abc-8def-0123456789a", "0190a5b01-111-7abc-8def-0123456789ab", "{190a5b0-1111-7abc-8def-0123456789a}"})
    CHECK_FALSE(parse_id(bad, bytes));
}

TEST_CASE("times are RFC 3339 in UTC") {
  CHECK(time_text(1795442706123) == "2026-11-23T14:05:06.123Z");
  CHECK(time_of("2026-11-23T14:05:06.123Z") == 1795442706123);
  CHECK(time_of("2026-11-23T14:05:06Z") == 1795442706000);
  CHECK(time_of("2026-11-23T14:05:06.1Z") == 1795442706100);
  CHECK(time_of("2026-11-23T14:05:06.123456789Z") == 1795442706123);
  CHECK(time_of("2024-02-29T00:00:00Z") == 1709164800000);
  CHECK(time_text(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(time_text(INT64_MAX) == "9999-12-31T23:59:59.999Z");
  CHECK(time_text(INT64_MIN) == "0000-01-01T00:00:00.000Z");
  for (const auto bad :
       {"", "Z", "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.12x45Z", "2026-01-01T00:00:00.1234567890Z", "2026-1-01T00:00:00.00Z", "-026-01-01T00:00:00Z"})
    CHECK(time_of(bad) == -1);
}

TEST_CASE("every day keeps its text") {
  for (std::int64_t ms = -62167219200000; ms < 253402300799999; ms += 86400000ll * 997 + 12345678) REQUIRE(time_of(time_text(ms)) == ms);
}

TEST_CASE("UTF-8 is what RFC 3629 says") {
  for (const auto good : {""sv, "plain"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv,
                          "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "a\0b"sv})
    CHECK(valid_utf8(good));
  for (const auto bad :
       {"\x80"sv, "\xBF"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xC2"sv, "\xC2z"sv, "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv, "\xED\xBF\xBF"sv, "\xE1\x80"sv, "\xE1\x80z"sv,
        "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xF1\x80\x80"sv, "\xFE"sv, "\xFF"sv, "ok\xE4\xBD"sv})
    CHECK_FALSE(valid_utf8(bad));
}

TEST_CASE("a line passes for itself") {
  for (const auto good :
       {""sv, "Ann"sv, "a b"sv, "\u00E9\u4F60\U0001F600"sv, "\u05D0\u200F"sv, "\u00A0"sv, "\u2027"sv, "\u202F"sv, "\u2065"sv, "\u206A"sv, "\uFEFF"sv, "\xE2"sv})
    CHECK(is_line(good));
  for (const auto bad : {"\n"sv, "a\rb"sv, "\t"sv, "\x1b[2J"sv, "\x7f"sv, "\u0080"sv, "\u0085"sv, "\u009F"sv, "a\u2028"sv, "\u2029"sv, "\u202A"sv, "\u202E"sv,
                         "\u2066"sv, "\u2069"sv})
    CHECK_FALSE(is_line(bad));
}
