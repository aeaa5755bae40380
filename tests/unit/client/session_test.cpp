#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
constexpr std::int64_t kTokenLife = 900'000;

std::function<bool(const HttpRequest&)> requests_to(std::string path) {
  return [path = std::move(path)](const HttpRequest& r) { return r.url.ends_with(path); };
}
std::optional<Code> sign_out(FakeWorld& w) {
  std::optional<Code> refused;
  bool answered = false;
  const auto waiting = w.client->sign_out([&](Result<Done> done) {
    answered = true;
    if (!done) refused = done.error().code;
  });
  w.loop.pass(2100);
  CHECK(answered);
  return refused;
}
}  // namespace

TEST_CASE("a refresh that is answered after sign-out does not sign in again") {
  FakeWorld w;
  w.start();
  w.http.holds = requests_to("/refresh");
  w.loop.pass(kTokenLife);
  REQUIRE(w.http.held.size() == 1);
  CHECK(sign_out(w) == Code::unavailable);  // so far the server knows nothing of it
  w.release();
  w.loop.pass(5000);
  CHECK_FALSE(w.client->me());
  CHECK(w.client->connection() == Connection::signed_out);
}

TEST_CASE("a refresh that is answered after another account signed in changes nothing of that account") {
  FakeWorld w;
  w.start();
  w.http.holds = requests_to("/refresh");
  w.loop.pass(kTokenLife);
  REQUIRE(w.http.held.size() == 1);
  const UserId second = made<UserId>(7);
  w.me = second;
  w.sign_in();
  REQUIRE(w.client->me()->id == second);
  w.release();
  CHECK(w.client->me()->id == second);
  w.loop.pass(5000);
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("what one account wanted to send is not repeated in the name of another") {
  FakeWorld w;
  w.start();
  w.http.holds = requests_to("/messages");
  w.expired = 1;
  REQUIRE(w.client->send(w.chat, "from the first account"));
  w.settle();
  REQUIRE(w.http.held.size() == 1);  // a 401 that is on its way
  const UserId first = std::exchange(w.me, made<UserId>(7));
  w.sign_in();
  w.release();
  w.loop.pass(60000);
  CHECK(w.messages.empty());
  w.me = first;
  w.sign_in();
  w.loop.pass(60000);
  CHECK(w.messages.size() == 1);
}

TEST_CASE("sign-out with an expired access token renews it first, so that the server's session ends") {
  FakeWorld w;
  w.start();
  w.http.online = false;
  w.loop.pass(kTokenLife);
  w.http.online = true;
  w.http.log.clear(), w.http.requests.clear();
  CHECK_FALSE(sign_out(w));
  const auto& log = w.http.log;
  const auto renewed = std::find(log.begin(), log.end(), "POST /refresh"), over = std::find(log.begin(), log.end(), "POST /logout");
  REQUIRE(over != log.end());
  CHECK(renewed < over);
  const HttpRequest& logout = w.http.requests[static_cast<std::size_t>(over - log.begin())];
  CHECK(find_header(logout.headers, "Authorization") == "Bearer access-1");
  CHECK_FALSE(w.client->me());
}

TEST_CASE("sign-out is over at once, and completes when the server knows, or does not answer") {
  FakeWorld w;
  w.start();
  w.http.holds = requests_to("/logout");
  bool answered = false;
  std::optional<Error> untold;
  const auto waiting = w.client->sign_out([&](Result<Done> done) {
    answered = true;
    if (!done) untold = done.error();
  });
  w.settle();
  CHECK_FALSE(w.client->me());
  CHECK_FALSE(answered);
  SECTION("it answers") {
    w.release();
    CHECK(answered);
    CHECK_FALSE(untold);
  }
  SECTION("it is silent") {
    w.loop.pass(2000);
    REQUIRE(untold);
    CHECK(untold->code == Code::unavailable);
  }
}

TEST_CASE("sign-out says whether the server knows") {
  FakeWorld w;
  w.start();
  SECTION("it cannot be reached") {
    w.http.online = false;
    CHECK(sign_out(w) == Code::unavailable);
  }
  SECTION("somebody else answers in its place") {
    w.first = [](const HttpRequest&, const std::string& path) { return path == "/logout" ? std::optional(HttpResponse{200, {}, "<html>"}) : std::nullopt; };
    CHECK(sign_out(w) == Code::unavailable);
  }
  SECTION("the session had ended there before") {
    w.first = [&](const HttpRequest&, const std::string&) { return w.error(401, Code::unauthenticated); };
    CHECK_FALSE(sign_out(w));
  }
  CHECK_FALSE(w.client->me());
}

TEST_CASE("sign-out on a full disk says so, and leaves everything as it is") {
  FakeWorld w;
  w.on_a_small_disk();
  w.post("one", w.other, false);
  w.start();
  w.disk->set_full(0);
  CHECK(sign_out(w) == Code::storage_full);
  CHECK(w.client->me());
  CHECK(w.bodies() == std::vector<std::string>{"one"});
  CHECK(w.asked("POST /logout") == 0);
  w.disk->set_full(std::nullopt);
  CHECK_FALSE(sign_out(w));
  CHECK_FALSE(w.client->me());
  CHECK(w.asked("POST /logout") == 1);
}

TEST_CASE("a session ends by our server's word, not by a proxy's 401") {
  FakeWorld w;
  w.start();
  HttpResponse said = FakeWorld::json(401, "<html>please log in to the wifi</html>");
  w.first = [&](const HttpRequest&, const std::string& path) { return path == "/refresh" ? std::optional(said) : std::nullopt; };
  w.loop.pass(kTokenLife + 60'000);
  CHECK(w.asked("POST /refresh") > 1);
  CHECK(w.client->me());
  SECTION("the proxy goes") {
    w.first = {};
    w.loop.pass(60'000);
    CHECK(w.client->connection() == Connection::live);
  }
  SECTION("the server says it, too") {
    said = FakeWorld::error(401, Code::unauthenticated);
    w.loop.pass(60'000);
    CHECK_FALSE(w.client->me());
    CHECK(w.client->connection() == Connection::signed_out);
  }
}

namespace {
struct Waiting {
  std::optional<Code> left, sent;
  explicit Waiting(FakeWorld& w) {
    w.client->leave(w.chat, [this](Result<Done> r) { left = r ? Code::internal : r.error().code; }).detach();
    w.client->when_sent([this](Result<Done> r) { sent = r ? Code::internal : r.error().code; }).detach();
  }
};
}  // namespace

TEST_CASE("a session that ends answers who waits; what is queued stays queued") {
  FakeWorld w;
  w.start();
  w.first = [&](const HttpRequest&, const std::string&) { return w.error(401, Code::unauthenticated); };
  REQUIRE(w.client->send(w.chat, "first"));
  Waiting during(w);
  w.settle();
  CHECK_FALSE(w.client->me());
  CHECK(during.left == Code::unauthenticated);
  CHECK(during.sent == Code::unauthenticated);
  Waiting after(w);
  w.settle();
  CHECK(after.left == Code::unauthenticated);
  CHECK(after.sent == Code::unauthenticated);
  CHECK(w.client->status().pending == 3);
  w.first = {};
  w.sign_in();
  w.loop.pass(5000);
  CHECK(w.messages.size() == 1);
  CHECK(w.client->status().pending == 0);
}

TEST_CASE("who signs in as somebody else leaves nobody waiting") {
  FakeWorld w;
  w.start();
  w.http.holds = [](const HttpRequest& r) { return r.method == "DELETE"; };
  Waiting waiting(w);
  w.settle();
  CHECK_FALSE(waiting.left);
  w.me = made<UserId>(7);
  w.sign_in();
  CHECK(waiting.left == Code::unauthenticated);
  CHECK(waiting.sent == Code::internal);  // of this account nothing is queued
}

TEST_CASE("leaving a chat that was refused, and is discarded, is answered") {
  FakeWorld w;
  w.start();
  w.first = [](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    return r.method == "POST" && path == "/chats" ? std::optional(FakeWorld::error(403, Code::permission_denied)) : std::nullopt;
  };
  const auto chat = w.client->create_chat({w.space, ChatSummary::Kind::group, "plans", {}, {w.other}});
  REQUIRE(chat);
  std::optional<Code> left;
  w.client->leave(*chat, [&](Result<Done> r) { left = r ? Code::internal : r.error().code; }).detach();
  w.settle();
  REQUIRE(w.client->status().failed == 1);
  CHECK_FALSE(left);
  REQUIRE(w.client->discard(id_cast<MessageId>(*chat)));
  w.settle();
  CHECK(left == Code::cancelled);
}
