// The rules of single values, the same for JSON and for URL parameters.
#pragma once
#include "sdk/describe/json.hpp"

namespace fechatter {

inline constexpr std::int64_t kMaxNumber = (std::int64_t{1} << 53) - 1;  ///< what JavaScript keeps exactly

/// "an integer", "a string", …: what JSON must hold for this type.
std::string_view wanted(const Type&);
/// The type inside any number of `maybe`.
const Type& inner(const Type&);
std::optional<std::uint8_t> choice_of(const Type&, std::string_view text);

/// Check and store one value. Empty: stored; otherwise what is wrong with it.
std::string store_text(std::string_view text, const Type&, const Rules&, void* at, Reading);
std::string store_number(std::int64_t, const Type&, const Rules&, void* at);

}  // namespace fechatter
