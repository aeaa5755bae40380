// What an access token must be, forgery by forgery; refresh tokens; the files behind both.
#include "sdk/service/accounts/tokens.hpp"
#include <catch2/catch.hpp>
#include "sdk/protocol/cursor.hpp"
#include "tests/unit/service/account_world.hpp"

using namespace fechatter;
using namespace fechatter::account_test;

namespace {
constexpr Time kNow{1'700'000'000'000};
const Tokens::Options kOptions{"fechatter", "fechatter", 900};
const std::string kSecret(32, 's');

struct Signer {
  EcKey key = *EcKey::generate();
  UserId user = made_id<UserId>(1);
  SessionId session = made_id<SessionId>(2);
  Tokens tokens{{key}, kSecret, kOptions};

  std::string header(const std::string& more = "") const { return R"({"alg":"ES256","typ":"JWT","kid":")" + key.kid() + "\"" + more + "}"; }
  std::string body(std::int64_t iat, std::int64_t exp, const std::string& more = "", const std::string& iss = "fechatter",
                   const std::string& aud = "fechatter") const {
    return R"({"iss":")" + iss + R"(","aud":")" + aud + R"(","sub":")" + user.str() + R"(","sid":")" + session.str() + R"(","iat":)" + std::to_string(iat) +
        ",\"exp\":" + std::to_string(exp) + more + "}";
  }
  std::string body() const { return body(kNow.ms / 1000, kNow.ms / 1000 + 900); }
  std::string sign(const std::string& header_text, const std::string& body_text) const {
    const std::string text = base64url(header_text) + '.' + base64url(body_text);
    return text + '.' + base64url(key.sign(text));
  }
  bool good(const std::string& token, Time now = kNow) { return tokens.verify(token, now).has_value(); }
};
}  // namespace

TEST_CASE("a token of another history is none: its session may not be in this one, and could not be ended") {
  Signer s;
  Tokens::Options restored = kOptions;
  restored.epoch = made_id<AnyId>(3);
  Tokens later{{s.key}, kSecret, restored};
  CHECK_FALSE(later.verify(s.tokens.issue(s.user, s.session, kNow), kNow));
  CHECK_FALSE(s.good(later.issue(s.user, s.session, kNow)));
  CHECK_FALSE(later.verify(s.sign(s.header(), s.body()), kNow));
  CHECK(later.verify(later.issue(s.user, s.session, kNow), kNow));
}

TEST_CASE("an issued token says who, until when, and is verified again from memory") {
  Signer s;
  const std::string token = s.tokens.issue(s.user, s.session, kNow);
  for (int i = 0; i < 2; ++i) {
    const auto claims = s.tokens.verify(token, kNow);
    REQUIRE(claims);
    CHECK(claims->user == s.user);
    CHECK(claims->session == s.session);
    CHECK(claims->issued == kNow);
    CHECK(claims->expires == Time{kNow.ms + 900'000});
  }
  CHECK(s.good(token, {kNow.ms + 899'999}));
  CHECK_FALSE(s.good(token, {kNow.ms + 900'000}));  // also one that is remembered
  Tokens fresh({s.key}, kSecret, kOptions);
  CHECK_FALSE(fresh.verify(token, {kNow.ms + 900'000}));
}

TEST_CASE("another algorithm is no algorithm") {
  Signer s;
  const std::string kid = R"("typ":"JWT","kid":")" + s.key.kid() + "\"}";
  CHECK(s.good(s.sign(s.header(), s.body())));
  CHECK_FALSE(s.good(s.sign(R"({"alg":"none",)" + kid, s.body())));
  CHECK_FALSE(s.good(s.sign(R"({"alg":"es256",)" + kid, s.body())));
  const std::string none = base64url(R"({"alg":"none",)" + kid) + '.' + base64url(s.body()) + '.';
  CHECK_FALSE(s.good(none));
  // The classic: the public key, which everybody has, as the secret of an HMAC.
  const std::string text = base64url(R"({"alg":"HS256",)" + kid) + '.' + base64url(s.body());
  const auto [x, y] = s.key.point();
  for (const std::string& secret : {x + y, '\x04' + x + y, s.tokens.jwks_json()}) CHECK_FALSE(s.good(text + '.' + base64url(hmac_sha256(secret, text))));
}

TEST_CASE("the header is ours to the letter") {
  Signer s;
  const std::string kid = s.key.kid();
  CHECK_FALSE(s.good(s.sign(R"({"alg":"ES256","kid":")" + kid + "\"}", s.body())));
  CHECK_FALSE(s.good(s.sign(R"({"alg":"ES256","typ":"at+jwt","kid":")" + kid + "\"}", s.body())));
  CHECK_FALSE(s.good(s.sign(R"({"alg":"ES256","typ":"JWT"})", s.body())));
  CHECK_FALSE(s.good(s.sign(R"({"alg":"ES256","typ":"JWT","kid":"other"})", s.body())));
  CHECK_FALSE(s.good(s.sign(s.header(R"(,"crit":["exp"])"), s.body())));
  CHECK_FALSE(s.good(s.sign(s.header(R"(,"alg":"ES256")"), s.body())));
  CHECK_FALSE(s.good(s.sign("", s.body())));
  CHECK_FALSE(s.good(s.sign("[]", s.body())));
}

TEST_CASE("a stranger's key signs nothing, also under our key's name") {
  Signer s, stranger;
  CHECK_FALSE(s.good(stranger.sign(stranger.header(), s.body())));
  CHECK_FALSE(s.good(stranger.sign(s.header(), s.body())));
  const auto [x, y] = stranger.key.point();
  const std::string jwk = R"(,"jwk":{"kty":"EC","crv":"P-256","x":")" + base64url(x) + R"(","y":")" + base64url(y) + "\"}";
  CHECK_FALSE(s.good(stranger.sign(s.header(jwk), s.body())));
}

TEST_CASE("the body must be for us, and for now") {
  Signer s;
  const std::int64_t now = kNow.ms / 1000;
  CHECK_FALSE(s.good(s.sign(s.header(), s.body(now, now + 900, "", "else"))));
  CHECK_FALSE(s.good(s.sign(s.header(), s.body(now, now + 900, "", "fechatter", "else"))));
  CHECK_FALSE(s.good(s.sign(s.header(), s.body(now - 900, now))));
  CHECK(s.good(s.sign(s.header(), s.body(now - 900, now + 1))));
  CHECK(s.good(s.sign(s.header(), s.body(now + 60, now + 900))));
  CHECK_FALSE(s.good(s.sign(s.header(), s.body(now + 61, now + 900))));
  CHECK(s.good(s.sign(s.header(), s.body(now, now + 900, ",\"nbf\":" + std::to_string(now)))));
  CHECK_FALSE(s.good(s.sign(s.header(), s.body(now, now + 900, ",\"nbf\":" + std::to_string(now + 61)))));
  CHECK_FALSE(s.good(s.sign(s.header(), "{}")));
  CHECK_FALSE(s.good(s.sign(s.header(), R"({"iss":"fechatter","aud":"fechatter","exp":9999999999})")));
}

TEST_CASE("no cut and no bent character of a token passes") {
  Signer s;
  const std::string token = s.tokens.issue(s.user, s.session, kNow);
  for (std::size_t n = 0; n < token.size(); ++n) CHECK_FALSE(s.good(token.substr(0, n)));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string bent = token;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(s.good(bent));
  }
  // The last character of 64 bytes is A, Q, g or w: the next one differs in bits that mean nothing.
  std::string alias = token;
  ++alias.back();
  REQUIRE(from_base64url(alias.substr(alias.rfind('.') + 1)) == from_base64url(token.substr(token.rfind('.') + 1)));
  CHECK_FALSE(s.good(alias));
  CHECK_FALSE(s.good(token + '.'));
  CHECK_FALSE(s.good(token + ".x"));
  CHECK_FALSE(s.good(token + '='));
  CHECK_FALSE(s.good(' ' + token));
  CHECK_FALSE(s.good(std::string(100'000, 'A')));
  CHECK_FALSE(s.good(".."));
  CHECK(s.good(token));
}

TEST_CASE("the memory of verified tokens is bounded, and forgetting is no refusal") {
  Signer s;
  std::string first;
  for (int i = 0; i < 10'050; ++i) {
    const std::string token = s.tokens.issue(s.user, made_id<SessionId>(static_cast<std::uint64_t>(i) + 1), kNow);
    if (i == 0) first = token;
    if (!s.good(token)) FAIL("a good token was refused");
  }
  CHECK(s.good(first));
}

TEST_CASE("a refresh token is derived, and only ours is read") {
  Signer s;
  const std::string token = s.tokens.refresh_token(s.session, 3);
  CHECK(token == s.tokens.refresh_token(s.session, 3));
  CHECK(token.substr(0, 39) == s.session.str() + ".3.");
  const auto read = s.tokens.parse_refresh(token);
  REQUIRE(read);
  CHECK(read->session == s.session);
  CHECK(read->generation == 3);
  for (std::size_t n = 0; n < token.size(); ++n) CHECK_FALSE(s.tokens.parse_refresh(token.substr(0, n)));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string bent = token;
    bent[i] = bent[i] == 'a' ? 'b' : 'a';
    CHECK_FALSE(s.tokens.parse_refresh(bent));
  }
  const std::string proof = token.substr(39), id = s.session.str();
  for (const char* generation : {"4", "03", "-3", "", "99999999999999999999"}) CHECK_FALSE(s.tokens.parse_refresh(id + '.' + generation + '.' + proof));
  Tokens other({s.key}, std::string(32, 't'), kOptions);
  CHECK_FALSE(other.parse_refresh(token));
}

TEST_CASE("keys are made once; the newest signs, all verify") {
  MapFiles files;
  SeededRandom random;
  auto first = Tokens::open(files, random, "keys", kOptions);
  REQUIRE(first);
  CHECK(files.files.size() == 2);
  const auto user = made_id<UserId>(1);
  const auto session = made_id<SessionId>(2);
  const std::string old = (*first)->issue(user, session, kNow), refresh = (*first)->refresh_token(session, 0);
  const auto next = EcKey::generate();
  files.files["keys/0002.pem"] = next->to_pem();
  auto second = Tokens::open(files, random, "keys", kOptions);
  REQUIRE(second);
  CHECK((*second)->verify(old, kNow));
  CHECK((*second)->parse_refresh(refresh));
  const std::string fresh = (*second)->issue(user, session, kNow);
  CHECK((*second)->verify(fresh, kNow));
  CHECK_FALSE((*first)->verify(fresh, kNow));
  CHECK(Tokens({*next}, kSecret, kOptions).verify(fresh, kNow));
  const std::string jwks = (*second)->jwks_json();
  CHECK(jwks.find(next->kid()) != jwks.npos);
  CHECK(jwks.find("\"d\"") == jwks.npos);
}

TEST_CASE("a key and a secret from elsewhere take the place of the directory's, whose keys still verify") {
  MapFiles files;
  SeededRandom random;
  const auto user = made_id<UserId>(1);
  const auto session = made_id<SessionId>(2);
  const std::string old = (*Tokens::open(files, random, "keys", kOptions))->issue(user, session, kNow);
  const auto before = files.files;
  const auto key = EcKey::generate();
  Tokens::Options given = kOptions;
  given.signing_key = key->to_pem(), given.refresh_secret = std::string(40, 'x');
  auto tokens = Tokens::open(files, random, "keys", given);
  REQUIRE(tokens);
  CHECK(files.files == before);
  CHECK((*tokens)->verify(old, kNow));
  const std::string fresh = (*tokens)->issue(user, session, kNow);
  CHECK(Tokens({*key}, kSecret, kOptions).verify(fresh, kNow));
  CHECK((*tokens)->refresh_token(session, 0) == Tokens({*key}, given.refresh_secret, kOptions).refresh_token(session, 0));
  MapFiles none;
  REQUIRE(Tokens::open(none, random, "keys", given));
  CHECK(none.files.empty());  // nothing is made that is not needed
  given.signing_key = "no key";
  CHECK(Tokens::open(none, random, "keys", given).error().code == Code::invalid_argument);
}

TEST_CASE("damaged files are said, not replaced") {
  MapFiles files;
  SeededRandom random;
  REQUIRE(Tokens::open(files, random, "keys", kOptions));
  auto pem = files, secret = files, full = MapFiles();
  pem.files["keys/0001.pem"].resize(40);
  secret.files["keys/refresh.secret"].pop_back();
  full.full = true;
  auto a = Tokens::open(pem, random, "keys", kOptions), b = Tokens::open(secret, random, "keys", kOptions), c = Tokens::open(full, random, "keys", kOptions);
  REQUIRE((!a && !b && !c));
  CHECK(a.error().code == Code::corrupt);
  CHECK(b.error().code == Code::corrupt);
  CHECK(c.error().code == Code::storage_full);
}
