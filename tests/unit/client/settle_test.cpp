// Which answers settle a change, and who hears of it.
#include <catch2/catch.hpp>
#include "sdk/core/reactions/reactions.hpp"
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

TEST_CASE("an acknowledged edit is held before its event comes, and its event changes nothing") {
  FakeWorld w;
  w.post("mine", w.me, false), w.post("theirs", w.other, false);
  w.start(Hold::all);
  const auto timeline = w.client->timeline(w.chat);
  w.loop.pass(1000);
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.method != "PATCH") return std::nullopt;
    w.edit(0, "better", false);
    return FakeWorld::json(200, to_json(w.messages[0]));
  };
  REQUIRE(w.client->edit(w.messages[0].id, "better"));
  w.settle();
  CHECK(w.client->status().pending == 0);
  CHECK(w.bodies() == std::vector<std::string>{"better", "theirs"});
  (void)timeline->drain();
  CHECK(timeline->items()[0].message.body == "better");
  w.edit(0, "better still, elsewhere");  // the event that was not delivered is missing, and asked for
  w.loop.pass(5000);
  CHECK(w.bodies() == std::vector<std::string>{"better still, elsewhere", "theirs"});
}

TEST_CASE("the answer to an edit that is older than what is held changes nothing") {
  FakeWorld w;
  w.post("mine", w.me, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  w.http.holds = [](const HttpRequest& r) { return r.method == "PATCH"; };
  REQUIRE(w.client->edit(w.messages[0].id, "first"));
  w.settle();
  w.edit(0, "second, elsewhere");
  w.settle();
  w.release();
  CHECK(w.client->status().pending == 0);
  CHECK(w.bodies() == std::vector<std::string>{"second, elsewhere"});
}

TEST_CASE("acknowledged deletions and reactions show until their events come") {
  FakeWorld w;
  w.post("mine", w.me, false), w.post("theirs", w.other, false);
  w.start(Hold::all);
  const auto timeline = w.client->timeline(w.chat);
  w.loop.pass(1000);
  const auto item = [&](std::size_t i) {
    (void)timeline->drain();
    return timeline->items().at(i).message;
  };
  const auto mine = w.messages[0].id, theirs = w.messages[1].id;
  w.http.stream_status = 503, w.http.cut();  // the server answers, and its stream does not come back
  REQUIRE(w.client->remove(mine));
  REQUIRE(w.client->react(theirs, "+1"));
  w.settle();
  CHECK(w.client->status().pending == 0);
  CHECK(item(0).deleted);
  REQUIRE(item(1).reactions.size() == 1);
  w.loop.pass(100'000);
  CHECK(item(0).deleted);
  CHECK(item(1).reactions.size() == 1);
  REQUIRE(w.client->react(theirs, "+1", false));
  w.settle();
  CHECK(item(1).reactions.empty());
  w.messages[0].body.clear(), w.messages[0].deleted = true;
  w.happen(MessageDeleted{mine, 1}, w.me, 0, false);
  w.happen(ReactionAdded{theirs, "+1", 1}, w.me, 0, false);
  w.http.stream_status = 200;
  w.loop.pass(120'000);
  CHECK(item(0).deleted);
  REQUIRE(item(1).reactions.size() == 1);  // as the server has it
  CHECK(item(1).reactions[0].mine);
}

TEST_CASE("an acknowledged change whose event never comes is not shown for ever") {
  FakeWorld w;
  w.post("theirs", w.other, false);
  w.start(Hold::all);
  const auto timeline = w.client->timeline(w.chat);
  w.loop.pass(1000);
  const auto reactions = [&] {
    (void)timeline->drain();
    return timeline->items().at(0).message.reactions.size();
  };
  REQUIRE(w.client->react(w.messages[0].id, "+1"));
  w.settle();
  CHECK(reactions() == 1);
  w.loop.pass(20'000);
  w.http.push("cursor", to_json(CursorFrame{w.cursor(w.position)}), {});  // the stream lives
  w.loop.pass(11'000);
  CHECK(reactions() == 0);
}
