#include "sdk/core/text/urls.hpp"

#include <algorithm>
#include <cstring>

#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

// Bytes of the scheme with its separator, 0 if it is not that one.
std::size_t scheme(std::string_view url, std::string_view wanted) {
  if (url.size() <= wanted.size()) return 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (fold(static_cast<unsigned char>(url[i])) != static_cast<unsigned char>(wanted[i])) return 0;
  return wanted.size();
}
std::size_t web_scheme(std::string_view url) { return std::max(scheme(url, "http://"), scheme(url, "https://")); }

bool in_url(const CodePoint& c) {
  if (!c.valid || c.value <= ' ' || c.value == 0x7F || is_space(c.value)) return false;
  if (c.value < 0x80) return std::strchr("<>\"`[]\\{}|^", static_cast<int>(c.value)) == nullptr;
  return is_word(c.value) || is_emoji(c.value);  // "。" and "）" end it, "中" does not
}

// "(https://example.org)." without the "." and the ")".
std::size_t without_trailing(std::string_view url) {
  auto open = std::count(url.begin(), url.end(), '('), closed = std::count(url.begin(), url.end(), ')');
  std::size_t end = url.size();
  for (; end > 0; --end) {
    const char c = url[end - 1];
    if (c == ')' && closed > open) --closed;
    else if (!std::strchr("?!.,:;*_~'", c)) break;
  }
  return end;
}

}  // namespace

std::size_t bare_url(std::string_view text, std::size_t at) {
  const char32_t left = before(text, at);
  const std::size_t start = web_scheme(text.substr(at));
  if (start == 0 || left == '_' || (is_word(left) && left < 0x80)) return 0;
  std::size_t end = at + start;
  while (end < text.size()) {
    const CodePoint c = decode(text, end);
    if (!in_url(c)) break;
    end += c.size;
  }
  const std::size_t size = without_trailing(text.substr(at, end - at));
  return size <= start ? 0 : at + size;
}

std::size_t link_target(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '(') return 0;
  const std::string_view url = text.substr(at + 1, kMaxTargetBytes + 1);
  if (!web_scheme(url) && !scheme(url, "mailto:")) return 0;
  int depth = 0;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const auto c = static_cast<unsigned char>(url[i]);
    if (c <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '\\' || c == '"' || c == '`') return 0;
    if (c == '(' && ++depth > 8) return 0;
    if (c == ')' && --depth < 0) return i > scheme(url, "mailto:") && i > web_scheme(url) ? at + i + 2 : 0;
  }
  return 0;
}

}  // namespace fechatter::text
