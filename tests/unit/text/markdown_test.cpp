#include "sdk/core/text/markdown.hpp"

#include <catch2/catch.hpp>

using namespace fechatter::text;

namespace {
// A tree on one line: "p[text strong[x]]".
std::string show(const Node& n) {
  static constexpr const char* kNames[] = {"", "p", "quote", "ul", "ol", "li", "pre", "", "br", "em", "strong", "del", "code", "a"};
  std::string out = kNames[static_cast<int>(n.kind)];
  if (n.kind == Node::Kind::text) return n.text;
  if (n.kind == Node::Kind::line_break) return "/";
  if (!n.info.empty()) out += "(" + n.info + ")";
  if (n.kind == Node::Kind::code || n.kind == Node::Kind::code_block) return out + "[" + n.text + "]";
  out += "[";
  for (const Node& c : n.children) out += show(c);
  return out + "]";
}
// What is within the document, of one paragraph only its spans.
std::string md(std::string_view body) {
  const Node d = parse_markdown(body);
  std::string out = show(d);
  out = out.substr(1, out.size() - 2);
  if (d.children.size() == 1 && d.children[0].kind == Node::Kind::paragraph) out = out.substr(2, out.size() - 3);
  return out;
}
std::size_t depth(const Node& n) {
  std::size_t deepest = 0;
  for (const Node& c : n.children) deepest = std::max(deepest, 1 + depth(c));
  return deepest;
}
std::string times(std::string_view s, int n) {
  std::string out;
  while (n-- > 0) out += s;
  return out;
}
}  // namespace

TEST_CASE("emphasis pairs as in CommonMark") {
  CHECK(md("*a* **b** ~~c~~ ***d***") == "em[a] strong[b] del[c] em[strong[d]]");
  CHECK(md("**a *b* c**") == "strong[a em[b] c]");
  CHECK(md("* a* 2 * 3 * 4 a*b*c") == "ul[li[a* 2 * 3 * 4 aem[b]c]]");
  CHECK(md("2 * 3 * 4") == "2 * 3 * 4");
  CHECK(md("*a**b*") == "em[a**b]");
  CHECK(md("**a* b") == "*em[a] b");
  CHECK(md("*a **b* c**") == "em[a em[em[b] c]]");
  CHECK(md("*a ~~b* c~~") == "em[a ~~b] c~~");
  CHECK(md("~~a *b~~ c*") == "del[a *b] c*");
  CHECK(md("~a~ ~~~b~~~ _c_") == "~a~ ~~~b~~~ _c_");
  CHECK(md("*(a)* **\u4E2D\u6587\u3002**\u6587") == "em[(a)] strong[\u4E2D\u6587\u3002]\u6587");
}

TEST_CASE("code, escapes and HTML") {
  CHECK(md("`a*b*` ``x ` y`` `` ` `` `open") == "code[a*b*] code[x ` y] code[`] `open");
  CHECK(md("*a `b* c`") == "*a code[b* c]");
  CHECK(md("\\*a\\* \\\\ \\x \\`b`") == "*a* \\ \\x `b`");
  CHECK(md("\\``x`") == "`code[x]");
  CHECK(md("<b>&amp;</b>") == "<b>&amp;</b>");
  CHECK(md("a\\") == "a\\");
  CHECK(md("`a\nb`") == "code[a b]");
}

TEST_CASE("links have one of three schemes and no links inside") {
  CHECK(md("[a *b*](https://x.y/(z)?q=1)!") == "a(https://x.y/(z)?q=1)[a em[b]]!");
  CHECK(md("[m](MAILTO:a@b.c)") == "a(MAILTO:a@b.c)[m]");
  for (const char* no : {"[a](javascript:alert)", "[a](http://)", "[a](data:x)", "[](http://x)", "[a](/x)", "[a](http://x y)", "[a](http://x", "[a] (b)"})
    CHECK(md(no).find(")[a]") == std::string::npos);
  CHECK(md("[a [b](http://x) c](http://y)") == "[a a(http://x)[b] c](a(http://y)[http://y])");
  CHECK(md("[x [b] y](http://z)") == "a(http://z)[x [b] y]");
  CHECK(md("*a [b*](http://x)") == "*a a(http://x)[b*]");
  CHECK(md("[`]`](http://x)") == "a(http://x)[code[]]]");
  CHECK(md("\\[a](b)") == "[a](b)");
  CHECK(md("[https://a.b](https://c.d)") == "a(https://c.d)[https://a.b]");
}

TEST_CASE("bare URLs end before punctuation") {
  CHECK(md("see https://x.y/a, ok") == "see a(https://x.y/a)[https://x.y/a], ok");
  CHECK(md("(http://x.y/(a))") == "(a(http://x.y/(a))[http://x.y/(a)])");
  CHECK(md("**https://x.y**") == "strong[a(https://x.y)[https://x.y]]");
  CHECK(md("\u770Bhttps://x.y/\u4E2D\u3002\u8C22") == "\u770Ba(https://x.y/\u4E2D)[https://x.y/\u4E2D]\u3002\u8C22");
  CHECK(md("xhttps://x.y http:// https://...") == "xhttps://x.y http:// https://...");
}

TEST_CASE("blocks") {
  CHECK(md("a\nb\n\nc") == "p[a/b]p[c]");
  CHECK(md("```cpp x\nint *a*;\n  b\n```\nc") == "pre(cpp x)[int *a*;\n  b\n]p[c]");
  CHECK(md("~~~\n```\n~~~~\nx") == "pre[```\n]p[x]");
  CHECK(md("```\nopen") == "pre[open\n]");
  CHECK(md("```a```") == "code[a]");
  CHECK(md("> a\n> *b*\nc\n> d") == "quote[p[a/em[b]]]p[c]quote[p[d]]");
  CHECK(md("> > a\n> - b\n> ```\n> x\n> ```") == "quote[p[> a]ul[li[b]]pre[x\n]]");
  CHECK(md("- a\n- *b*\n  more\n* c\nend") == "ul[li[a]li[em[b]/more]li[c]]p[end]");
  CHECK(md("3. a\n7. b\n- c") == "ol(3)[li[a]li[b]]ul[li[c]]");
  CHECK(md("a\n2024. b\n1. c") == "p[a/2024. b]ol(1)[li[c]]");
  CHECK(md("-a\n- \n1.b\n-") == "-a/-/1.b/-");
  CHECK(md("- a\n\n- b\n\nc") == "ul[li[a]li[b]]p[c]");
  CHECK(md("a\r\nb\r\n") == "a/b");
  CHECK(md("").empty());
  CHECK(md(" \n\t\n").empty());
}

TEST_CASE("text for previews and for terminals") {
  const Node d = parse_markdown("**Hi** [x](https://y.z) https://a.b\n\n> q\n\n2. one\n3. `two`\n- b\n```\ncode\n```\n\x1b[31m\xC2\x9B\x07");
  CHECK(plain_text(d) == "Hi x https://a.b\nq\n2. one\n3. two\n\u2022 b\ncode\n\x1b[31m\xC2\x9B\x07");
  CHECK(ansi_text(d) ==
        "\x1b[0;1mHi\x1b[0m \x1b[0;4mx\x1b[0m (https://y.z) \x1b[0;4mhttps://a.b\x1b[0m\n\u2502 q\n2. one\n3. \x1b[0;7mtwo\x1b[0m\n\u2022 b\n"
        "code\n[31m");
  CHECK(ansi_text(parse_markdown("**a *b* c**")) == "\x1b[0;1ma \x1b[0;1;3mb\x1b[0;1m c\x1b[0m");
}

TEST_CASE("depth is bounded, the marks beyond are text") {
  const std::string deep = times("**a ", 100) + times(" a**", 100);
  const Node d = parse_markdown(deep);
  CHECK(depth(d) == kMaxMarkdownDepth);
  CHECK(plain_text(d).find("**a a**") == std::string::npos);
  CHECK(plain_text(d).find("**a") != std::string::npos);
  CHECK(depth(parse_markdown("> - " + times("**a ", 50) + "b" + times("**", 50))) <= kMaxMarkdownDepth);
  CHECK(depth(parse_markdown("> - " + times("*", 50) + "[b](http://c)" + times("*", 50))) <= kMaxMarkdownDepth);
}

TEST_CASE("hostile texts of a hundred kilobytes take no time") {
  const auto size = [](std::string_view s) { return 100'000 / static_cast<int>(s.size()); };
  for (std::string_view piece : {"*",        "**a ",       " a**",        "*a**b",   "a***", "~~a", "[",     "](",       "[a](",   "[a](http://x(",
                                 "`",        "`a``",       "\\`",         "[`",      "> ",   ">\n", "- a\n", "1. ",      "```\n",  "~~~ x\n",
                                 "https://", "https://a.", "http://x?!)", "*_~[`\\", "@",    "@**", "<@",    "\xF0\x9F", "**a*~~b"}) {
    CAPTURE(piece);
    const std::string text = times(piece, size(piece));
    const Node d = parse_markdown(text);
    CHECK(depth(d) <= kMaxMarkdownDepth);
    CHECK(plain_text(d).size() <= 5 * text.size());
  }
}
