// The service's cryptography, all of it from OpenSSL and argon2.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fechatter {

/// Argon2id (RFC 9106), encoded as "$argon2id$v=19$m=…". Memory in KiB; a salt has at least 8 bytes. Empty: refused, or out of memory.
std::string argon2id_hash(std::string_view password, std::string_view salt, std::uint32_t memory_kib, std::uint32_t iterations);
bool argon2id_verify(const std::string& encoded, std::string_view password);

std::string hmac_sha256(std::string_view key, std::string_view bytes);  ///< 32 bytes
using Digest = std::array<std::uint8_t, 32>;
Digest sha256_digest(std::string_view bytes);
bool equal_constant_time(std::string_view, std::string_view);

/// A P-256 key for ES256 (RFC 7518 §3.4).
class EcKey {
 public:
  static std::optional<EcKey> generate();
  /// nullopt: no private key, encrypted, or of another curve.
  static std::optional<EcKey> from_pem(const std::string&);
  std::string to_pem() const;
  std::string sign(std::string_view bytes) const;                             ///< r and s, 64 bytes
  bool verify(std::string_view bytes, std::string_view signature) const;
  std::pair<std::string, std::string> point() const;                         ///< x and y, 32 bytes each
  /// The key's name: its JWK thumbprint (RFC 7638).
  const std::string& kid() const { return kid_; }

 private:
  explicit EcKey(std::shared_ptr<void> key);
  std::shared_ptr<void> key_;
  std::string kid_;
};

}  // namespace fechatter
