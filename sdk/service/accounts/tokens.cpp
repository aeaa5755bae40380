#include "sdk/service/accounts/tokens.hpp"
#include <algorithm>
#include <utility>
#include "sdk/describe/json.hpp"
#include "sdk/protocol/cursor.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kSkewMs = 60'000;  // of clocks, for tokens from the future

struct TokenHeader {
  std::string alg, typ, kid;
};
struct TokenBody {
  std::string iss, aud;
  UserId sub;
  SessionId sid;
  AnyId epoch;  // a session that began after a backup is not in it, and could not be ended
  std::int64_t iat = 0, exp = 0;
  std::optional<std::int64_t> nbf;
};

// One token has one text: base64url leaves bits of the last character unused, and whoever sets them has altered the token.
std::optional<std::string> decoded(std::string_view part) {
  auto bytes = from_base64url(part);
  if (bytes && base64url(*bytes) != part) bytes.reset();
  return bytes;
}
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::TokenHeader, "token_header", FECHATTER_FIELD(alg), FECHATTER_FIELD(typ), FECHATTER_FIELD(kid));
FECHATTER_RECORD(fechatter::TokenBody, "token_body", FECHATTER_FIELD(iss), FECHATTER_FIELD(aud), FECHATTER_FIELD(sub), FECHATTER_FIELD(sid),
                 FECHATTER_FIELD(epoch), FECHATTER_FIELD(iat), FECHATTER_FIELD(exp), FECHATTER_FIELD(nbf));
namespace fechatter {

namespace {
// "<number>.pem": the highest number is the newest.
Result<std::vector<EcKey>> read_keys(Files& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names) return names.error();
  std::vector<EcKey> keys;
  for (const std::string& name : *names) {
    if (name.size() < 5 || name.compare(name.size() - 4, 4, ".pem") != 0) continue;
    auto pem = files.read(directory + '/' + name);
    auto key = pem ? EcKey::from_pem(*pem) : std::nullopt;
    if (!key) return Error{Code::corrupt, directory + '/' + name + " is not a P-256 key", {}};
    keys.push_back(std::move(*key));
  }
  return keys;
}
// The key that signs, where it is not the directory's newest.
Result<std::optional<EcKey>> other_key(Files& files, const std::string& directory, const std::string& given, bool some) {
  if (!given.empty()) {
    auto key = EcKey::from_pem(given);
    return key ? Result(std::move(key)) : Error{Code::invalid_argument, "auth.signing_key: is not a P-256 key in PEM", {}};
  }
  if (some) return std::optional<EcKey>();
  auto key = EcKey::generate();
  if (!key) return Error{Code::internal, "cannot make a key", {}};
  if (auto done = files.write_atomic(directory + "/0001.pem", key->to_pem()); !done) return done.error();
  return key;
}
Result<std::string> read_secret(Files& files, Random& random, const std::string& path) {
  if (files.exists(path)) {
    auto bytes = files.read(path);
    if (bytes && bytes->size() != 32) return Error{Code::corrupt, path + " is damaged", {}};
    return bytes;
  }
  std::string secret(32, '\0');
  random.fill(secret.data(), secret.size());
  if (auto done = files.write_atomic(path, secret); !done) return done.error();
  return secret;
}
}  // namespace

Result<std::unique_ptr<Tokens>> Tokens::open(Files& files, Random& random, const std::string& directory, Options options) {
  if (auto done = files.create_directories(directory); !done) return done.error();
  auto keys = read_keys(files, directory);
  if (!keys) return keys.error();
  auto other = other_key(files, directory, options.signing_key, !keys->empty());
  if (!other) return other.error();
  if (*other) keys->push_back(std::move(**other));
  auto secret = options.refresh_secret.empty() ? read_secret(files, random, directory + "/refresh.secret") : Result(options.refresh_secret);
  if (!secret) return secret.error();
  return std::make_unique<Tokens>(std::move(*keys), std::move(*secret), std::move(options));
}

std::string Tokens::issue(UserId user, SessionId session, Time now) const {
  const EcKey& key = keys_.back();
  std::string text = base64url("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" + key.kid() + "\"}") + '.';
  text += base64url(to_json(TokenBody{options_.issuer, options_.audience, user, session, options_.epoch, now.ms / 1000, now.ms / 1000 + options_.ttl_s}));
  return text + '.' + base64url(key.sign(text));
}

std::optional<Claims> Tokens::verify(std::string_view token, Time now) {
  const Digest digest = sha256_digest(token);
  if (const auto it = recent_.find(digest); it != recent_.end()) return it->second.expires > now ? std::optional(it->second) : std::nullopt;
  const auto it = older_.find(digest);
  auto claims = it != older_.end() && it->second.expires > now ? std::optional(it->second) : check(token, now);
  if (!claims) return claims;
  if (recent_.size() >= kRemembered / 2) older_ = std::exchange(recent_, {});
  recent_.emplace(digest, *claims);
  return claims;
}

std::optional<Claims> Tokens::check(std::string_view token, Time now) const {
  const auto first = token.find('.'), second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (token.size() > 2048 || second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  const auto header_text = decoded(token.substr(0, first)), body_text = decoded(token.substr(first + 1, second - first - 1)),
             signature = decoded(token.substr(second + 1));
  TokenHeader header;
  TokenBody body;
  // Strict: what we did not write into a header ("crit", "jwk") must not be passed over (RFC 7515 §4.1.11).
  if (!header_text || !body_text || !signature || read_json(*header_text, header, Reading::strict)) return std::nullopt;
  if (header.alg != "ES256" || header.typ != "JWT") return std::nullopt;
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const EcKey& k) { return k.kid() == header.kid; });
  if (key == keys_.end() || !key->verify(token.substr(0, second), *signature)) return std::nullopt;
  if (read_json(*body_text, body, Reading::tolerant) || body.iss != options_.issuer || body.aud != options_.audience || body.epoch != options_.epoch)
    return std::nullopt;
  const std::int64_t latest = now.ms + kSkewMs;
  if (body.exp * 1000 <= now.ms || body.iat * 1000 > latest || body.nbf.value_or(0) * 1000 > latest) return std::nullopt;
  if (!body.sub || !body.sid) return std::nullopt;
  return Claims{body.sub, body.sid, {body.iat * 1000}, {body.exp * 1000}};
}

std::string Tokens::jwks_json() const {
  std::string json = "{\"keys\":[";
  for (const EcKey& key : keys_) {
    const auto [x, y] = key.point();
    if (json.back() != '[') json += ',';
    json += "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"" + key.kid() + "\",\"x\":\"" + base64url(x) + "\",\"y\":\"" +
        base64url(y) + "\"}";
  }
  return json + "]}";
}

std::string Tokens::refresh_token(SessionId session, std::int64_t generation) const {
  const std::string name = session.str() + '.' + std::to_string(generation);
  return name + '.' + base64url(hmac_sha256(refresh_secret_, name));
}
std::string Tokens::fingerprint(std::string_view purpose, std::string_view text) const {
  return base64url(hmac_sha256(refresh_secret_, std::string(purpose) + '\n' + std::string(text)));  // no refresh token has a line break
}
std::optional<Tokens::Refresh> Tokens::parse_refresh(std::string_view token) const {
  const auto first = token.find('.'), second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || second - first > 16 || token.size() > 200) return std::nullopt;
  const auto session = SessionId::parse(token.substr(0, first));
  const auto digits = token.substr(first + 1, second - first - 1);
  if (!session || digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  Refresh r{*session, 0};
  for (const char c : digits) r.generation = r.generation * 10 + (c - '0');
  if (!equal_constant_time(refresh_token(r.session, r.generation), token)) return std::nullopt;
  return r;
}

}  // namespace fechatter
