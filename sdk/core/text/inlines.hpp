// Spans within one paragraph or item.
#pragma once
#include <string_view>
#include <vector>

#include "sdk/core/text/markdown.hpp"

namespace fechatter::text {

/// At most `depth` levels of nodes; marks that would nest deeper are text. A newline is a line break.
std::vector<Node> parse_inlines(std::string_view text, std::size_t depth);

}  // namespace fechatter::text
