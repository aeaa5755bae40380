#include "sdk/core/text/query.hpp"

#include <catch2/catch.hpp>

using namespace fechatter;
using namespace fechatter::text;

namespace {
Query parsed(std::string_view text) {
  auto q = parse_query(text);
  CAPTURE(text);
  REQUIRE(q);
  return *q;
}
std::string refused(std::string_view text) {
  auto q = parse_query(text);
  REQUIRE_FALSE(q);
  CHECK(q.error().code == Code::invalid_argument);
  CHECK(q.error().field == "q");
  return q.error().message;
}
}  // namespace

TEST_CASE("words, phrases, negation and prefixes") {
  const Query q = parsed("  deploy \"exact phrase\" -not -\"two words\" pre*  - ! ");
  CHECK(q.terms ==
        std::vector<Term>{{"deploy", false, false, false},
                          {"exact phrase", true, false, false},
                          {"not", false, true, false},
                          {"two words", true, true, false},
                          {"pre", false, false, true}});
  CHECK(fts_match(q) == "(\"deploy\" AND \"exact phrase\" AND \"pre\"*) NOT (\"not\" OR \"two words\")");
  CHECK(fts_exclude(q) == "\"not\" OR \"two words\"");
}

TEST_CASE("operators") {
  const Query q = parsed("From:@alice from:\"Jane Doe\" -from:bob in:#general -in:random in:@bob has:link -has:reaction is:edited x");
  CHECK(q.from == std::vector<Name>{{"alice", false}, {"Jane Doe", false}, {"bob", true}});
  CHECK(q.in == std::vector<Name>{{"general", false}, {"random", true}, {"bob", false}});
  CHECK(q.with == Traits{.link = true, .edited = true});
  CHECK(q.without == Traits{.reaction = true});
  CHECK(q.terms.size() == 1);
  CHECK(parsed("is:unread is:thread has:mention has:reply").with == Traits{.mention = true, .reply = true, .unread = true, .thread = true});
}

TEST_CASE("days are days of UTC") {
  CHECK(parsed("before:1970-01-02").before == Time{86'400'000});
  CHECK(parsed("after:1970-01-01").after == Time{86'400'000});
  const Query on = parsed("on:2024-02-29");
  CHECK(on.after == Time{1'709'164'800'000});
  CHECK(on.before == Time{1'709'251'200'000});
  const Query both = parsed("before:2020-01-01 before:2019-01-01 after:2000-12-31");
  CHECK(both.before == Time{1'546'300'800'000});
  CHECK(both.after == Time{978'307'200'000});
  CHECK(parsed("before:0001-01-01").before->ms < 0);
}

TEST_CASE("what an operator does not take is said so") {
  CHECK(refused("before:yesterday") == "before: needs a day, as in before:2026-11-23");
  for (const char* day : {"on:2023-02-29", "on:2026-13-01", "on:2026-00-10", "on:2026-1-1", "on:2026-04-31", "on:1900-02-29", "on:"}) refused(day);
  CHECK(refused("has:cheese") == "has: takes link, reaction, mention, reply");
  CHECK(refused("is:") == "is: takes edited, unread, thread");
  CHECK(refused("from:") == "from: needs a name, as in from:alice");
  refused("in:#");
  refused("-before:2020-01-01");
}

TEST_CASE("queries are bounded") {
  refused(std::string(513, 'a'));
  parsed(std::string(512, 'a'));
  std::string many;
  for (int i = 0; i < 32; ++i) many += "a ";
  CHECK(parsed(many).terms.size() == 32);
  refused(many + "a");
}

TEST_CASE("unknown operators, odd quotes and broken bytes are text") {
  CHECK(parsed("foo:bar").terms == std::vector<Term>{{"foo:bar"}});
  CHECK(fts_match(parsed("foo:bar")) == "\"foo bar\"");
  CHECK(parsed("https://from:x").terms.size() == 1);
  CHECK(parsed("\"open end").terms == std::vector<Term>{{"open end", true}});
  CHECK(parsed("\u201Csmart quotes\u201D").terms == std::vector<Term>{{"smart quotes", true}});
  CHECK(parsed("a\"b c\"d").terms.size() == 3);
  CHECK(fts_match(parsed("\xFFx\xE4\xBD y")) == "\"x\" AND \"y\"");
  CHECK(fts_match(parsed("a\" OR b*) NOT ^ {col}: NEAR(")) == "\"a\" AND \"or b not col near\"");
}

TEST_CASE("empty means nothing is asked") {
  CHECK(parsed("").empty());
  CHECK(parsed("  !? \"\" - * ").empty());
  CHECK(fts_match(parsed("-x")).empty());
  CHECK(fts_exclude(parsed("-x")) == "\"x\"");
  CHECK_FALSE(parsed("-x").empty());
  CHECK_FALSE(parsed("from:a").empty());
  CHECK(fts_exclude(parsed("a")).empty());
}

TEST_CASE("CJK text becomes a phrase of characters") {
  CHECK(fts_match(parsed("\u4E16\u754C")) == "\"\u4E16 \u754C\"");
  CHECK(matches(parsed("\u754C\u4EBA"), "\u4E16\u754C\u4EBA\u6C11"));
  CHECK_FALSE(matches(parsed("\u4E16\u4EBA"), "\u4E16\u754C\u4EBA\u6C11"));
}

TEST_CASE("matches weighs terms, days and traits") {
  const Query q = parsed("caf\u00E9 -tea on:1970-01-01 has:link -is:edited");
  CHECK(matches(q, "Cafe now", Time{5}, {.link = true}));
  CHECK_FALSE(matches(q, "Cafe and tea", Time{5}, {.link = true}));
  CHECK_FALSE(matches(q, "Cafe now", Time{86'400'000}, {.link = true}));
  CHECK_FALSE(matches(q, "Cafe now", Time{-1}, {.link = true}));
  CHECK_FALSE(matches(q, "Cafe now", Time{5}, {}));
  CHECK_FALSE(matches(q, "Cafe now", Time{5}, {.link = true, .edited = true}));
  CHECK(has_link("see (https://example.org)"));
  CHECK(has_link("[x](http://example.org)"));
  CHECK(has_link("HTTPS://EXAMPLE.ORG"));
  CHECK_FALSE(has_link("`https://example.org` or http:// or [m](mailto:a@b.c)"));
}

TEST_CASE("what must and must not stand in a text contradicts itself") {
  for (const char* text : {"tea -tea", "Caf\u00E9 -cafe", "\"hot tea\" -tea", "tea -te*", "a tea -b -tea"}) CHECK(contradicts_itself(parsed(text)));
  for (const char* text : {"tea -\"hot tea\"", "tea* -tea", "tea -coffee", "-tea", "tea tea"}) CHECK_FALSE(contradicts_itself(parsed(text)));
}

TEST_CASE("highlights are bytes of the body") {
  const std::string body = "Un caf\u00E9, deux CAFES. \u4E16\u754C!";
  CHECK(highlights(parsed("cafe*"), body) == std::vector<Highlight>{{3, 8}, {15, 20}});
  CHECK(highlights(parsed("\u754C"), body) == std::vector<Highlight>{{25, 28}});
  CHECK(highlights(parsed("\"un cafe deux\" cafe -\u4E16"), body) == std::vector<Highlight>{{0, 14}});
  CHECK(highlights(parsed("zzz"), body).empty());
  CHECK(highlights(parsed("\u554A\u554A"), "\u554A\u554A\u554A") == std::vector<Highlight>{{0, 9}});
  CHECK(highlights(parsed("b a"), "a b") == std::vector<Highlight>{{0, 1}, {2, 3}});
}
