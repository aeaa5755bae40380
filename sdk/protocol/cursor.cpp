#include "sdk/protocol/cursor.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr char kVersion = 1;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void put(std::string& out, std::uint64_t n, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
}
std::uint64_t take(std::string_view& in, std::size_t bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < bytes; ++i) n = n << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(bytes);
  return n;
}
template <class I> I take_id(std::string_view& in) {
  I id;
  std::copy_n(in.begin(), id.bytes.size(), id.bytes.begin());
  in.remove_prefix(id.bytes.size());
  return id;
}
}  // namespace

std::string base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += kAlphabet[bits >> (have - 6) & 63];
  }
  if (have > 0) out += kAlphabet[bits << (6 - have) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const auto at = kAlphabet.find(c);
    if (at == kAlphabet.npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(at);
    if ((have += 6) >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  return out;
}

std::uint32_t cursor_check(const CommandId& id) {
  std::string_view bytes(reinterpret_cast<const char*>(id.bytes.data()), 16);
  bytes.remove_prefix(12);  // the random tail of a UUIDv7
  return static_cast<std::uint32_t>(take(bytes, 4));
}

std::string encode_cursor(const Cursor& c) {
  std::string bytes(1, kVersion);
  bytes.append(reinterpret_cast<const char*>(c.epoch.bytes.data()), 16);
  put(bytes, static_cast<std::uint64_t>(c.base), 8);
  put(bytes, c.check, 4);
  if (c.target > 0) {
    put(bytes, static_cast<std::uint64_t>(c.target), 8);
    if (c.after) bytes.append(reinterpret_cast<const char*>(c.after->bytes.data()), 16);
  }
  return base64url(bytes);
}

std::optional<Cursor> decode_cursor(std::string_view text) {
  const auto bytes = text.size() <= 128 ? from_base64url(text) : std::nullopt;
  if (!bytes || (bytes->size() != 29 && bytes->size() != 37 && bytes->size() != 53) || (*bytes)[0] != kVersion) return std::nullopt;
  std::string_view in(*bytes);
  in.remove_prefix(1);
  Cursor c;
  c.epoch = take_id<AnyId>(in);
  c.base = static_cast<std::int64_t>(take(in, 8)), c.check = static_cast<std::uint32_t>(take(in, 4));
  if (!in.empty()) c.target = static_cast<std::int64_t>(take(in, 8));
  if (!in.empty()) c.after = take_id<ChatId>(in);
  if (c.base < 0 || c.target < 0 || (c.target == 0 && bytes->size() > 29)) return std::nullopt;
  return c;
}

}  // namespace fechatter
