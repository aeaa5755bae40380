// Access tokens (JWT, ES256 only) and refresh tokens.
#pragma once
#include <cstring>
#include <unordered_map>
#include <vector>
#include "fechatter/ids.hpp"
#include "fechatter/result.hpp"
#include "sdk/runtime/files.hpp"
#include "sdk/runtime/random.hpp"
#include "sdk/service/accounts/crypto.hpp"

namespace fechatter {

struct Claims {
  UserId user;
  SessionId session;
  Time issued, expires;
};

/// On the main loop, but for issuing, which any thread may do.
class Tokens {
 public:
  struct Options {
    std::string issuer, audience;
    std::int64_t ttl_s = 900;
    std::string signing_key = {};     ///< PEM: signs in place of the directory's, which still verify
    std::string refresh_secret = {};  ///< in place of the directory's
    AnyId epoch = {};                 ///< of the store's history: what was issued in another is not taken
  };
  /// Reads the keys of a directory, or makes what neither it nor the options have. The newest signs, all verify.
  /// invalid_argument: the option is no P-256 key.
  static Result<std::unique_ptr<Tokens>> open(Files&, Random&, const std::string& directory, Options);
  Tokens(std::vector<EcKey> keys, std::string refresh_secret, Options options)
      : keys_(std::move(keys)), refresh_secret_(std::move(refresh_secret)), options_(std::move(options)) {}

  std::string issue(UserId, SessionId, Time now) const;
  /// nullopt: forged, expired, of another issuer, audience or history, or not ES256. A token seen before costs a look-up.
  std::optional<Claims> verify(std::string_view token, Time now);
  /// RFC 7517.
  std::string jwks_json() const;
  std::int64_t ttl_s() const { return options_.ttl_s; }

  /// "<session>.<generation>.<proof>": derived from a secret of the server, so that a retried refresh gets the same answer.
  std::string refresh_token(SessionId, std::int64_t generation) const;
  /// What stands for a secret text in a comparison: nobody without the server's own secret can try texts against it.
  std::string fingerprint(std::string_view purpose, std::string_view text) const;
  struct Refresh {
    SessionId session;
    std::int64_t generation = 0;
  };
  /// nullopt: not one that this server made.
  std::optional<Refresh> parse_refresh(std::string_view token) const;

 private:
  std::optional<Claims> check(std::string_view token, Time now) const;

  std::vector<EcKey> keys_;
  std::string refresh_secret_;
  Options options_;
  static constexpr std::size_t kRemembered = 10'000;
  struct Prefix {
    std::size_t operator()(const Digest& d) const noexcept {
      std::size_t n = 0;
      std::memcpy(&n, d.data(), sizeof n);
      return n;
    }
  };
  using Seen = std::unordered_map<Digest, Claims, Prefix>;  // a token itself is ten times as long
  Seen recent_, older_;  // of half of them each: when the first is full, it becomes the second
};

}  // namespace fechatter
