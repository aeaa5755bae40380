#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;
using State = TimelineItem::State;

static Bodies server_bodies(const FakeWorld& w) {
  Bodies out;
  for (const auto& m : w.messages) out.push_back(m.body);
  return out;
}

TEST_CASE("messages written offline are sent in order, once each") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  for (const char* body : {"a", "b", "c"}) REQUIRE(w.client->send(w.chat, body));
  w.settle();
  CHECK(w.client->status().pending == 3);
  w.client.reset();  // and survive a restart
  REQUIRE(w.open());
  w.loop.pass(100);
  w.http.online = true;
  w.loop.pass(60000);
  CHECK(server_bodies(w) == Bodies{"a", "b", "c"});
  CHECK(w.client->status().pending == 0);
  CHECK(w.bodies() == Bodies{"a", "b", "c"});
}

TEST_CASE("a lost answer: the retry has the same id, and the message is shown once") {
  FakeWorld w;
  w.start();
  auto timeline = w.client->timeline(w.chat);
  int lost = 1;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (r.method != "POST" || path.find("/messages") == path.npos || lost-- <= 0) return std::nullopt;
    PostMessage c;
    (void)read_json(r.body, c, Reading::tolerant);
    w.post(c.body, w.me, true, c.id);
    return FakeWorld::json(502, "proxy");
  };
  REQUIRE(w.client->send(w.chat, "hello"));
  w.settle();
  w.loop.pass(5000);
  CHECK(server_bodies(w) == Bodies{"hello"});
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 1);
  CHECK(timeline->items()[0].state == State::sent);
  CHECK(w.client->status().pending == 0);
}

TEST_CASE("before it left, an edit folds into a message and a deletion drops it") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "first"));           // attempted at once
  w.settle();
  const auto second = w.client->send(w.chat, "second"), third = w.client->send(w.chat, "third");
  REQUIRE(w.client->edit(*second, "second, better"));
  REQUIRE(w.client->remove(*third));
  w.settle();
  CHECK(w.client->status().pending == 2);
  w.http.online = true;
  w.loop.pass(60000);
  CHECK(server_bodies(w) == Bodies{"first", "second, better"});
}

TEST_CASE("after it may have left, an edit queues behind it") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  const auto id = w.client->send(w.chat, "first");
  w.settle();
  REQUIRE(w.client->edit(*id, "first, edited"));
  CHECK(w.client->status().pending == 2);
  w.http.online = true;
  w.loop.pass(60000);
  CHECK(server_bodies(w) == Bodies{"first, edited"});
  CHECK(w.asked("PATCH /chats/" + w.chat.str() + "/messages/" + id->str()) >= 1);
  CHECK(w.bodies() == Bodies{"first, edited"});
}

TEST_CASE("a refused message stops its chat until the app decides") {
  FakeWorld w;
  w.start();
  bool refuse = true;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (refuse && r.method == "POST" && path.find("/messages") != path.npos) return FakeWorld::error(409, Code::conflict);
    return std::nullopt;
  };
  const auto bad = w.client->send(w.chat, "bad");
  REQUIRE(w.client->send(w.chat, "behind it"));
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 2);
  CHECK(timeline->items()[0].state == State::failed);
  CHECK(timeline->items()[0].error.code == Code::conflict);
  CHECK(timeline->items()[1].state == State::waiting);
  std::optional<Code> sent;
  w.client->when_sent([&](Result<Done> done) { sent = done ? Code::internal : done.error().code; }).detach();
  w.settle();
  CHECK(sent == Code::conflict);
  refuse = false;
  const auto again = w.client->retry(*bad);
  REQUIRE(again);
  CHECK(*again != *bad);
  w.settle();
  CHECK(server_bodies(w) == Bodies{"bad", "behind it"});
  CHECK_FALSE(w.client->discard(*bad));
}

TEST_CASE("a proxy's page is no refusal") {
  FakeWorld w;
  w.start();
  int times = 3;
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.method != "POST" || times-- <= 0) return std::nullopt;
    return FakeWorld::json(403, "<html>please log in to the wifi</html>");
  };
  REQUIRE(w.client->send(w.chat, "patience"));
  w.loop.pass(60000);
  CHECK(server_bodies(w) == Bodies{"patience"});
}

TEST_CASE("read marks coalesce, move forward only, and do not wait behind a refused message") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m", w.other, false);
  w.start();
  CHECK(w.client->chats_now()[0].unread == 5);
  w.http.online = false;
  REQUIRE(w.client->mark_read(w.chat, 2));
  REQUIRE(w.client->mark_read(w.chat, 4));
  REQUIRE(w.client->mark_read(w.chat, 3));
  w.settle();
  CHECK(w.client->chats_now()[0].unread == 1);
  w.http.online = true;
  w.loop.pass(60000);
  CHECK(w.read_seq == 4);
  CHECK(w.asked("PUT /chats/" + w.chat.str() + "/read") <= 3);
}

TEST_CASE("one question, one answer") {
  FakeWorld w;
  w.post("question?", w.other, false);
  w.start();
  Message question = w.client->held(w.chat)[0];
  const auto a = w.client->reply_once(question, "answer"), b = w.client->reply_once(question, "another answer");
  w.settle();
  const auto c = w.client->reply_once(question, "yet another");
  w.settle();
  CHECK((*a == *b && *a == *c));
  CHECK(server_bodies(w) == Bodies{"question?", "answer"});
}

TEST_CASE("texts that no server takes are refused at once") {
  FakeWorld w;
  w.start();
  CHECK(w.client->send(w.chat, " \n").error().field == "body");
  CHECK_FALSE(w.client->send(w.chat, std::string(40001, 'x')));
  CHECK_FALSE(w.client->send(w.chat, "\xff"));
  CHECK_FALSE(w.client->send(w.chat, std::string("a\0b", 3)));
  CHECK(w.client->status().pending == 0);
}

TEST_CASE("a chat made offline comes before its messages") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  NewChat chat;
  chat.kind = ChatSummary::Kind::group, chat.name = "plans", chat.member_ids = {w.other};
  const auto id = w.client->create_chat(chat);
  REQUIRE(id);
  REQUIRE(w.client->send(*id, "first"));
  w.settle();
  const auto list = w.client->chats_now();
  CHECK(std::any_of(list.begin(), list.end(), [&](const ChatSummary& c) { return c.id == *id && c.name == "plans" && c.pending == 1; }));
  w.http.log.clear(), w.http.online = true;
  w.loop.pass(60000);
  const auto at = [&](const std::string& line) { return std::find(w.http.log.begin(), w.http.log.end(), line); };
  CHECK(at("POST /chats") < at("POST /chats/" + id->str() + "/messages"));
}
