#include "sdk/service/accounts/crypto.hpp"
#include <argon2.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include "sdk/core/hash.hpp"
#include "sdk/protocol/cursor.hpp"

namespace fechatter {
namespace {
template <auto Free> struct Freed {
  template <class T> void operator()(T* p) const { Free(p); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
EVP_PKEY* pkey(const std::shared_ptr<void>& p) { return static_cast<EVP_PKEY*>(p.get()); }
std::shared_ptr<void> owned(EVP_PKEY* key) {
  return {key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }};
}

std::string coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Number n(raw);
  std::string out(32, '\0');
  BN_bn2binpad(n.get(), reinterpret_cast<unsigned char*>(out.data()), 32);
  return out;
}
}  // namespace

std::string argon2id_hash(std::string_view password, std::string_view salt, std::uint32_t memory_kib, std::uint32_t iterations) {
  constexpr std::size_t kHash = 32;
  std::string out(argon2_encodedlen(iterations, memory_kib, 1, static_cast<std::uint32_t>(salt.size()), kHash, Argon2_id), '\0');
  if (argon2id_hash_encoded(iterations, memory_kib, 1, password.data(), password.size(), salt.data(), salt.size(), kHash, out.data(), out.size()) != ARGON2_OK)
    return {};
  out.resize(out.find('\0'));
  return out;
}
bool argon2id_verify(const std::string& encoded, std::string_view password) {
  return ::argon2id_verify(encoded.c_str(), password.data(), password.size()) == ARGON2_OK;
}

Digest sha256_digest(std::string_view bytes) {
  Digest digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}
std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(32, '\0');
  unsigned int size = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}
bool equal_constant_time(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

EcKey::EcKey(std::shared_ptr<void> key) : key_(std::move(key)) {
  const auto [x, y] = point();
  const auto digest = sha256("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + base64url(x) + "\",\"y\":\"" + base64url(y) + "\"}");
  kid_ = base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}
std::optional<EcKey> EcKey::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (!key) return std::nullopt;
  return EcKey(owned(key));
}
std::optional<EcKey> EcKey::from_pem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without a callback of ours an encrypted key would ask for its passphrase on the terminal.
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr);
  if (!key) return std::nullopt;
  auto kept = owned(key);
  char group[32] = {};
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1 || std::string_view(group) != "prime256v1") return std::nullopt;
  return EcKey(std::move(kept));
}
std::string EcKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), pkey(key_), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}
std::pair<std::string, std::string> EcKey::point() const {
  return {coordinate(pkey(key_), OSSL_PKEY_PARAM_EC_PUB_X), coordinate(pkey(key_), OSSL_PKEY_PARAM_EC_PUB_Y)};
}

std::string EcKey::sign(std::string_view bytes) const {
  const Context context(EVP_MD_CTX_new());
  std::size_t size = 80;
  std::string der(size, '\0');
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey(key_)) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes_of(bytes), bytes.size()) != 1)
    return {};
  const unsigned char* p = bytes_of(der);
  const Signature s(d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(size)));
  std::string out(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(s.get()), reinterpret_cast<unsigned char*>(out.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(s.get()), reinterpret_cast<unsigned char*>(out.data()) + 32, 32);
  return out;
}

bool EcKey::verify(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != 64) return false;
  const Signature s(ECDSA_SIG_new());
  ECDSA_SIG_set0(s.get(), BN_bin2bn(bytes_of(signature), 32, nullptr), BN_bin2bn(bytes_of(signature) + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(s.get(), &der);
  if (size <= 0) return false;
  const Context context(EVP_MD_CTX_new());
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey(key_)) == 1 &&
      EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size), bytes_of(bytes), bytes.size()) == 1;
  OPENSSL_free(der);
  return good;
}

}  // namespace fechatter
