#include "sdk/describe/text.hpp"
#include <algorithm>
#include <chrono>
#include "fechatter/ids.hpp"

namespace fechatter {

void append_id(const std::uint8_t* bytes, std::string& out) {
  AnyId id;
  std::copy_n(bytes, id.bytes.size(), id.bytes.begin());
  out += id.str();
}
bool parse_id(std::string_view text, std::uint8_t* bytes) {
  const auto id = AnyId::parse(text);
  if (id) std::copy(id->bytes.begin(), id->bytes.end(), bytes);
  return id.has_value();
}

void append_time(std::int64_t ms, std::string& out) {
  using namespace std::chrono;
  constexpr std::int64_t kFirst = -62167219200000, kLast = 253402300799999;  // years 0000 and 9999
  const sys_time<milliseconds> t{milliseconds{std::clamp(ms, kFirst, kLast)}};
  const auto day = floor<days>(t);
  const year_month_day d{day};
  const hh_mm_ss h{t - day};
  char s[] = "0000-00-00T00:00:00.000Z";
  const auto put = [&](int at, int width, int v) {
    for (int i = at + width; i-- > at; v /= 10) s[i] = static_cast<char>('0' + v % 10);
  };
  put(0, 4, static_cast<int>(d.year()));
  put(5, 2, static_cast<int>(static_cast<unsigned>(d.month())));
  put(8, 2, static_cast<int>(static_cast<unsigned>(d.day())));
  put(11, 2, static_cast<int>(h.hours().count()));
  put(14, 2, static_cast<int>(h.minutes().count()));
  put(17, 2, static_cast<int>(h.seconds().count()));
  put(20, 3, static_cast<int>(h.subseconds().count()));
  out.append(s, 24);
}

bool parse_time(std::string_view s, std::int64_t& ms) {
  using namespace std::chrono;
  const auto form = [&](std::size_t i, char c) { return s[i] == c; };
  if (s.size() < 20 || s.size() > 30 || s.back() != 'Z' || !form(4, '-') || !form(7, '-') || !form(10, 'T') || !form(13, ':') || !form(16, ':')) return false;
  bool ok = true;
  const auto get = [&](std::size_t at, std::size_t width) {
    int v = 0;
    for (std::size_t i = at; i < at + width; ++i) ok = ok && s[i] >= '0' && s[i] <= '9', v = v * 10 + (s[i] - '0');
    return v;
  };
  const year_month_day d{year{get(0, 4)}, month(static_cast<unsigned>(get(5, 2))), day(static_cast<unsigned>(get(8, 2)))};
  const int h = get(11, 2), m = get(14, 2), sec = get(17, 2);
  int milli = 0;
  if (s.size() > 20) {
    if (!form(19, '.') || s.size() == 21) return false;
    for (std::size_t i = 20; i + 1 < s.size(); ++i) ok = ok && s[i] >= '0' && s[i] <= '9';
    for (std::size_t i = 20; i < 23; ++i) milli = milli * 10 + (i + 1 < s.size() ? s[i] - '0' : 0);
  }
  if (!ok || !d.ok() || h > 23 || m > 59 || sec > 59) return false;
  ms = (sys_days{d}.time_since_epoch() + hours{h} + minutes{m} + seconds{sec} + milliseconds{milli}).count();
  return true;
}

bool valid_utf8(std::string_view s) {
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  const auto* end = p + s.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const int more = *p >= 0xf0 && *p <= 0xf4 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 && *p <= 0xdf ? 1 : 0;
    if (more == 0 || *p > 0xf4 || end - p <= more) return false;
    const unsigned char low = *p == 0xe0 ? 0xa0 : *p == 0xf0 ? 0x90 : 0x80, high = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) return false;
    for (int i = 2; i <= more; ++i)
      if ((p[i] & 0xc0) != 0x80) return false;
    p += more + 1;
  }
  return true;
}

bool is_line(std::string_view utf8) {
  const auto at = [&](std::size_t i) { return i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0u; };
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const unsigned c = at(i), next = at(i + 1), last = at(i + 2);
    if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0)) return false;
    if (c == 0xe2 && next == 0x80 && last >= 0xa8 && last <= 0xae) return false;
    if (c == 0xe2 && next == 0x81 && last >= 0xa6 && last <= 0xa9) return false;
  }
  return true;
}

}  // namespace fechatter
