// Which answers settle a change, and who hears of it.
#include <catch2/catch.hpp>
#include "sdk/core/members/members.hpp"
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

TEST_CASE("an answer that the server has under other words is given; one that it refuses is not, and stops nothing") {
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
  std::optional<Code> told;
  w.client->when_sent([&](Result<Done> done) { told = done ? Code::internal : done.error().code; }).detach();
  w.settle();
  CHECK(told == (known ? Code::internal : Code::conflict));
  CHECK(w.client->status().pending == 0);
  CHECK(w.messages.back().body == "and now");
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
  for (int i = 0; i < 3; ++i) w.loop.pass(11'000), w.http.push("cursor", to_json(CursorFrame{w.cursor(w.position)}), w.cursor(w.position));
  w.settle();
  CHECK(reactions() == 0);
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

TEST_CASE("left, joined again and written to before any of it left: the message is sent") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  w.client->leave(w.chat, [](Result<Done>) {}).detach();
  w.client->join(w.chat, [](Result<Done>) {}).detach();
  for (const char* text : {"back", "again"}) REQUIRE(w.client->send(w.chat, text));
  const bool asked_before = GENERATE(true, false);  // the chat is asked for before, and answered behind that
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path.find("/members/") == path.npos) return std::nullopt;
    if (r.method == "DELETE") {
      w.member = false;
      w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
      return FakeWorld::json(204, "");
    }
    return FakeWorld::json(200, to_json(MemberView{w.me, "Me", ChatRole::member, {}, {}}));
  };
  std::vector<std::string> held;
  w.http.holds = [&](const HttpRequest& r) {
    const bool joins = r.method == "PUT" && r.url.find("/members/") != r.url.npos, asks = r.method == "GET" && r.url.ends_with("/chats/" + w.chat.str());
    if (joins || (asks && asked_before)) held.push_back(r.method);
    return joins || (asks && asked_before);
  };
  w.http.online = true;
  w.loop.pass(12'000);
  if (!asked_before) w.http.push("nudge", to_json(NudgeFrame{w.chat, 0, w.head_rev()})), w.settle();
  REQUIRE(held == (asked_before ? std::vector<std::string>{"PUT", "GET"} : std::vector<std::string>{"PUT"}));
  w.member = true;
  w.release();
  w.loop.pass(5000);
  CHECK(w.client->status().failed == 0);
  CHECK(w.client->status().pending == 0);
  REQUIRE(w.messages.size() == 2);
  CHECK((w.messages[0].body == "back" && w.messages[1].body == "again"));
}
