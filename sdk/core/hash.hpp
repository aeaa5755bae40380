#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fechatter {
/// SHA-256 (FIPS 180-4), by OpenSSL.
std::array<std::uint8_t, 32> sha256(std::string_view bytes);
/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
}  // namespace fechatter
