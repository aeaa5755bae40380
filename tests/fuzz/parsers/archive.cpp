// A day of an IRC archive: every line is a line of somebody, or is counted as none.
#include <algorithm>
#include <sstream>
#include "sdk/core/text/utf8.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tools/replay/lines.hpp"

FUZZ_TARGET(archive) {
  std::istringstream in{std::string(bytes)};
  const replay::Day day = replay::read_day("2005-01-01", in);
  const auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')) + (!bytes.empty() && bytes.back() != '\n');
  HOLDS(day.lines.size() + day.skipped == lines && day.repaired <= day.lines.size());
  std::size_t size = 0;
  for (const replay::Line& line : day.lines) {
    HOLDS(!line.nick.empty() && line.text.find_first_not_of(" \t\r\n") != line.text.npos);
    HOLDS(fechatter::text::is_valid(line.nick) && fechatter::text::is_valid(line.text));
    size += line.nick.size() + line.text.size();
  }
  HOLDS(size <= 3 * bytes.size());
}
