#include "layout.hpp"
#include <wchar.h>
#include <algorithm>
#include <sstream>
#include "../text.hpp"

namespace terminal {
namespace {
constexpr int kIndent = 6;
// What the C library does not know is taken for a letter.
int columns_of(unsigned code) {
  const int n = ::wcwidth(static_cast<wchar_t>(code));
  return n < 0 ? 1 : n;
}
// Where a tab leads depends on the column; on the screen it is four spaces.
std::string without_tabs(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\t' ? "    " : std::string(1, c);
  return out;
}
}  // namespace

int columns(const std::string& text) {
  int n = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    n += columns_of(c.code), i += c.bytes;
  }
  return n;
}

std::size_t fitting(const std::string& text, int width) {
  std::size_t i = 0;
  for (int used = 0; i < text.size();) {
    const Character c = character_at(text, i);
    used += columns_of(c.code);
    if (used > width) break;
    i += c.bytes;
  }
  return i;
}

std::string ending(const std::string& text, int width) {
  std::size_t i = 0;
  for (int rest = columns(text); rest > width && i < text.size();) {
    const Character c = character_at(text, i);
    rest -= columns_of(c.code), i += c.bytes;
  }
  return text.substr(i);
}

std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines;
  std::istringstream in(without_tabs(harmless(text)));
  for (std::string line; std::getline(in, line);) {
    do {
      const int indent = lines.empty() ? 0 : std::clamp(width - 1, 0, kIndent);
      std::size_t n = fitting(line, width - indent);
      if (n == 0 && !line.empty()) n = character_at(line, 0).bytes;
      lines.push_back(std::string(static_cast<std::size_t>(indent), ' ') + line.substr(0, n)), line.erase(0, n);
    } while (!line.empty());
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace terminal
