#include "server/fechatterd/operations/irc_log.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter {
namespace {
std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}
int number(std::string_view two) {
  for (const char c : two)
    if (c < '0' || c > '9') return -1;
  return (two[0] - '0') * 10 + two[1] - '0';
}
// Takes "[HH:MM]" away; -1: it is not there.
int take_minute(std::string_view& s) {
  if (s.size() < 7 || s[0] != '[' || s[3] != ':' || s[6] != ']') return -1;
  const int hours = number(s.substr(1, 2)), minutes = number(s.substr(4, 2));
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return -1;
  s.remove_prefix(7);
  return hours * 60 + minutes;
}
std::string repair(std::string_view bytes, IrcLine& line) {
  line.repaired |= !text::is_valid(bytes);
  return text::repair(bytes);
}
void take_words(std::string_view nick, std::string_view words, bool action, IrcLine& line) {
  line.nick = repair(nick, line), line.text = repair(words, line);
  if (trimmed(line.nick).empty()) return;
  line.kind = trimmed(line.text).empty() ? IrcLine::status : IrcLine::message;
  if (action) line.text = '*' + line.text + '*';
}
}  // namespace

IrcLine parse_irc_line(std::string_view raw) {
  IrcLine line;
  std::string_view rest = raw;
  const int minute = take_minute(rest);
  rest = trimmed(rest);
  if (rest.empty() || rest.substr(0, 3) == "===") return line.kind = IrcLine::status, line;
  if (minute < 0) return line;
  line.minute = minute;
  if (const auto close = rest.find('>'); rest[0] == '<' && close != rest.npos) {
    take_words(rest.substr(1, close - 1), trimmed(rest.substr(close + 1)), false, line);
  } else if (rest[0] == '*') {
    const auto action = trimmed(rest.substr(1));
    const auto end = std::min(action.find(' '), action.size());
    take_words(action.substr(0, end), trimmed(action.substr(end)), true, line);
  }
  return line;
}

}  // namespace fechatter
