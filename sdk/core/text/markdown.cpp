#include "sdk/core/text/markdown.hpp"

#include "sdk/core/text/blocks.hpp"
#include "sdk/core/text/inlines.hpp"

namespace fechatter::text {
namespace {

// Below this node, which lies at `level`, inlines may fill the rest of the depth.
void fill(Node& node, const Block& block, std::size_t level) { node.children = parse_inlines(block.text, kMaxMarkdownDepth - level); }

void add(Node& parent, Block&& block, std::size_t level) {
  if (block.kind == Block::Kind::code) {
    parent.children.push_back({Node::Kind::code_block, std::move(block.text), std::move(block.info)});
  } else if (block.kind == Block::Kind::paragraph) {
    parent.children.push_back({Node::Kind::paragraph});
    fill(parent.children.back(), block, level + 1);
  } else {
    const auto kind = block.kind == Block::Kind::bullet_item ? Node::Kind::bullet_list : Node::Kind::ordered_list;
    if (block.first) parent.children.push_back({kind, {}, std::move(block.info)});
    auto& items = parent.children.back().children;
    items.push_back({Node::Kind::item});
    fill(items.back(), block, level + 2);
  }
}

}  // namespace

Node parse_markdown(std::string_view body) {
  Node document;
  std::uint32_t quote = 0;
  for (Block& block : split_blocks(body)) {
    if (block.quote != 0 && block.quote != quote) document.children.push_back({Node::Kind::quote});
    quote = block.quote;
    const bool inside = quote != 0;
    add(inside ? document.children.back() : document, std::move(block), inside);
  }
  return document;
}

}  // namespace fechatter::text
