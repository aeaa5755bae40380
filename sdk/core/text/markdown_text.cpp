// Trees of parse_markdown() as lines of text.
#include "sdk/core/text/markdown.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

using Kind = Node::Kind;

class Writer {
 public:
  explicit Writer(bool ansi) : ansi_(ansi) {}

  void write(const Node& node) {
    switch (node.kind) {
      case Kind::document: return blocks(node);
      case Kind::quote: return quote(node);
      case Kind::bullet_list:
      case Kind::ordered_list: return list(node);
      case Kind::code_block: return code_block(node.text);
      case Kind::text: return text(node.text);
      case Kind::line_break: return new_line();
      case Kind::code: return styled("7", node);
      case Kind::emphasis: return styled("3", node);
      case Kind::strong: return styled("1", node);
      case Kind::strike: return styled("9", node);
      case Kind::link: return link(node);
      case Kind::paragraph:
      case Kind::item: return children(node);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void children(const Node& node) {
    for (const Node& child : node.children) write(child);
  }
  void blocks(const Node& node) {
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) new_line();
      write(node.children[i]);
    }
  }
  void quote(const Node& node) {
    margin_ = ansi_ ? "\u2502 " : "";
    out_ += margin_;
    blocks(node);
    margin_.clear();
  }
  void list(const Node& node) {
    unsigned long number = node.info.empty() ? 1 : std::stoul("0" + node.info.substr(0, 9));
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) new_line();
      out_ += node.kind == Kind::ordered_list ? std::to_string(number++) + ". " : std::string("\u2022 ");
      write(node.children[i]);
    }
  }
  void code_block(std::string_view code) {
    if (!code.empty() && code.back() == '\n') code.remove_suffix(1);
    text(code);
  }
  void link(const Node& node) {
    styled("4", node);
    const bool bare = node.children.size() == 1 && node.children[0].text == node.info;
    if (ansi_ && !bare) text(" (" + node.info + ")");
  }
  // Attributes do not add up in terminals, so the outer ones are set again after the inner one is reset.
  void styled(std::string_view attribute, const Node& node) {
    const std::string outer = style_;
    if (ansi_) style_ += ";" + std::string(attribute), apply();
    text(node.text);
    children(node);
    style_ = outer;
    if (ansi_) apply();
  }
  void apply() { out_ += "\x1b[0" + style_ + "m"; }
  void new_line() { out_ += "\n" + margin_; }

  void text(std::string_view s) {
    for (const auto& c : CodePoints(s)) {
      if (c.value == '\n') {
        new_line();
      } else if (!ansi_ || (c.value >= ' ' && c.value != 0x7F && (c.value < 0x80 || c.value > 0x9F)) || c.value == '\t') {
        append(out_, c.value);
      }
    }
  }

  bool ansi_;
  std::string out_, style_, margin_;
};

std::string written(const Node& node, bool ansi) {
  Writer writer(ansi);
  writer.write(node);
  return writer.take();
}

}  // namespace

std::string plain_text(const Node& node) { return written(node, false); }
std::string ansi_text(const Node& node) { return written(node, true); }

}  // namespace fechatter::text
