// Which answers settle a change, and who hears of it.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

TEST_CASE("a portal's own 200 settles nothing") {
  using Act = std::function<void(FakeWorld&, MessageId mine)>;
  const Act acts[] = {
      [](FakeWorld& w, MessageId mine) { REQUIRE(w.client->edit(mine, "better")); },
      [](FakeWorld& w, MessageId mine) { REQUIRE(w.client->remove(mine)); },
      [](FakeWorld& w, MessageId mine) { REQUIRE(w.client->react(mine, "+1")); },
      [](FakeWorld& w, MessageId mine) { REQUIRE(w.client->react(mine, "+1", false)); },
      [](FakeWorld& w, MessageId) { REQUIRE(w.client->mark_read(w.chat, 1)); },
      [](FakeWorld& w, MessageId) { w.client->leave(w.chat, [](Result<Done>) {}).detach(); },
      [](FakeWorld& w, MessageId) { w.client->join(w.chat, [](Result<Done>) {}).detach(); },
      [](FakeWorld& w, MessageId) { REQUIRE(w.client->create_chat({{}, ChatSummary::Kind::group, "plans", {}, {w.other}})); },
  };
  const std::string page = GENERATE("<html>please log in to the wifi</html>", "{}", "");
  for (const Act& act : acts) {
    FakeWorld w;
    w.post("mine", w.me, false), w.post("theirs", w.other, false);
    w.start(Hold::all);
    w.loop.pass(1000);
    w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
      if (r.method == "GET" || r.url.ends_with("/focus")) return std::nullopt;
      return FakeWorld::json(200, page);
    };
    act(w, w.messages[0].id);
    w.loop.pass(5000);
    CHECK(w.client->status().pending == 1);
    CHECK(w.client->status().failed == 0);
  }
}

TEST_CASE("who waits until all is sent hears of a change that was refused and is gone") {
  FakeWorld w;
  w.post("theirs", w.other, false);
  w.start();
  w.first = [](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    return r.method == "DELETE" ? std::optional(FakeWorld::error(403, Code::permission_denied)) : std::nullopt;
  };
  const auto sent = [&] {
    std::optional<Code> code;
    bool well = false;
    w.client->when_sent([&](Result<Done> done) { done ? void(well = true) : void(code = done.error().code); }).detach();
    w.settle();
    CHECK((well || code));
    return code;
  };
  REQUIRE(w.client->remove(w.messages[0].id));
  CHECK(sent() == Code::permission_denied);
  CHECK_FALSE(sent());
  REQUIRE(w.client->remove(w.messages[0].id));
  w.settle();  // refused before anybody asks
  CHECK(w.client->status().pending == 0);
  CHECK(sent() == Code::permission_denied);
  CHECK_FALSE(sent());
  std::optional<Code> left;
  w.client->leave(w.chat, [&](Result<Done> done) { left = done ? Code::internal : done.error().code; }).detach();
  w.settle();
  CHECK(left == Code::permission_denied);
  CHECK_FALSE(sent());  // told already
}

TEST_CASE("an answer that the server has under other words is given; one that it refuses is not") {
  FakeWorld w;
  w.post("question?", w.other, false);
  w.start();
  const Message question = w.client->held(w.chat)[0];
  const bool known = GENERATE(true, false);
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.method != "POST" || !r.url.ends_with("/messages") || r.body.find("12:00") == r.body.npos) return std::nullopt;
    return FakeWorld::json(409, R"({"error":{"code":"conflict","message":"no",)" + std::string(known ? R"("field":"id",)" : "") + R"("retryable":false}})");
  };
  REQUIRE(w.client->reply_once(question, "it is 12:00"));
  REQUIRE(w.client->send(w.chat, "and now"));
  w.settle();
  CHECK(w.client->status().failed == (known ? 0 : 1));
  CHECK(w.client->status().pending == (known ? 0 : 2));
  CHECK(w.messages.back().body == (known ? "and now" : "question?"));
}

TEST_CASE("an id that is taken stops a message of one's own") {
  FakeWorld w;
  w.start();
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.method != "POST" || !r.url.ends_with("/messages")) return std::nullopt;
    return FakeWorld::json(409, R"({"error":{"code":"conflict","message":"no","field":"id","retryable":false}})");
  };
  REQUIRE(w.client->send(w.chat, "mine"));
  w.settle();
  CHECK(w.client->status().failed == 1);
}

TEST_CASE("a portal's own 200 answers no call") {
  FakeWorld w;
  w.start();
  std::optional<HttpResponse> said;
  w.first = [&](const HttpRequest&, const std::string&) { return said; };
  const auto call = [&](HttpResponse answer) {
    said = std::move(answer);
    std::optional<Result<std::string>> got;
    w.client->call("get_me", "{}", [&](Result<std::string> r) { got = std::move(r); }).detach();
    w.settle();
    REQUIRE(got);
    return *got;
  };
  for (const char* page : {"<html>please log in to the wifi</html>", ""}) CHECK(call(w.json(200, page)).error().code == Code::unavailable);
  CHECK(call(w.json(204, "<html>")).error().code == Code::unavailable);
  CHECK(*call(w.json(200, R"({"name":"Me"})")) == R"({"name":"Me"})");
  CHECK(call(w.json(204, ""))->empty());
  CHECK(call(w.error(403, Code::permission_denied)).error().code == Code::permission_denied);
}

TEST_CASE("trouble is over when a request succeeds and nothing waits to be tried again") {
  FakeWorld w;
  w.start();
  bool busy = true;
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    return busy && r.method == "POST" && r.url.ends_with("/messages") ? std::optional(FakeWorld::error(503, Code::unavailable)) : std::nullopt;
  };
  REQUIRE(w.client->send(w.chat, "patience"));
  w.settle();
  REQUIRE(w.client->status().last_error);
  w.client->call("get_me", "{}", [](Result<std::string>) {}).detach();
  w.settle();
  CHECK(w.client->status().last_error);  // not over
  busy = false;
  w.loop.pass(5000);
  REQUIRE(w.client->status().pending == 0);
  CHECK_FALSE(w.client->status().last_error);
  CHECK(w.http.streams == 1);
}

TEST_CASE("a refusal is no trouble that the next request ends") {
  FakeWorld w;
  w.post("theirs", w.other, false);
  w.start();
  w.first = [](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    return r.method == "DELETE" ? std::optional(FakeWorld::error(403, Code::permission_denied)) : std::nullopt;
  };
  REQUIRE(w.client->remove(w.messages[0].id));
  w.settle();
  REQUIRE(w.client->send(w.chat, "mine"));
  w.settle();
  REQUIRE(w.client->status().last_error);
  CHECK(w.client->status().last_error->code == Code::permission_denied);
}

TEST_CASE("a read mark that was refused does not stand in the way of the next one") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m", w.other, false);
  w.member = false;
  w.start();
  REQUIRE(w.client->mark_read(w.chat, 4));  // of a chat that is not ours yet
  w.settle();
  REQUIRE(w.client->status().pending == 0);
  w.member = true;
  w.http.cut();
  w.loop.pass(4000);
  REQUIRE(w.client->chats_now()[0].unread == 5);
  REQUIRE(w.client->mark_read(w.chat, 4));
  w.settle();
  CHECK(w.read_seq == 4);
  CHECK(w.client->chats_now()[0].unread == 1);
}

TEST_CASE("read marks of a chat that was removed are forgotten with it") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m", w.other, false);
  w.start();
  REQUIRE(w.client->mark_read(w.chat, 4));
  w.settle();
  REQUIRE(w.read_seq == 4);
  w.member = false;
  w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
  w.settle();
  REQUIRE(w.client->chats_now().empty());
  w.member = true, w.read_seq = 0;
  w.http.cut();
  w.loop.pass(4000);
  REQUIRE(w.client->chats_now()[0].unread == 5);
  REQUIRE(w.client->mark_read(w.chat, 4));
  w.settle();
  CHECK(w.read_seq == 4);
  CHECK(w.client->chats_now()[0].unread == 1);
}
