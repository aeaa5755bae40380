#include "sdk/core/text/utf8.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace fechatter::text;
using namespace std::string_view_literals;

TEST_CASE("repair replaces each maximal invalid subpart once") {
  struct {
    std::string in, out;
  } const cases[] = {
      {"plain", "plain"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
      {std::string("a\0b", 3), "ab"},
      {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong
      {"\xE0\x80\xBF", "\uFFFD\uFFFD\uFFFD"},            // overlong, by the second byte
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xE4\xBD", "\uFFFD"},                            // cut off
      {"\xF0\x9F\x98z", "\uFFFDz"},                      // cut off by a letter
      {"\x80\xFE\xFF", "\uFFFD\uFFFD\uFFFD"},
      {"a\xF1\x80\x80\xE1\x80\xC2"
       "b\x80"
       "c\x80\xBF"
       "d",
       "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd"},  // Unicode, table 3-8
  };
  for (const auto& c : cases) {
    CAPTURE(c.in);
    CHECK(repair(c.in) == c.out);
    CHECK(is_valid(repair(c.in)));
  }
  CHECK_FALSE(is_valid("\xC3"));
  CHECK(is_valid(""));
}

TEST_CASE("code points come with their offsets") {
  std::vector<std::size_t> offsets;
  std::vector<char32_t> values;
  for (auto [value, offset, size] : CodePoints("a\u4E2D\xFF\U0001F600")) offsets.push_back(offset), values.push_back(value);
  CHECK(offsets == std::vector<std::size_t>{0, 1, 4, 5});
  CHECK(values == std::vector<char32_t>{'a', 0x4E2D, kReplacement, 0x1F600});
  CHECK(before("a\u4E2D", 4) == 0x4E2D);
  CHECK(before("a\u4E2D", 3) == kReplacement);
  CHECK(before("a", 0) == 0);
}

TEST_CASE("every code point survives a round trip") {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string s;
    append(s, c);
    const CodePoint d = decode(s, 0);
    if (!d.valid || d.value != c || d.size != s.size()) FAIL("U+" << std::hex << static_cast<unsigned>(c));
    // Folding is idempotent, and what search compares is never an ignored character.
    if (fold(fold(c)) != fold(c) || fold_search(fold_search(c)) != fold_search(c)) FAIL("fold U+" << std::hex << static_cast<unsigned>(c));
  }
}

TEST_CASE("truncate ends between code points") {
  const std::string text = "a\u00E9\u4E2D\U0001F600";  // 1 + 2 + 3 + 4 bytes
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t n = 0; n < 12; ++n) CHECK(truncate(text, n).size() == expected[n]);
  CHECK(truncate("\x80\x80\x80\x80\x80"sv, 4).size() == 4);  // broken text is cut anywhere
  CHECK(truncate("\xF0\x9F\x98"sv, 2).size() == 0);
}

TEST_CASE("folding knows the common bicameral scripts") {
  CHECK(fold("ABC \u00C9\u00D7\u0130\u0178\u0139 \u03A3\u03C2\u0386 \u0416\u0401\u04C0 \uFF21") ==
        "abc \u00E9\u00D7i\u00FF\u013A \u03C3\u03C3\u03AC \u0436\u0451\u04CF \uFF41");
  CHECK(fold_search(0xC9) == 'e');
  CHECK(fold_search(0x1ED9) == 'o');  // Vietnamese
  CHECK(fold_search(0x141) == 'l');
  CHECK(fold_search(0x401) == 0x435);
  CHECK(fold_search(0x386) == 0x3B1);
  CHECK(fold_search(0xFF21) == 'a');
  CHECK(fold_search(0xDF) == 0xDF);
}

TEST_CASE("character classes") {
  for (char32_t c : {0x4E2DU, 0x3042U, 0x30A2U, 0xAC00U, 0xFF71U, 0x20000U, 0x3005U}) CHECK((is_cjk(c) && is_word(c) && is_solitary(c)));
  for (char32_t c : {U'a', U'0', U'\u00DF', U'\u0430', U'\u05D0', U'\u0905'}) CHECK((is_word(c) && !is_solitary(c) && !is_cjk(c)));
  for (char32_t c : {U'_', U'-', U'\u3002', U'\u2019', U'\u00D7', kReplacement, U'\uE000'}) CHECK_FALSE(is_word(c));
  CHECK(is_emoji(0x1F600));
  CHECK(is_solitary(0x1F600));
  CHECK(is_solitary(0x0E01));  // Thai
  CHECK(is_ignored(0x200D));
  CHECK_FALSE(is_ignored(0x200B));
}
