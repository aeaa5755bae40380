// Runs of * and ~, and what they make of the text between them.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fechatter::text {

/// A place in a paragraph that is not plain text. Marks never overlap.
struct Mark {
  enum class Kind : std::uint8_t { literal, line_break, code, url, emphasis, strong, strike, link, end };
  Kind kind{};
  std::size_t begin = 0, end = 0;  ///< bytes of the mark itself
  std::size_t partner = 0;         ///< where its `end` begins, and the other way round
  std::string text{};              ///< literal, code: the text; url, link: the URL
};

/// CommonMark's delimiter stack with * and ~~.
class Delimiters {
 public:
  /// Takes the run that begins at `at`; returns its end.
  std::size_t add(std::string_view text, std::size_t at);
  std::size_t size() const noexcept { return runs_.size(); }
  /// Pairs the runs from the one numbered `bottom` on, adds their marks, and forgets them.
  void pair(std::size_t bottom, std::vector<Mark>& marks);

 private:
  struct Run {
    char mark;
    std::size_t begin, end;  // the bytes no pair has used
    std::size_t length;      // as written
    bool opens, closes;
  };
  using Floors = std::array<std::size_t, 10>;  // per kind of closer: below it there is no opener
  void close(std::size_t closer, std::vector<std::size_t>& open, Floors& floors, std::vector<Mark>& marks);
  static bool fits(const Run& opener, const Run& closer);

  std::vector<Run> runs_;
};

}  // namespace fechatter::text
