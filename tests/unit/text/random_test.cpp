// Random bytes through every parser: nothing crashes, offsets stay inside, and code is code for formatting and mentions alike.
#include <catch2/catch.hpp>
#include <random>

#include "sdk/core/text/markdown.hpp"
#include "sdk/core/text/mentions.hpp"
#include "sdk/core/text/query.hpp"
#include "sdk/core/text/tokens.hpp"
#include "sdk/core/text/utf8.hpp"

using namespace fechatter::text;

namespace {
std::string noise(std::mt19937& rng) {
  static const std::string kSyntax = "*~`[]()\\<>@-_.:\"# \n\n\t>1.ahttps://";
  std::string out;
  for (auto n = rng() % 120; n-- > 0;) out += rng() % 3 ? kSyntax[rng() % kSyntax.size()] : static_cast<char>(rng());
  return out;
}
void check_tokens(const std::string& text) {
  std::uint32_t at = 0;
  for (const Token& t : tokenise(text)) {
    REQUIRE((t.begin >= at && t.begin < t.end && t.end <= text.size() && is_valid(t.text) && !t.text.empty()));
    at = t.end;
  }
  const std::string index = index_text(text);
  REQUIRE(index_text(index) == index);
}
}  // namespace

TEST_CASE("random bytes do no harm") {
  std::mt19937 rng(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = noise(rng);
    CAPTURE(text);
    const std::string whole = repair(text);
    REQUIRE((is_valid(whole) && repair(whole) == whole));
    REQUIRE(text.starts_with(truncate(text, rng() % 130)));
    REQUIRE(is_valid(truncate(whole, rng() % 130)));
    check_tokens(text);
    const Node tree = parse_markdown(text);
    REQUIRE(is_valid(ansi_text(tree)));
    REQUIRE(is_valid(plain_text(tree)));
    const auto mentions = find_mentions(text);
    REQUIRE(mentions.names.size() <= text.size());
    if (const auto q = parse_query(text)) {
      REQUIRE(is_valid(fts_match(*q)));
      for (const Highlight& h : highlights(*q, text)) REQUIRE((h.begin < h.end && h.end <= text.size()));
    }
  }
}
