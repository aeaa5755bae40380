#include "sdk/core/text/mentions.hpp"

#include <catch2/catch.hpp>

using namespace fechatter;
using namespace fechatter::text;
using Names = std::vector<std::string>;

namespace {
Names names(std::string_view body) { return find_mentions(body).names; }
}  // namespace

TEST_CASE("names and what ends them") {
  CHECK(names("@Alice") == Names{"alice"});
  CHECK(names("hi @alice, @bob.smith. (@c-d_e) @f! @g:@h;@i?") == Names{"alice", "bob.smith", "c-d_e", "f", "g", "h", "i"});
  CHECK(names("@x-, @y.-.") == Names{"x", "y"});
  CHECK(names("@\u0416\u0430\u043D\u043D\u0430 @JOS\u00C9 @\u5C0F\u660E\uFF0C") == Names{"\u0436\u0430\u043D\u043D\u0430", "jos\u00E9", "\u5C0F\u660E"});
  CHECK(names("\u4F60\u597D@alice") == Names{"alice"});
  CHECK(names("*@alice* **@bob** @alice @ALICE's") == Names{"alice", "bob"});
  CHECK(names("@ @. @@ @-") == Names{});
}

TEST_CASE("what is no mention") {
  CHECK(names("me@example.org").empty());
  CHECK(names("\u00E9@x https://example.org/@alice a_@b \\@alice").empty());
  CHECK(names("`@a` ``@b ` @c`` \\`@d\\`") == Names{"d"});
  CHECK(names("```\n@a\n```\n@b\n~~~ @c\n@d") == Names{"b"});
  CHECK(names("> ```\n> @a\n> ```\n> @b\n- @c `@d`") == Names{"b", "c"});
  CHECK(names("`open @a") == Names{"a"});
  CHECK(names("@" + std::string(129, 'x')).empty());
}

TEST_CASE("full names, ids and everyone") {
  CHECK(names("@**Jane Q. Doe**, @**Two\nlines** @**** @** x** @**open") == Names{"jane q. doe"});
  const std::string id = "0190a5b0-1111-7abc-8def-0123456789ab";
  const auto m = find_mentions("<@" + id + "> <@" + id + "> `<@0190a5b0-1111-7abc-8def-0123456789ac>` <@nobody> <@");
  CHECK(m.ids == std::vector<UserId>{*UserId::parse(id)});
  CHECK(m.names == Names{"nobody"});
  CHECK_FALSE(m.everyone);
  CHECK(find_mentions("<@00000000-0000-0000-0000-000000000000>").ids.empty());
  for (const char* all : {"@channel", "@All!", "x @everyone", "@here,", "@**all**"}) CHECK((find_mentions(all).everyone && names(all).empty()));
  CHECK_FALSE(find_mentions("@hereabouts x@all").everyone);
}

TEST_CASE("at most a hundred people") {
  std::string body;
  for (int i = 0; i < 300; ++i) body += "@n" + std::to_string(i) + " ";
  CHECK(names(body).size() == kMaxMentionNames);
}
