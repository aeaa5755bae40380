// Broken and whole UTF-8, folding, and the words that search sees.
#include "sdk/core/text/tokens.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/describe/text.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter::text;

namespace {
// RFC 3629, §4, as its grammar stands there.
std::size_t sequence(std::string_view s) {
  const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  const unsigned a = at(0), b = at(1);
  if (a <= 0x7f) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
  if (a == 0xe0) return b >= 0xa0 && b <= 0xbf && tail(2) ? 3 : 0;
  if ((a >= 0xe1 && a <= 0xec) || a == 0xee || a == 0xef) return tail(1) && tail(2) ? 3 : 0;
  if (a == 0xed) return b >= 0x80 && b <= 0x9f && tail(2) ? 3 : 0;
  if (a == 0xf0) return b >= 0x90 && b <= 0xbf && tail(2) && tail(3) ? 4 : 0;
  if (a >= 0xf1 && a <= 0xf3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  if (a == 0xf4) return b >= 0x80 && b <= 0x8f && tail(2) && tail(3) ? 4 : 0;
  return 0;
}
bool valid(std::string_view s) {
  while (!s.empty()) {
    const std::size_t n = sequence(s);
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}
void check_utf8(std::string_view bytes) {
  const bool whole = valid(bytes);
  HOLDS(is_valid(bytes) == whole);
  HOLDS(fechatter::valid_utf8(bytes) == whole);
  const std::string repaired = repair(bytes), folded = fold(bytes);
  HOLDS(valid(repaired) && repair(repaired) == repaired && repaired.find('\0') == repaired.npos);
  HOLDS(repaired.size() <= 3 * bytes.size());
  if (whole && bytes.find('\0') == bytes.npos) HOLDS(repaired == bytes);
  HOLDS(valid(folded) && fold(folded) == folded);
}
void check_code_points(std::string_view bytes, bool whole) {
  std::string again;
  std::size_t at = 0;
  for (const auto& [value, offset, size] : CodePoints(bytes)) {
    HOLDS(offset == at && size >= 1 && size <= 4 && offset + size <= bytes.size());
    append(again, value);
    at += size;
    if (whole) HOLDS(before(bytes, at) == value);
  }
  HOLDS(at == bytes.size());
  HOLDS(whole ? again == bytes : valid(again));
}
void check_tokens(std::string_view bytes) {
  std::uint32_t at = 0;
  std::string joined;
  for (const Token& t : tokenise(bytes)) {
    HOLDS(t.begin >= at && t.begin < t.end && t.end <= bytes.size() && !t.text.empty() && valid(t.text));
    HOLDS(t.text.find_first_of(" \"'()*:^-+") == t.text.npos);  // nothing that FTS5 would take for syntax
    at = t.end;
    joined += (joined.empty() ? "" : " ") + t.text;
  }
  const std::string index = index_text(bytes);
  HOLDS(index == joined && index_text(index) == index);
}
}  // namespace

FUZZ_TARGET(tokens) {
  check_utf8(bytes);
  const bool whole = valid(bytes);
  check_code_points(bytes, whole);
  check_tokens(bytes);
  for (std::size_t n = 0; n <= bytes.size() && n < 12; ++n) {
    const auto cut = truncate(bytes, n);
    HOLDS(cut.size() <= n && bytes.starts_with(cut));
    if (whole) HOLDS(valid(cut) && n - cut.size() < 4);
  }
}
