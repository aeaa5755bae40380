// Text forms of ids and times, and what valid UTF-8 is.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace fechatter {

void append_id(const std::uint8_t* bytes, std::string& out);
/// Exactly 36 characters, lower case.
bool parse_id(std::string_view text, std::uint8_t* bytes);
/// RFC 3339 in UTC with milliseconds: "2026-11-23T14:05:06.123Z". Years 0000 to 9999; anything else is clamped.
void append_time(std::int64_t ms, std::string& out);
/// Also without a fraction, or with one to nine digits of it.
bool parse_time(std::string_view text, std::int64_t& ms);
/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);
/// No line breaks, no other control characters, and none that turn the direction of what follows (Unicode's embeddings, overrides and isolates).
bool is_line(std::string_view utf8);

}  // namespace fechatter
