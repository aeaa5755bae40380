// The marks that the simulated people put into their messages: tok0z, tok1z, …
#pragma once
#include <string_view>
#include <vector>

namespace fechatter::sim {

/// The numbers of all tokens in a text.
inline std::vector<std::size_t> tokens_in(std::string_view text) {
  std::vector<std::size_t> found;
  for (std::size_t at = text.find("tok"); at != std::string_view::npos; at = text.find("tok", at + 3)) {
    std::size_t n = 0, end = at + 3;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') n = n * 10 + static_cast<std::size_t>(text[end++] - '0');
    if (end > at + 3 && end < text.size() && text[end] == 'z') found.push_back(n);
  }
  return found;
}
constexpr std::int64_t kGraceMs = 1000;  // removal takes effect for live connections within a second

}  // namespace fechatter::sim
