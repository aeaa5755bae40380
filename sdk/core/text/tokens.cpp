#include "sdk/core/text/tokens.hpp"

#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {

std::vector<Token> tokenise(std::string_view text) {
  std::vector<Token> tokens;
  bool open = false;  // the last token is a word that goes on
  for (const auto& c : CodePoints(text)) {
    const auto begin = static_cast<std::uint32_t>(c.offset), end = begin + c.size;
    if (is_ignored(c.value)) {  // belongs to the character before it, so that a highlight covers the accent
      if (!tokens.empty() && tokens.back().end == begin) tokens.back().end = end;
      continue;
    }
    const char32_t folded = fold_search(c.value);
    const bool solitary = is_solitary(folded), word = !solitary && is_word(folded);
    if (solitary || (word && !open)) tokens.push_back({{}, begin, end});
    if (solitary || word) {
      append(tokens.back().text, folded);
      tokens.back().end = end;
    }
    open = word;
  }
  return tokens;
}

std::string index_text(std::string_view body) {
  std::string out;
  out.reserve(body.size() + body.size() / 4);
  for (const Token& t : tokenise(body)) {
    if (!out.empty()) out += ' ';
    out += t.text;
  }
  return out;
}

}  // namespace fechatter::text
