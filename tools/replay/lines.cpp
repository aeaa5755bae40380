#include "tools/replay/lines.hpp"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include "server/fechatterd/operations/irc_log.hpp"

namespace replay {
Day read_day(std::string name, std::istream& in) {
  Day day;
  day.name = std::move(name);
  for (std::string raw; std::getline(in, raw);) {
    fechatter::IrcLine line = fechatter::parse_irc_line(raw);
    if (line.kind != fechatter::IrcLine::message) {
      ++day.skipped;
      continue;
    }
    day.repaired += line.repaired;
    day.lines.push_back({std::move(line.nick), std::move(line.text)});
  }
  return day;
}

std::vector<Day> read_days(const std::string& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.path().extension() == ".txt" && entry.path().stem().string().find_first_not_of("0123456789-") == std::string::npos) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Day> days;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    days.push_back(read_day(file.stem().string(), in));
  }
  return days;
}

}  // namespace replay
