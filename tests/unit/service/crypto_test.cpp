// Known answers of the standards, and what a key file may not be.
#include "sdk/service/accounts/crypto.hpp"
#include <catch2/catch.hpp>
#include "sdk/protocol/cursor.hpp"

using namespace fechatter;

namespace {
std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) text += digits[static_cast<unsigned char>(c) >> 4], text += digits[c & 15];
  return text;
}
// The key that RFC 7515 appendix A.3 publishes: x f83OJ3D2…, y x_FEzRu9…, d jpsQnnGQ….
const char* const kPublished =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";
// A key of secp256k1: as long, another curve.
const char* const kOtherCurve =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgq2Vq85ezoR7La9D0ZdyS\n"
    "iyWh4ESseqVhzBMOoopbykihRANCAATuhmI7fvGXPG2SONOGOsT2fnESkkC3xd2o\n"
    "wemdcE0/mC42uD0KaSRqv3wwtavVDTICIs97AZRuabF9P61/bNik\n"
    "-----END PRIVATE KEY-----\n";
const char* const kEncrypted =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAjvZ/1B4jK5MwIBZDAM\n"
    "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQoVqji9CGwDgVel83CG7rhgSBkPAD\n"
    "TcyDp4CvGALSHWTOp9TS2GV1WnWRcX35fd3IledOxu+QlLOBcdkumV521OgZDg+a\n"
    "Cixk5dG5BFNkl6cfguN+PQYuwe5nsTLZIpI60ICUwUrbr5z3CwlXwCMUWl02BEfi\n"
    "QxcIJ6O8/7YfIojhUofvh6IKOcuTxJHkd5Rylxu2HjG3nfrEMYyUm67cQrsaKA==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
}  // namespace

TEST_CASE("HMAC-SHA256 gives the answers of RFC 4231") {
  CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("texts are compared whole") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("abc", "abc"));
  CHECK_FALSE(equal_constant_time("abc", "abd"));
  CHECK_FALSE(equal_constant_time("abc", "abcd"));
}

TEST_CASE("Argon2id gives the reference answer and verifies only the password") {
  const std::string known = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  CHECK(argon2id_hash("password", "somesalt", 256, 2) == known);
  CHECK(argon2id_verify(known, "password"));
  CHECK_FALSE(argon2id_verify(known, "passwore"));
  CHECK_FALSE(argon2id_verify(known, ""));
  CHECK_FALSE(argon2id_verify("", "password"));
  CHECK_FALSE(argon2id_verify("not a hash", "password"));
  CHECK_FALSE(argon2id_verify(known.substr(0, known.size() - 4), "password"));
  CHECK(argon2id_hash("password", "short", 256, 2).empty());
}

TEST_CASE("ES256 accepts the signature of RFC 7515 A.3 and nothing near it") {
  const auto key = EcKey::from_pem(kPublished);
  REQUIRE(key);
  CHECK(base64url(key->point().first) == "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  CHECK(base64url(key->point().second) == "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  CHECK(key->kid() == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  const std::string input = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const auto signature = from_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  REQUIRE(signature);
  CHECK(key->verify(input, *signature));
  CHECK_FALSE(key->verify(input + ' ', *signature));
  for (std::size_t i = 0; i < signature->size(); ++i) {
    std::string bent = *signature;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    CHECK_FALSE(key->verify(input, bent));
  }
  CHECK_FALSE(key->verify(input, ""));
  CHECK_FALSE(key->verify(input, signature->substr(1)));
  CHECK_FALSE(key->verify(input, *signature + '\0'));
  CHECK_FALSE(key->verify(input, std::string(64, '\0')));
  CHECK_FALSE(key->verify(input, std::string(64, '\xff')));
}

TEST_CASE("a key survives its file and signs for nobody else") {
  const auto key = EcKey::generate(), other = EcKey::generate();
  REQUIRE((key && other));
  const auto again = EcKey::from_pem(key->to_pem());
  REQUIRE(again);
  CHECK(again->kid() == key->kid());
  CHECK(other->kid() != key->kid());
  for (int i = 0; i < 64; ++i) {  // r and s have leading zeros now and then
    const std::string text = "message " + std::to_string(i), signature = key->sign(text);
    REQUIRE(signature.size() == 64);
    CHECK(again->verify(text, signature));
    CHECK_FALSE(other->verify(text, signature));
  }
}

TEST_CASE("what is no plain P-256 private key is refused") {
  CHECK_FALSE(EcKey::from_pem(""));
  CHECK_FALSE(EcKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  CHECK_FALSE(EcKey::from_pem(std::string(kPublished).substr(0, 120)));
  CHECK_FALSE(EcKey::from_pem(kOtherCurve));
  CHECK_FALSE(EcKey::from_pem(kEncrypted));
}
