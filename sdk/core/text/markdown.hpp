// Formatting of messages: a subset of CommonMark, specified in docs/formats/markdown.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fechatter::text {

/// No Node lies deeper than this below the document; what would is text.
constexpr std::size_t kMaxMarkdownDepth = 16;

struct Node {
  enum class Kind : std::uint8_t {
    document,
    paragraph,
    quote,
    bullet_list,
    ordered_list,
    item,
    code_block,  // blocks
    text,
    line_break,
    emphasis,
    strong,
    strike,
    code,
    link,  // spans
  };
  Kind kind = Kind::document;
  std::string text{};  ///< of text, code and code_block: literally; a code_block's ends with its newline
  std::string info{};  ///< link: the URL; code_block: the info string; ordered_list: its first number
  std::vector<Node> children{};
  bool operator==(const Node&) const = default;
};

/// Total: any bytes give a document. Time grows linearly with the text but for sorting. HTML is text; URLs are http, https or
/// mailto. The text of the nodes is the author's and not escaped for anything.
Node parse_markdown(std::string_view body);

/// Without formatting, for previews and notifications: lines as written, "• " and "1. " before items, a link's text.
std::string plain_text(const Node&);

/// For terminals: SGR sequences of ours; control characters of the text are removed, so a message cannot drive the terminal.
std::string ansi_text(const Node&);

}  // namespace fechatter::text
