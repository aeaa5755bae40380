#include "sdk/core/text/tokens.hpp"

#include <catch2/catch.hpp>

using namespace fechatter::text;

TEST_CASE("words, CJK characters and emoji are tokens with exact offsets") {
  CHECK(tokenise("Hello, W\u00F6rld!") == std::vector<Token>{{"hello", 0, 5}, {"world", 7, 13}});
  CHECK(tokenise("abc\u4E16\u754Cdef") == std::vector<Token>{{"abc", 0, 3}, {"\u4E16", 3, 6}, {"\u754C", 6, 9}, {"def", 9, 12}});
  CHECK(tokenise("foo_bar-2") == std::vector<Token>{{"foo", 0, 3}, {"bar", 4, 7}, {"2", 8, 9}});
  CHECK(tokenise("").empty());
  CHECK(tokenise(" \xFF\xE4\xBD ... _ \u3002").empty());
}

TEST_CASE("accents count in neither form, and stay under the highlight") {
  CHECK(tokenise("caf\u00E9 x") == std::vector<Token>{{"cafe", 0, 5}, {"x", 6, 7}});
  CHECK(tokenise("cafe\u0301 x") == std::vector<Token>{{"cafe", 0, 6}, {"x", 7, 8}});
  CHECK(index_text("\u0401\u043B\u043A\u0430") == index_text("\u0435\u043B\u043A\u0430"));
}

TEST_CASE("joined emoji are their parts; skin tones and variation selectors do not count") {
  const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
  CHECK(tokenise(family) == std::vector<Token>{{"\U0001F468", 0, 7}, {"\U0001F469", 7, 14}, {"\U0001F467", 14, 18}});
  CHECK(index_text("\U0001F44D\U0001F3FD") == "\U0001F44D");
  CHECK(index_text("\u2764\uFE0F") == "\u2764");
}

TEST_CASE("the index text is the tokens, and indexing it again changes nothing") {
  const std::string text = index_text("Fechatter\u306F\u901F\u3044! \uFF21\uFF22\uFF23 \uB9AC  It's_OK");
  CHECK(text == "fechatter \u306F \u901F \u3044 abc \uB9AC it s ok");
  CHECK(index_text(text) == text);
  CHECK(index_text("!?").empty());
}
