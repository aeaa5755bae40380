// The words of a text, as search sees them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fechatter::text {

struct Token {
  std::string text;         ///< folded: only word characters and emoji, never empty
  std::uint32_t begin = 0;  ///< bytes of the original text, [begin, end)
  std::uint32_t end = 0;
  bool operator==(const Token&) const = default;
};

/// Words are folded (case, accents, fullwidth); each CJK character and each emoji is a token of its own. docs/formats/search.md.
/// Texts below 4 GiB.
std::vector<Token> tokenise(std::string_view text);

/// The tokens separated by one space: what goes into the FTS5 table (tokenizer `ascii`), so that positions there are positions of
/// tokenise() and a phrase of single characters finds a CJK substring. Server and client store the same; with a change of it the client's
/// kWordsVersion is raised.
std::string index_text(std::string_view body);

}  // namespace fechatter::text
