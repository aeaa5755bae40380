#include "sdk/core/hash.hpp"
#include <openssl/sha.h>

namespace fechatter {

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
  std::array<std::uint8_t, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (std::uint8_t b : sha256(bytes)) text += hex[b >> 4], text += hex[b & 15];
  return text;
}

}  // namespace fechatter
