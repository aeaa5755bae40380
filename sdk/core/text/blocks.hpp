// The lines of a message as blocks: shared by markdown.cpp and mentions.cpp, which must agree on what is code.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fechatter::text {

/// One leaf in reading order; neighbours of the same container belong together.
struct Block {
  enum class Kind : std::uint8_t { paragraph, bullet_item, ordered_item, code };
  Kind kind = Kind::paragraph;
  bool first = false;       ///< begins its list; for items
  std::uint32_t quote = 0;  ///< the number of the quote it is in, from 1; 0: in none
  std::string text;         ///< lines joined by '\n', without the marks of the block
  std::string info;         ///< code: the info string; ordered_item that is first: its number
};
std::vector<Block> split_blocks(std::string_view body);

/// Bytes [begin, end) of a code span with its backticks, which are `ticks` at each end.
struct CodeSpan {
  std::size_t begin = 0, end = 0, ticks = 0;
};
/// The code spans of one paragraph or item, ascending.
std::vector<CodeSpan> find_code_spans(std::string_view text);

}  // namespace fechatter::text
