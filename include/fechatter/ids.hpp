#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fechatter {

/// 16 bytes, in network order, written as lower-case UUID text with hyphens. `Tag` makes ids of different things different types.
/// Ids are UUIDv7 (RFC 9562), made by whoever creates the thing; ids of direct chats are derived (UUIDv8).
/// The default value is the nil id, which names nothing.
template <class Tag> struct Id {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Id&) const = default;
  /// False for the nil id.
  explicit operator bool() const noexcept { return bytes != std::array<std::uint8_t, 16>{}; }
  /// 36 characters, for example "0190a5b0-1111-7abc-8def-0123456789ab".
  std::string str() const {
    static constexpr char hex[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
      text += hex[bytes[i] >> 4];
      text += hex[bytes[i] & 15];
    }
    return text;
  }
  /// Strict: exactly what `str` prints; anything else is nullopt.
  static std::optional<Id> parse(std::string_view text) noexcept {
    if (text.size() != 36) return std::nullopt;
    const auto nibble = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    Id id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
      if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
      const int high = nibble(text[at++]), low = nibble(text[at++]);
      if (high < 0 || low < 0) return std::nullopt;
      id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return id;
  }
};

using UserId = Id<struct UserTag>;
using ChatId = Id<struct ChatTag>;
using MessageId = Id<struct MessageTag>;
using WorkspaceId = Id<struct WorkspaceTag>;
using SessionId = Id<struct SessionTag>;
/// Names one change for ever: a retry under the same id is answered like the first time.
using CommandId = Id<struct CommandTag>;
/// An id whose kind is said elsewhere (a stream, a subject).
using AnyId = Id<struct AnyTag>;

/// The same bytes under another tag.
template <class To, class From> constexpr To id_cast(const From& id) noexcept { return To{id.bytes}; }

/// Milliseconds since 1970-01-01T00:00:00Z.
struct Time {
  std::int64_t ms = 0;
  auto operator<=>(const Time&) const = default;
};

}  // namespace fechatter
