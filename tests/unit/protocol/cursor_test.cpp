#include "sdk/protocol/cursor.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;

TEST_CASE("a cursor that is read is one that would be written") {
  Cursor c;
  c.epoch.bytes[0] = 7, c.base = 12, c.check = 34;
  CHECK(decode_cursor(encode_cursor(c)) == c);
  c.target = 56, c.after.emplace().bytes[3] = 8;
  CHECK(decode_cursor(encode_cursor(c)) == c);
  for (const char* text : {"", "A", "not one of ours", "\xff"}) CHECK_FALSE(decode_cursor(text));
}

TEST_CASE("a round that ends nowhere is none") {
  const std::string finished = *from_base64url(encode_cursor({}));
  REQUIRE(finished.size() == 29);
  CHECK_FALSE(decode_cursor(base64url(finished + std::string(8, '\0'))));
  CHECK_FALSE(decode_cursor(base64url(finished + std::string(24, '\0'))));
}
