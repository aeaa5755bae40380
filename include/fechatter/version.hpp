#pragma once
#include <string_view>

namespace fechatter {
/// Of the library, "major.minor.patch" (semver.org).
inline constexpr std::string_view kVersion = "0.1.0";
}  // namespace fechatter
