// The formatting of messages: total, well formed, and never much larger than the text.
#include "sdk/core/text/markdown.hpp"
#include "sdk/core/text/utf8.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter::text;

namespace {
struct Size {
  std::size_t nodes = 0, bytes = 0;
};
bool is_block(Node::Kind kind) { return kind <= Node::Kind::code_block; }

void check_links(const Node& n) {
  if (n.kind != Node::Kind::link) return;
  const std::string url = fold(n.info);
  HOLDS(url.starts_with("http://") || url.starts_with("https://") || url.starts_with("mailto:"));
  HOLDS(url.find_first_of(" \n\r\t<>") == url.npos);
}
void check(const Node& n, std::size_t depth, Size& size) {
  HOLDS(depth <= kMaxMarkdownDepth);
  ++size.nodes, size.bytes += n.text.size() + n.info.size();
  check_links(n);
  const bool list = n.kind == Node::Kind::bullet_list || n.kind == Node::Kind::ordered_list;
  const bool leaf = n.kind == Node::Kind::text || n.kind == Node::Kind::line_break || n.kind == Node::Kind::code || n.kind == Node::Kind::code_block;
  HOLDS(!leaf || n.children.empty());
  for (const Node& c : n.children) {
    HOLDS((c.kind == Node::Kind::item) == list);
    HOLDS(c.kind != Node::Kind::document);
    HOLDS(!is_block(c.kind) || is_block(n.kind));
    check(c, depth + 1, size);
  }
}
// What a terminal gets: text, line breaks, and SGR sequences.
void check_ansi(const std::string& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    if (c == 0x1b) {
      HOLDS(i + 1 < out.size() && out[i + 1] == '[');
      const auto end = out.find_first_not_of("0123456789;", i + 2);
      HOLDS(end != out.npos && out[end] == 'm');
      i = end;
    } else {
      HOLDS(c >= 0x20 || c == '\n' || c == '\t');
      HOLDS(c != 0x7f && !(c == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xa0));
    }
  }
}
}  // namespace

FUZZ_TARGET(markdown) {
  const Node tree = parse_markdown(bytes);
  Size size;
  check(tree, 0, size);
  HOLDS(size.nodes <= 4 * bytes.size() + 1);
  HOLDS(size.bytes <= 4 * bytes.size() + 16);
  const std::string plain = plain_text(tree), ansi = ansi_text(tree);
  HOLDS(is_valid(plain) && is_valid(ansi));
  HOLDS(plain.size() <= 6 * bytes.size() + 16);
  HOLDS(ansi.size() <= 48 * bytes.size() + 64);
  check_ansi(ansi);
}
