// Access and refresh tokens: whatever is taken carries our signature over exactly these claims, and is of today, for us, from us. The
// first byte chooses: a token as it comes, a header and a body that are signed with the server's key, a refresh token.
#include <nlohmann/json.hpp>
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/accounts/tokens.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;
using nlohmann::json;

namespace {
constexpr Time kNow{1'700'000'000'000};
const Tokens::Options kOptions{"fechatter", "fechatter", 900};
// Made for this file; it opens nothing. Always the same, so that tokens in the corpus stay good.
constexpr const char* kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2MJgiHIzj07XhTD7\n"
    "5GjQoK6/reIEx3IcrstY/LcaXeahRANCAASpLOtH7SKzTMSkQxNkSzrgcd0NC0jx\n"
    "ji83wBgS69AcLZ3wRzRm52hIo8uIPXLeNkgMQSEw6KOliWlMFATqnk4D\n"
    "-----END PRIVATE KEY-----\n";

const EcKey& key() {
  static const EcKey made = *EcKey::from_pem(kPem);
  return made;
}
Tokens tokens() { return {{key()}, std::string(32, 's'), kOptions}; }

json part(std::string_view token, int number) {
  for (; number > 0; --number) token.remove_prefix(std::min(token.find('.') + 1, token.size()));
  const auto text = from_base64url(token.substr(0, token.find('.')));
  return text ? json::parse(*text, nullptr, false) : json();
}
std::int64_t number_of(const json& body, const char* name) {
  return body.contains(name) && body[name].is_number_integer() ? body[name].get<std::int64_t>() : 0;
}

void check_taken(std::string_view token, const Claims& claims) {
  const json header = part(token, 0), body = part(token, 1);
  if (body.is_discarded()) return;  // a number that a double cannot hold, where nobody asks for it
  HOLDS(header.size() == 3 && header["alg"] == "ES256" && header["typ"] == "JWT" && header["kid"] == key().kid());
  HOLDS(body["iss"] == kOptions.issuer && body["aud"] == kOptions.audience);
  HOLDS(body["sub"] == claims.user.str() && body["sid"] == claims.session.str() && claims.user && claims.session);
  HOLDS(number_of(body, "exp") * 1000 > kNow.ms && claims.expires.ms == number_of(body, "exp") * 1000);
  HOLDS(number_of(body, "iat") * 1000 <= kNow.ms + 60'000 && number_of(body, "nbf") * 1000 <= kNow.ms + 60'000);
  const auto dot = token.rfind('.');
  HOLDS(key().verify(token.substr(0, dot), from_base64url(token.substr(dot + 1)).value_or("")));
}
void check_token(std::string_view token) {
  Tokens t = tokens();
  const auto claims = t.verify(token, kNow);
  if (!claims) return;
  check_taken(token, *claims);
  HOLDS(t.verify(token, kNow)->user == claims->user);
  HOLDS(!t.verify(token, claims->expires));
  if (token.size() % 8 > 0) return;  // what follows costs signatures
  HOLDS(!tokens().verify(token, claims->expires));
  std::string altered(token);
  altered.back() = altered.back() == 'A' ? 'B' : 'A';
  HOLDS(!t.verify(altered, kNow));
}
void check_refresh(fuzz::Input in) {
  const Tokens t = tokens();
  SessionId session;
  for (auto& b : session.bytes) b = in.byte();
  const std::int64_t generation = in.word();
  const auto back = t.parse_refresh(t.refresh_token(session, generation));
  HOLDS(back && back->session == session && back->generation == generation);
}
}  // namespace

FUZZ_TARGET(access) {
  fuzz::Input in(bytes);
  switch (in.byte() % 3) {
    case 0: return check_token(in.rest());
    case 1: {
      const auto header = in.text();
      const std::string text =
          base64url(header.empty() ? "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" + key().kid() + "\"}" : std::string(header)) + '.' + base64url(in.rest());
      return check_token(text + '.' + base64url(key().sign(text)));
    }
    default: {
      const auto refresh = tokens().parse_refresh(in.rest());
      if (refresh) HOLDS(bytes.substr(1) == tokens().refresh_token(refresh->session, refresh->generation));
      check_refresh(fuzz::Input(bytes));
    }
  }
}
