// Signing up and in, and changing the password.
#include <catch2/catch.hpp>
#include "sdk/core/hash.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/unit/service/account_world.hpp"

using namespace fechatter;
using namespace fechatter::account_test;

namespace {
SignUpRequest ann() { return {"ann@example.org", "correct horse", "Ann", {}, {}, {}}; }
}  // namespace

TEST_CASE("signing up makes a person, a session and tokens for it") {
  World w;
  auto r = ann();
  r.email = " Ann@Example.ORG ", r.name = "\t Ann \n", r.device = "phone";
  const auto made = w.signup(r);
  REQUIRE(made);
  CHECK(made->user.email == "ann@example.org");
  CHECK(made->user.name == "Ann");
  CHECK(made->expires_in == 900);
  const auto claims = w.tokens.verify(made->access_token, w.clock.now());
  REQUIRE(claims);
  CHECK(claims->user == made->user.id);
  CHECK(claims->session == made->session_id);
  const auto row = w.session(made->session_id);
  REQUIRE(row);
  CHECK(row->device == "phone");
  CHECK(row->expires_at.ms - w.clock.now().ms == 30LL * 24 * 3600 * 1000);
  CHECK(row->token_hash == sha256_hex(made->refresh_token));
}

TEST_CASE("neither password nor tokens are stored, and no secret is in the log") {
  World w;
  const auto made = w.person();
  const std::string stored = w.rows.dump();
  CHECK(stored.find("$argon2id$v=19$m=64,t=1,p=1$") != stored.npos);
  for (const std::string& secret : {std::string("correct horse"), made.access_token, made.refresh_token}) CHECK(stored.find(secret) == stored.npos);
  for (const LogEvent& e : w.rows.log)
    for (const char* secret : {"argon2", "ann@example.org", "correct horse"}) CHECK(e.payload.find(secret) == e.payload.npos);
}

TEST_CASE("what cannot be a sign-up is refused by field, before any hashing") {
  World w;
  const auto with = [&](auto change) {
    auto r = ann();
    change(r);
    return verdict(w.signup(r));
  };
  CHECK(with([](auto& r) { r.email = "ann"; }) == "invalid_argument email");
  CHECK(with([](auto& r) { r.email = "a@b@c"; }) == "invalid_argument email");
  CHECK(with([](auto& r) { r.name = " \t "; }) == "invalid_argument name");
  CHECK(with([](auto& r) { r.password = "1234567"; }) == "invalid_argument password");
  CHECK(with([](auto& r) { r.password = std::string(257, 'x'); }) == "invalid_argument password");
  CHECK(w.jobs == 0);
  CHECK(with([](auto& r) { r.password = std::string(256, 'x'); }) == "done");
}

TEST_CASE("an address has one account, however it is written and whoever was first in the batch") {
  World w;
  std::vector<std::string> verdicts;
  for (int i = 0; i < 2; ++i) w.accounts.signup(ann(), {}, [&](const Result<SignedIn>& r) { verdicts.push_back(verdict(r)); });
  w.settle();
  CHECK(verdicts == std::vector<std::string>{"done", "conflict email"});
  auto again = ann();
  again.email = "ANN@example.org";
  CHECK(verdict(w.signup(again)) == "conflict email");
}

TEST_CASE("a full pool is said at once") {
  World w;
  const auto who = w.person();
  w.pool_full = true;
  const auto refused = w.signup(ann());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::unavailable);
  CHECK(refused.error().retry_after_ms > 0);
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "unavailable");
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple")) == "unavailable");
}

TEST_CASE("a workspace and an invite come with the account, or nothing does") {
  World w;
  auto founder = ann();
  founder.workspace = NewWorkspace{made_id<WorkspaceId>(10), "Town"};
  const auto owner = w.signup(founder);
  REQUIRE(owner);
  w.commit(Town(1).submit(owner->user.id, CreateInvite{made_id<WorkspaceId>(10), {}, 60, {}, "welcome"}));
  const SignUpRequest bob{"bob@example.org", "correct horse", "Bob", {}, "welcome", {}};
  auto lost = bob;
  lost.email = "lost@example.org", lost.invite = "unknown";
  CHECK(verdict(w.signup(lost)) == "not_found invite");
  CHECK(verdict(w.login("lost@example.org", "correct horse")) == "unauthenticated");
  const auto joined = w.signup(bob);
  REQUIRE(joined);
  CHECK(w.rows.load(type_of<WorkspaceMemberRow>, make_key(made_id<WorkspaceId>(10), joined->user.id)));
  w.wait(61'000);
  auto late = bob;
  late.email = "late@example.org";
  CHECK(verdict(w.signup(late)) == "not_found invite");
}

TEST_CASE("logging in starts another session") {
  World w;
  const auto first = w.person();
  const auto second = w.login(" ANN@example.org", "correct horse");
  REQUIRE(second);
  CHECK(second->user.id == first.user.id);
  CHECK(second->user.name == "Ann");
  CHECK(second->user.created_at == first.user.created_at);
  CHECK(second->session_id != first.session_id);
  CHECK(w.failures.empty());
}

TEST_CASE("an unknown address is refused with the same words and the same work as a wrong password") {
  World w;
  w.person();
  const std::size_t before = w.jobs;
  const auto wrong = w.login("ann@example.org", "wrong horse"), unknown = w.login("Bob@example.org", "wrong horse"), none = w.login("?", "x");
  REQUIRE((!wrong && !unknown && !none));
  for (const auto* r : {&wrong, &unknown, &none}) {
    CHECK(verdict(*r) == "unauthenticated");
    CHECK(r->error().message == "wrong address or password");
  }
  CHECK(w.jobs == before + 3);
  CHECK(w.failures == std::vector<std::string>{"ann@example.org", "bob@example.org", ""});
}

TEST_CASE("the password of the stand-in hash opens nothing") {
  World w;
  w.person();
  for (const char* email : {"bob@example.org", "?", "ann@example.org"}) CHECK(verdict(w.login(email, "nobody has this password")) == "unauthenticated");
}

TEST_CASE("a too long password is not hashed, and a deactivated person does not get in") {
  World w;
  const auto who = w.person();
  const std::size_t before = w.jobs;
  CHECK(verdict(w.login("ann@example.org", std::string(257, 'x'))) == "invalid_argument password");
  CHECK(w.jobs == before);
  w.deactivate(who.user.id);
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "unauthenticated");
}

TEST_CASE("a new password ends the other sessions and no other person's") {
  World w;
  const auto other = w.person(), stranger = w.person("bob@example.org");
  const auto mine = w.login("ann@example.org", "correct horse");
  REQUIRE(mine);
  CHECK(verdict(w.set_password(*mine, "correct horse", "battery staple")) == "done");
  CHECK(w.ends() == std::vector<std::string>{"password_changed"});
  CHECK(verdict(w.refresh(other.refresh_token)) == "unauthenticated");
  CHECK(verdict(w.refresh(mine->refresh_token)) == "done");
  CHECK(verdict(w.refresh(stranger.refresh_token)) == "done");
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "unauthenticated");
  CHECK(verdict(w.login("ann@example.org", "battery staple")) == "done");
}

TEST_CASE("no session that the old password opened outlives its change, whichever reached the lane first") {
  World w;
  const auto owner = w.person();
  const bool change_first = GENERATE(true, false), one_batch = GENERATE(true, false);
  CAPTURE(change_first, one_batch);
  std::string changed;
  std::optional<Result<SignedIn>> thief;
  const auto change = [&] {
    w.accounts.set_password(w.context(owner), {"correct horse", "battery staple"}, [&](const Result<Done>& r) { changed = verdict(r); });
  };
  const auto login = [&] { w.accounts.login({"ann@example.org", "correct horse", {}}, [&](Result<SignedIn> r) { thief.emplace(std::move(r)); }); };
  if (change_first) change(), login();
  else login(), change();
  w.settle(one_batch ? 500 : 1);  // both have read the store by now: neither knows of the other
  REQUIRE(thief);
  CHECK(changed == "done");
  if (*thief) CHECK(verdict(w.refresh((*thief)->refresh_token)) == "unauthenticated");
  else CHECK(verdict(*thief) == "unauthenticated");
  for (const auto& [type, key] : w.rows.keys()) {
    if (type != &type_of<SessionRow>) continue;
    const auto row = std::static_pointer_cast<SessionRow>(w.rows.load(*type, key));
    CHECK(row->revoked == (row->id != owner.session_id));
  }
  CHECK(verdict(w.refresh(owner.refresh_token)) == "done");
}

TEST_CASE("of two changes of one password at a time the later is refused: its old password is none any more") {
  World w;
  const auto one = w.person(), two = *w.login("ann@example.org", "correct horse");
  const bool one_batch = GENERATE(true, false);
  std::vector<std::string> changed(2);
  w.accounts.set_password(w.context(one), {"correct horse", "battery staple"}, [&](const Result<Done>& r) { changed[0] = verdict(r); });
  w.accounts.set_password(w.context(two), {"correct horse", "another staple"}, [&](const Result<Done>& r) { changed[1] = verdict(r); });
  w.settle(one_batch ? 500 : 1);
  CHECK(changed == std::vector<std::string>{"done", "permission_denied old"});
  CHECK(verdict(w.refresh(one.refresh_token)) == "done");
  CHECK(verdict(w.login("ann@example.org", "battery staple")) == "done");
  CHECK(verdict(w.login("ann@example.org", "another staple")) == "unauthenticated");
}

TEST_CASE("a password change that is refused changes nothing") {
  World w;
  const auto who = w.person(), other = *w.login("ann@example.org", "correct horse");
  CHECK(verdict(w.set_password(who, "wrong horse", "battery staple")) == "permission_denied old");
  CHECK(verdict(w.set_password(who, std::string(257, 'x'), "battery staple")) == "invalid_argument old");
  CHECK(verdict(w.set_password(who, "correct horse", "short")) == "invalid_argument new");
  CHECK(verdict(w.set_password(who, "correct horse", std::string(257, 'x'))) == "invalid_argument new");
  w.queries_fail = true;  // the other sessions cannot be found: then they could not be ended
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple")) == "unavailable");
  w.queries_fail = false;
  CHECK(w.ends().empty());
  CHECK(verdict(w.login("ann@example.org", "correct horse")) == "done");
  CHECK(verdict(w.refresh(other.refresh_token)) == "done");
}

namespace {
const auto kKey = made_id<CommandId>(77), kOther = made_id<CommandId>(78);
}

TEST_CASE("a sign-up sent again by whom it made signs in, by its key or by its workspace") {
  World w;
  auto r = ann();
  const auto first = w.signup(r, kKey);
  REQUIRE(first);
  const auto again = w.signup(r, kKey);
  REQUIRE(again);
  CHECK(again->user.id == first->user.id);
  CHECK(again->session_id != first->session_id);
  CHECK(verdict(w.signup(r)) == "conflict email");
  CHECK(verdict(w.signup(r, kOther)) == "conflict email");
  auto other = r;
  other.password = "battery staple";
  CHECK(verdict(w.signup(other, kKey)) == "conflict email");
  other = r, other.name = "Anna";
  CHECK(verdict(w.signup(other, kKey)) == "conflict email");
  other = r, other.email = "bob@example.org";
  CHECK(verdict(w.signup(other, kKey)) == "conflict");
  SignUpRequest founder{"eve@example.org", "correct horse", "Eve", NewWorkspace{made_id<WorkspaceId>(10), "Town"}, {}, {}};
  const auto eve = w.signup(founder);
  REQUIRE(eve);
  const auto back = w.signup(founder);
  REQUIRE(back);
  CHECK(back->user.id == eve->user.id);
  founder.workspace->id = made_id<WorkspaceId>(11);
  CHECK(verdict(w.signup(founder)) == "conflict email");
  CHECK(w.rows.dump().find("correct horse") == std::string::npos);
}

TEST_CASE("a sign-up sent again while the store cannot be read is to be sent once more, not refused for good") {
  World w;
  REQUIRE(w.signup(ann(), kKey));
  w.reads_fail = true;
  CHECK(verdict(w.signup(ann(), kKey)) == "unavailable");
  w.reads_fail = false;
  CHECK(verdict(w.signup(ann(), kKey)) == "done");
}

TEST_CASE("a password change sent again with its key has been made, and ends no session that the new one opened") {
  World w;
  const auto who = w.person();
  REQUIRE(w.set_password(who, "correct horse", "battery staple", kKey));
  w.wait(1000);
  const auto fresh = w.login("ann@example.org", "battery staple");
  REQUIRE(fresh);
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple", kKey)) == "done");
  CHECK_FALSE(w.session(fresh->session_id)->revoked);
  CHECK(w.login("ann@example.org", "battery staple"));
  CHECK(verdict(w.set_password(who, "correct horse", "another staple", kKey)) == "conflict");
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple", kOther)) == "permission_denied old");
  CHECK(verdict(w.set_password(who, "correct horse", "battery staple")) == "permission_denied old");
  CHECK(w.rows.dump().find("battery") == std::string::npos);
}

TEST_CASE("a session too many ends the one that was used least recently") {
  World w;
  const auto first = w.person();
  const auto kept = w.login("ann@example.org", "correct horse");
  REQUIRE(kept);
  for (std::size_t i = 2; i < kMaxSessions; ++i) {
    w.wait(1000);
    REQUIRE(w.login("ann@example.org", "correct horse"));
  }
  w.wait(1000);
  REQUIRE(w.refresh(kept->refresh_token));  // used
  CHECK(w.ends().empty());
  const auto last = w.login("ann@example.org", "correct horse");
  REQUIRE(last);
  CHECK(w.ends() == std::vector<std::string>{"too_many"});
  CHECK(w.session(first.session_id)->revoked);
  CHECK_FALSE(w.session(kept->session_id)->revoked);
  CHECK_FALSE(w.session(last->session_id)->revoked);
}
