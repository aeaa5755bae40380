// What the terminal client prints: no text of others moves its cursor, and times are times.
#include "examples/terminal/text.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/describe/text.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
void check_text(std::string_view bytes) {
  const std::string text(bytes), whole = terminal::repaired(text);
  HOLDS(text::is_valid(whole) && terminal::repaired(whole) == whole);
  if (text::is_valid(text) && text.find('\0') == text.npos) HOLDS(whole == text);
  for (const bool lines : {false, true}) {
    const std::string out = terminal::harmless(text, lines);
    HOLDS(out.size() <= 7 * text.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto c = static_cast<unsigned char>(out[i]);
      HOLDS((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t');
      HOLDS(!(c == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) >= 0x80 && static_cast<unsigned char>(out[i + 1]) < 0xa0));
    }
    if (text::is_valid(text)) HOLDS(text::is_valid(out));
  }
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
  check_time(fuzz::Input(bytes).number());
}
