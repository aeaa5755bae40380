#include "sdk/core/text/delimiters.hpp"

#include <algorithm>

#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {
bool punctuation(char32_t c) { return !is_space(c) && !is_word(c) && c != 0; }
bool edge(char32_t c) { return c == 0 || is_space(c); }
}  // namespace

std::size_t Delimiters::add(std::string_view text, std::size_t at) {
  const char mark = text[at];
  const std::size_t end = std::min(text.find_first_not_of(mark, at), text.size());
  const char32_t left = before(text, at), right = end < text.size() ? decode(text, end).value : 0;
  // Beside CJK text there is no space to tell the sides apart, so a CJK character counts like punctuation.
  const bool left_soft = punctuation(left) || is_cjk(left), right_soft = punctuation(right) || is_cjk(right);
  const bool opens = !edge(right) && (!punctuation(right) || edge(left) || left_soft);
  const bool closes = !edge(left) && (!punctuation(left) || edge(right) || right_soft);
  const bool usable = mark == '*' || end - at == 2;  // only ~~ strikes
  if (usable && (opens || closes)) runs_.push_back({mark, at, end, end - at, opens, closes});
  return end;
}

// CommonMark's rule of three keeps "*a**b*" from pairing a lone star with half of a double one.
bool Delimiters::fits(const Run& opener, const Run& closer) {
  if (opener.mark != closer.mark) return false;
  const bool both = (opener.opens && opener.closes) || (closer.opens && closer.closes);
  return closer.mark == '~' || !both || (opener.length + closer.length) % 3 != 0 || (opener.length % 3 == 0 && closer.length % 3 == 0);
}

void Delimiters::pair(std::size_t bottom, std::vector<Mark>& marks) {
  std::vector<std::size_t> open;
  Floors floors{};
  for (std::size_t i = bottom; i < runs_.size(); ++i) {
    if (runs_[i].closes) close(i, open, floors, marks);
    if (runs_[i].opens && runs_[i].begin < runs_[i].end) open.push_back(i);
  }
  runs_.resize(std::min(bottom, runs_.size()));
}

void Delimiters::close(std::size_t closer, std::vector<std::size_t>& open, Floors& floors, std::vector<Mark>& marks) {
  Run& c = runs_[closer];
  const std::size_t kind = (c.mark == '~' ? 6 : c.opens ? 3 : 0) + (c.mark == '~' ? 0 : c.length % 3);
  while (c.begin < c.end) {
    std::size_t at = open.size();
    while (at > floors[kind] && !fits(runs_[open[at - 1]], c)) --at;
    if (at <= floors[kind]) {
      floors[kind] = open.size();
      return;
    }
    Run& o = runs_[open[at - 1]];
    const std::size_t n = std::min({o.end - o.begin, c.end - c.begin, std::size_t{2}});
    const auto what = c.mark == '~' ? Mark::Kind::strike : n == 2 ? Mark::Kind::strong : Mark::Kind::emphasis;
    o.end -= n;
    marks.push_back({what, o.end, o.end + n, c.begin, {}});
    marks.push_back({Mark::Kind::end, c.begin, c.begin + n, o.end, {}});
    c.begin += n;
    open.resize(o.begin < o.end ? at : at - 1);  // openers in between stay text
    for (std::size_t& floor : floors) floor = std::min(floor, open.size());
  }
}

}  // namespace fechatter::text
