// Refresh tokens are spent by use: rotation, the retry of a lost answer, and reuse, which ends the session.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include "sdk/core/hash.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/unit/service/account_world.hpp"

using namespace fechatter;
using namespace fechatter::account_test;

namespace {
const std::string kKey = "01890000-0000-7000-8000-000000000001", kOther = "01890000-0000-7000-8000-000000000002";
constexpr std::int64_t kDay = 24LL * 3600 * 1000;
}  // namespace

TEST_CASE("a refresh spends the token and gives the next one") {
  World w;
  const auto first = w.person();
  w.wait(kDay);
  const auto second = w.refresh(first.refresh_token, kKey);
  REQUIRE(second);
  CHECK(second->session_id == first.session_id);
  CHECK(second->user.email == "ann@example.org");
  CHECK(second->refresh_token == w.tokens.refresh_token(first.session_id, 1));
  CHECK(w.tokens.verify(second->access_token, w.clock.now()));
  const auto row = w.session(first.session_id);
  CHECK(row->generation == 1);
  CHECK(row->token_hash == sha256_hex(second->refresh_token));
  CHECK(row->used_at == w.clock.now());
  CHECK(row->expires_at.ms == w.clock.now().ms + 30 * kDay);
  CHECK(verdict(w.refresh(second->refresh_token, kOther)) == "done");
}

TEST_CASE("the retry of a refresh gets the same token, however often and in whichever batch") {
  World w;
  const auto first = w.person();
  std::vector<std::string> tokens;
  const auto take = [&](Result<SignedIn> r) { tokens.push_back(r ? r->refresh_token : verdict(r)); };
  for (int i = 0; i < 2; ++i) w.accounts.refresh({first.refresh_token}, kKey, take);
  w.settle();
  w.wait(1000);
  w.accounts.refresh({first.refresh_token}, kKey, take);
  w.settle();
  CHECK(tokens == std::vector<std::string>(3, w.tokens.refresh_token(first.session_id, 1)));
  CHECK(w.ends().empty());
  CHECK(verdict(w.refresh(tokens[0], kOther)) == "done");
}

TEST_CASE("the reuse of a spent token ends the session") {
  World w;
  const auto first = w.person();
  SECTION("without a key") {
    const auto second = w.refresh(first.refresh_token);
    REQUIRE(second);
    CHECK(verdict(w.refresh(first.refresh_token)) == "unauthenticated");
    CHECK(verdict(w.refresh(second->refresh_token)) == "unauthenticated");
  }
  SECTION("under another key") {
    const auto second = w.refresh(first.refresh_token, kKey);
    REQUIRE(second);
    CHECK(verdict(w.refresh(first.refresh_token, kOther)) == "unauthenticated");
    CHECK(verdict(w.refresh(first.refresh_token, kKey)) == "unauthenticated");
    CHECK(verdict(w.refresh(second->refresh_token, kKey)) == "unauthenticated");
  }
  SECTION("two generations later, also under its own key") {
    const auto second = w.refresh(first.refresh_token, kKey);
    REQUIRE(second);
    REQUIRE(w.refresh(second->refresh_token, kOther));
    CHECK(verdict(w.refresh(first.refresh_token, kKey)) == "unauthenticated");
  }
  CHECK(w.session(first.session_id)->revoked);
  CHECK(w.ends() == std::vector<std::string>{"reuse"});
}

TEST_CASE("two rivals for one token in one batch both lose it") {
  World w;
  const auto first = w.person();
  std::vector<std::string> verdicts;
  for (const auto& key : {kKey, kOther}) w.accounts.refresh({first.refresh_token}, key, [&](const Result<SignedIn>& r) { verdicts.push_back(verdict(r)); });
  w.settle();
  CHECK(verdicts == std::vector<std::string>{"unauthenticated", "unauthenticated"});
  CHECK(w.ends() == std::vector<std::string>{"reuse"});
}

TEST_CASE("after a restored backup the token from after it goes on, and what is older than that is a reuse") {
  World w;
  const auto first = w.person();
  const std::string third = w.tokens.refresh_token(first.session_id, 2);  // given out in the time that the backup does not know of
  const auto fourth = w.refresh(third, kKey);
  REQUIRE(fourth);
  CHECK(fourth->refresh_token == w.tokens.refresh_token(first.session_id, 3));
  CHECK(verdict(w.refresh(third, kKey)) == "done");  // the retry of a lost answer
  CHECK(verdict(w.refresh(w.tokens.refresh_token(first.session_id, 1))) == "unauthenticated");
  CHECK(w.ends() == std::vector<std::string>{"reuse"});
}

TEST_CASE("another session of the same person is not touched by a reuse") {
  World w;
  const auto stolen = w.person();
  const auto other = w.login("ann@example.org", "correct horse");
  REQUIRE(other);
  REQUIRE(w.refresh(stolen.refresh_token));
  CHECK(verdict(w.refresh(stolen.refresh_token)) == "unauthenticated");
  CHECK(verdict(w.refresh(other->refresh_token)) == "done");
}

TEST_CASE("what is no refresh token of ours changes nothing") {
  World w;
  const auto first = w.person();
  const std::string before = w.rows.dump();
  CHECK(verdict(w.refresh("")) == "unauthenticated");
  CHECK(verdict(w.refresh(first.access_token)) == "unauthenticated");
  CHECK(verdict(w.refresh(first.refresh_token + "A")) == "unauthenticated");
  CHECK(verdict(w.refresh(w.tokens.refresh_token(made_id<SessionId>(99), 0))) == "unauthenticated");
  CHECK(verdict(w.refresh(first.refresh_token, "not a uuid")) == "invalid_argument Idempotency-Key");
  CHECK(w.rows.dump() == before);
  CHECK(verdict(w.refresh(first.refresh_token)) == "done");
}

TEST_CASE("a session ends by itself after thirty days without a refresh") {
  World w;
  const auto first = w.person();
  w.wait(30 * kDay);
  const auto second = w.refresh(first.refresh_token);
  REQUIRE(second);
  w.wait(30 * kDay + 1);
  CHECK(verdict(w.refresh(second->refresh_token)) == "unauthenticated");
}

TEST_CASE("signing out ends this session, once") {
  World w;
  const auto who = w.person();
  CHECK(verdict(w.logout(who)) == "done");
  CHECK(verdict(w.logout(who)) == "done");
  CHECK(w.ends() == std::vector<std::string>{"signed_out"});
  CHECK(verdict(w.refresh(who.refresh_token)) == "unauthenticated");
}

TEST_CASE("a deactivated person's session is not refreshed") {
  World w;
  const auto who = w.person();
  w.deactivate(who.user.id);
  CHECK(verdict(w.refresh(who.refresh_token)) == "unauthenticated");
}

TEST_CASE("the store's user_sessions are the live ones of that person") {
  const auto folder = std::filesystem::temp_directory_path() / ("fechatter-sessions-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  {
    auto store = ServerStore::open({(folder / "server.db").string(), {}, made_id<AnyId>(1), {}});
    REQUIRE(store);
    Town town(1);
    constexpr std::int64_t kThen = 2'000'000'000'000;  // later than all that happens here
    const auto session = [](std::uint64_t n, std::int64_t until) { return NewSession{made_id<SessionId>(n), "", {kThen + until}, ""}; };
    std::vector<Submission> batch;
    for (std::size_t i = 0; i < 2; ++i)
      batch.push_back(town.submit(town.user(i), SignUp{town.user(i), std::to_string(i) + "@example.org", "U", "h", session(10 + i, 500), {}, {}, {}}));
    batch.push_back(town.submit(town.user(0), StartSession{town.user(0), session(20, 100)}));
    batch.push_back(town.submit(town.user(0), StartSession{town.user(0), session(30, 500)}));
    batch.push_back(town.submit(town.user(0), StartSession{town.user(0), session(40, 500)}));
    batch.push_back(town.submit(town.user(0), RevokeSession{made_id<SessionId>(30)}));
    Fold fold(**store);
    fold.load(batch);
    for (const Submission& s : batch) REQUIRE_FALSE(fold.execute(s).error);
    REQUIRE((*store)->commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
    auto live = (*store)->snapshot()->rows<SessionRow>("user_sessions", {value(town.user(0)), value(kThen + 100)});
    REQUIRE(live);
    std::set<SessionId> found;
    for (const auto& s : *live) found.insert(s->id);
    CHECK(found == std::set<SessionId>{made_id<SessionId>(10), made_id<SessionId>(40)});
  }
  std::filesystem::remove_all(folder);
}
