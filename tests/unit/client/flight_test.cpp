// What is on its way: one request a chat, no sooner than the server asked, and what may have left counts as having left.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
bool is_post(const HttpRequest& r) { return r.method == "POST" && r.url.ends_with("/messages"); }
Bodies server_bodies(const FakeWorld& w) {
  Bodies out;
  for (const auto& m : w.messages) out.push_back(m.body);
  return out;
}
}  // namespace

TEST_CASE("one request in flight per chat, in the order of sending") {
  FakeWorld w;
  w.start();
  w.http.holds = is_post;
  for (const char* body : {"a", "b", "c"}) REQUIRE(w.client->send(w.chat, body));
  for (int answered = 0; answered < 3; ++answered) {
    w.settle();
    REQUIRE(w.http.held.size() == 1);
    w.loop.post(std::move(w.http.held.front()));
    w.http.held.clear();
  }
  w.settle();
  CHECK(server_bodies(w) == Bodies{"a", "b", "c"});
  CHECK(w.client->status().pending == 0);
}

TEST_CASE("what the server asks to wait is waited") {
  FakeWorld w;
  w.start();
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (!is_post(r)) return std::nullopt;
    return FakeWorld::json(429, R"({"error":{"code":"rate_limited","message":"slowly","retryable":true,"retry_after_ms":20000,"request_id":"r"}})");
  };
  REQUIRE(w.client->send(w.chat, "patience"));
  w.settle();
  REQUIRE(w.asked("POST /chats") == 1);
  w.first = {};
  w.loop.pass(19'000);
  CHECK(w.asked("POST /chats") == 1);
  w.loop.pass(30'000);
  CHECK(server_bodies(w) == Bodies{"patience"});
}

TEST_CASE("signed out and restarted while a message is on its way: an edit of it is a command behind it, not another message under its id") {
  FakeWorld w;
  w.start();
  w.http.holds = is_post;
  const auto id = w.client->send(w.chat, "first");
  REQUIRE(id);
  w.settle();
  REQUIRE(w.http.held.size() == 1);  // the server has it
  w.client->sign_out([](Result<Done>) {}).detach();  // and nobody hears the answer
  w.settle();
  w.client.reset();
  w.http.held.clear(), w.http.holds = {};
  REQUIRE(w.open());                 // signed out: nothing is tried again before the edit
  REQUIRE(w.client->edit(*id, "first, edited"));
  int conflicts = 0;
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    PostMessage c;
    if (!is_post(r) || read_json(r.body, c, Reading::tolerant)) return std::nullopt;
    for (const MessageView& m : w.messages)  // a real server compares what was sent then
      if (m.id == c.id && m.body != c.body && m.body != "first, edited") return ++conflicts, FakeWorld::error(409, Code::conflict);
    return std::nullopt;
  };
  w.sign_in();
  w.loop.pass(60'000);
  CHECK(conflicts == 0);
  CHECK(w.client->status().failed == 0);
  CHECK(server_bodies(w) == Bodies{"first, edited"});
}
