#include "sdk/core/text/utf8.hpp"

#include <algorithm>

namespace fechatter::text {
namespace {

std::uint8_t byte(std::string_view bytes, std::size_t at) noexcept { return static_cast<std::uint8_t>(bytes[at]); }
bool continues(char c) noexcept { return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80; }

// What a first byte promises: how many follow, its own bits, and which second bytes are no overlong form or surrogate.
struct Lead {
  int more;
  char32_t bits;
  std::uint8_t low, high;
};
Lead lead_of(std::uint8_t b) noexcept {
  if (b >= 0xC2 && b <= 0xDF) return {1, b & 0x1FU, 0x80, 0xBF};
  if (b >= 0xE0 && b <= 0xEF) return {2, b & 0x0FU, std::uint8_t(b == 0xE0 ? 0xA0 : 0x80), std::uint8_t(b == 0xED ? 0x9F : 0xBF)};
  if (b >= 0xF0 && b <= 0xF4) return {3, b & 0x07U, std::uint8_t(b == 0xF0 ? 0x90 : 0x80), std::uint8_t(b == 0xF4 ? 0x8F : 0xBF)};
  return {0, 0, 0, 0};
}

}  // namespace

CodePoint decode(std::string_view bytes, std::size_t at) noexcept {
  const std::uint8_t first = byte(bytes, at);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.more == 0) return {};
  char32_t value = lead.bits;
  for (int i = 1; i <= lead.more; ++i) {
    const std::uint8_t low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
    const std::size_t next = at + static_cast<std::size_t>(i);
    if (next >= bytes.size() || byte(bytes, next) < low || byte(bytes, next) > high) return {kReplacement, static_cast<std::uint8_t>(i), false};
    value = value << 6 | (byte(bytes, next) & 0x3FU);
  }
  return {value, static_cast<std::uint8_t>(lead.more + 1), true};
}

char32_t before(std::string_view bytes, std::size_t at) noexcept {
  if (at == 0) return 0;
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && continues(bytes[start])) --start;
  const CodePoint c = decode(bytes.substr(0, at), start);
  return start + c.size == at ? c.value : kReplacement;
}

void append(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

bool is_valid(std::string_view bytes) noexcept {
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint c = decode(bytes, at);
    if (!c.valid) return false;
    at += c.size;
  }
  return true;
}

std::string repair(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const auto& c : CodePoints(bytes))
    if (c.value != 0) append(out, c.value);
  return out;
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const auto& c : CodePoints(text)) append(out, fold(c.value));
  return out;
}

std::string_view truncate(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  std::size_t start = bytes;
  while (start > 0 && bytes - start < 3 && continues(text[start])) --start;
  const bool inside = start < bytes && start + decode(text, start).size > bytes;
  return text.substr(0, inside ? start : bytes);
}

}  // namespace fechatter::text
