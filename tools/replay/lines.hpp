// The archive of chat: one file a day, "[HH:MM] <nick> text" and "[HH:MM]  * nick action".
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace replay {

struct Line {
  std::string nick, text;  ///< UTF-8; broken bytes became U+FFFD, U+0000 is dropped
};
struct Day {
  std::string name;
  std::vector<Line> lines;
  std::size_t repaired = 0, skipped = 0;  ///< lines with broken UTF-8; lines that are no chat
};
/// Total: any bytes are a day.
Day read_day(std::string name, std::istream&);
/// The *.txt files of a directory, by name.
std::vector<Day> read_days(const std::string& directory);

}  // namespace replay
