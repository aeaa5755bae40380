#include "tools/replay/lines.hpp"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include "sdk/core/text/utf8.hpp"

namespace replay {
namespace {
// nick and text of one line; an empty nick: not chat (joins, leaves, blanks).
Line parse(std::string_view raw) {
  if (raw.size() < 9 || raw[0] != '[') return {};
  const auto rest = raw.substr(raw.find(']') + 1);
  const auto open = rest.find_first_not_of(' ');
  if (open == rest.npos) return {};
  if (rest[open] == '<') {
    const auto close = rest.find('>', open);
    if (close == rest.npos) return {};
    return {std::string(rest.substr(open + 1, close - open - 1)), std::string(rest.substr(std::min(close + 2, rest.size())))};
  }
  if (rest[open] != '*') return {};
  const auto nick = rest.find_first_not_of(' ', open + 1);
  if (nick == rest.npos) return {};
  const auto end = std::min(rest.find(' ', nick), rest.size());
  return {std::string(rest.substr(nick, end - nick)), "*" + std::string(rest.substr(end)) + "*"};
}
}  // namespace

Day read_day(std::string name, std::istream& in) {
  Day day;
  day.name = std::move(name);
  for (std::string raw; std::getline(in, raw);) {
    if (!raw.empty() && raw.back() == '\r') raw.pop_back();
    Line line = parse(raw);
    const bool broken = !fechatter::text::is_valid(line.text) || !fechatter::text::is_valid(line.nick);
    line.text = fechatter::text::repair(line.text), line.nick = fechatter::text::repair(line.nick);
    if (line.nick.empty() || line.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      ++day.skipped;
      continue;
    }
    day.repaired += broken;
    day.lines.push_back(std::move(line));
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
