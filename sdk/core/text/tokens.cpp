#include "sdk/core/text/tokens.hpp"

#include <utility>

#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

// An ASCII letter or digit folded; 0: a separator.
constexpr char fold_ascii(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}
void append(std::string& out, std::string_view word) {
  const std::size_t begin = out.size();
  out += word;
  for (std::size_t i = begin; i < out.size(); ++i) out[i] = fold_ascii(out[i]);
}

// The one walk over a text: `begin(at)` opens a token, `add(what, end)` gives it a folded character or a run of ASCII as it stands,
// `cover(from, to)` tells of a character that is left out.
template <class Begin, class Add, class Cover> void walk(std::string_view text, Begin begin, Add add, Cover cover) {
  bool open = false;  // the last token is a word that goes on
  for (std::size_t at = 0; at < text.size();) {
    const auto from = static_cast<std::uint32_t>(at);
    while (at < text.size() && fold_ascii(text[at])) ++at;
    if (at > from) {
      if (!std::exchange(open, true)) begin(from);
      add(text.substr(from, at - from), static_cast<std::uint32_t>(at));
      continue;
    }
    const CodePoint c = decode(text, at);
    const std::uint32_t to = from + c.size;
    at = to;
    if (is_ignored(c.value)) {
      cover(from, to);
      continue;
    }
    const char32_t folded = fold_search(c.value);
    const bool solitary = is_solitary(folded), word = !solitary && is_word(folded);
    if (solitary || (word && !open)) begin(from);
    if (solitary || word) add(folded, to);
    open = word;
  }
}

}  // namespace

std::vector<Token> tokenise(std::string_view text) {
  std::vector<Token> tokens;
  walk(
      text, [&](std::uint32_t at) { tokens.push_back({{}, at, at}); },
      [&](auto what, std::uint32_t end) {
        append(tokens.back().text, what);
        tokens.back().end = end;
      },
      [&](std::uint32_t from, std::uint32_t to) {  // belongs to the character before it, so that a highlight covers the accent
        if (!tokens.empty() && tokens.back().end == from) tokens.back().end = to;
      });
  return tokens;
}

std::string index_text(std::string_view body) {
  std::string out;
  out.reserve(body.size() + body.size() / 4);
  walk(
      body,
      [&](std::uint32_t) {
        if (!out.empty()) out += ' ';
      },
      [&](auto what, std::uint32_t) { append(out, what); }, [](std::uint32_t, std::uint32_t) {});
  return out;
}

}  // namespace fechatter::text
