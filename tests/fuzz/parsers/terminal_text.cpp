// What the terminal client prints: no text of others moves its cursor, and times are times.
#include <algorithm>
#include <nlohmann/json.hpp>
#include "examples/terminal/screen/layout.hpp"
#include "examples/terminal/text.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/describe/text.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
// No control but tab and newline, no separator of lines or paragraphs, nothing that turns the direction.
bool moves_nothing(const std::string& out) {
  const auto byte = [&](std::size_t i) { return i < out.size() ? static_cast<unsigned char>(out[i]) : 0u; };
  bool bad = !text::is_valid(out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned a = byte(i), b = byte(i + 1), c = byte(i + 2);
    bad = bad || (a < 0x20 && a != '\n' && a != '\t') || a == 0x7f || (a == 0xc2 && b < 0xa0);
    bad = bad || (a == 0xe2 && b == 0x80 && c >= 0xa8 && c <= 0xae) || (a == 0xe2 && b == 0x81 && c >= 0xa6 && c <= 0xaf);
  }
  return !bad;
}
bool is_one_line(const std::string& out) { return moves_nothing(out) && out.find_first_of("\n\t") == out.npos; }
void check_text(std::string_view bytes) {
  const std::string text(bytes), whole = terminal::repaired(text);
  HOLDS(text::is_valid(whole) && terminal::repaired(whole) == whole);
  if (text::is_valid(text) && text.find('\0') == text.npos) HOLDS(whole == text);
  const std::string kept = terminal::harmless(text), body = terminal::indented(text), line = terminal::one_line(text);
  for (const std::string& out : {kept, body, line}) HOLDS(out.size() <= 7 * text.size() && moves_nothing(out));
  HOLDS(is_one_line(line) && terminal::one_line(line) == line && terminal::harmless(kept) == kept);
  HOLDS(std::count(kept.begin(), kept.end(), '\n') == std::count(text.begin(), text.end(), '\n'));
  if (text::is_valid(text) && moves_nothing(text)) HOLDS(kept == text);
}
// A person, a chat, a reaction and an error of any name take one line; a body has its own, below the first.
void check_lines(std::string_view bytes) {
  const auto third = bytes.size() / 3;
  Message m;
  m.body = bytes.substr(0, third), m.reactions.push_back({std::string(bytes.substr(third, third)), 1, false});
  std::string printed = terminal::message_text(m, std::string(bytes));
  HOLDS(moves_nothing(printed));
  for (std::size_t at = 0; (at = printed.find('\n', at)) != printed.npos; ++at) HOLDS(printed.compare(at, 7, "\n      ") == 0);
  m.body.clear();
  HOLDS(is_one_line(terminal::message_text(m, std::string(bytes))));
  ChatSummary chat;
  chat.name = bytes;
  HOLDS(is_one_line(terminal::chat_text(chat)));
  const std::string json = terminal::json_line(std::string(bytes));
  HOLDS(is_one_line(json) && nlohmann::json::parse(json).is_string());
  if (text::is_valid(bytes)) HOLDS(nlohmann::json::parse(json) == std::string(bytes));
}
// Lines of any width hold all of a text but its tabs, cut no character, and are no wider than one of them has to be.
void check_layout(std::string_view bytes, int width) {
  const std::string text(bytes), line = terminal::one_line(text);
  const std::size_t n = terminal::fitting(line, width);
  HOLDS(text::is_valid(line.substr(0, n)) && terminal::columns(line.substr(0, n)) <= std::max(0, width));
  HOLDS(n == line.size() || terminal::columns(line.substr(0, n)) + 2 >= width);
  const std::string end = terminal::ending(line, width);
  HOLDS(text::is_valid(end) && line.ends_with(end) && terminal::columns(end) <= std::max(0, width));
  std::size_t letters = 0;
  for (const std::string& part : terminal::wrapped(text, width)) {
    HOLDS(text::is_valid(part) && part.find_first_of("\n\t") == part.npos);
    HOLDS(terminal::columns(part) <= std::max(width, 2));
    letters += static_cast<std::size_t>(std::count_if(part.begin(), part.end(), [](char c) { return c != ' '; }));
  }
  const std::string kept = terminal::harmless(text);
  HOLDS(letters == static_cast<std::size_t>(std::count_if(kept.begin(), kept.end(), [](char c) { return c != ' ' && c != '\n' && c != '\t'; })));
}
void check_time(std::int64_t ms) {
  std::int64_t again = 0;
  const Time t{std::clamp<std::int64_t>(ms, -62167219200000, 253402300799999)};  // what the wire can say
  HOLDS(parse_time(terminal::time_text(t), again) && again == t.ms);
  HOLDS(terminal::clock_text(t).size() == 5);
}
}  // namespace

FUZZ_TARGET(terminal_text) {
  check_text(bytes);
  check_lines(bytes);
  for (const int width : {-2, 0, 1, 2, 7, 8, 80}) check_layout(bytes, width);
  check_time(fuzz::Input(bytes).number());
}
