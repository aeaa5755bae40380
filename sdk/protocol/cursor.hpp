// The opaque cursor of sync rounds and streams: which history, up to where. Clients keep it and compare `base`; nobody edits it.
#pragma once
#include <optional>
#include <string>
#include "fechatter/ids.hpp"

namespace fechatter {

struct Cursor {
  AnyId epoch;                 ///< the history; it changes when a database is restored
  std::int64_t base = 0;       ///< everything up to this position is known
  std::uint32_t check = 0;     ///< 32 bits of the command id at `base`: a restored backup is noticed
  std::int64_t target = 0;     ///< > 0: in the middle of a round, which ends here
  std::optional<ChatId> after; ///< of a round's later pages: the last chat of the page before
  bool finished() const { return target == 0; }
  bool operator==(const Cursor&) const = default;
};

/// Base64url (RFC 4648 §5, no padding) of a version byte and the fields, big-endian.
std::string encode_cursor(const Cursor&);
/// nullopt: not one of ours, or of another version.
std::optional<Cursor> decode_cursor(std::string_view);

std::uint32_t cursor_check(const CommandId&);

/// Base64url without padding.
std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace fechatter
