// Somebody puts an older copy of the server's database back and tells nobody. The cursor may be from before the copy, and still right.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
// The server is back, and everybody is connected again.
void reconnect(FakeWorld& w) {
  w.http.cut();
  w.loop.pass(10000);
  REQUIRE(w.client->connection() == Connection::live);
}
}  // namespace

TEST_CASE("a server that knows fewer events than it has told of has another history") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  const int streams = w.http.streams;
  w.http.push("nudge", to_json(NudgeFrame{w.chat, 7, 9}));
  w.loop.pass(10000);
  CHECK(w.http.streams == streams + 1);
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/events") == 1);
  REQUIRE(w.client->chats_now().size() == 1);
  CHECK(w.client->chats_now().front().head_seq == 1);
}

TEST_CASE("a page of history that ends before what is known is of another one, and is not asked for again and again") {
  FakeWorld w;
  w.post("one", w.other, false), w.post("two", w.other, false);
  w.start(Hold::all);
  w.messages.pop_back(), w.events.pop_back();
  w.client->drop_history(w.chat);
  w.loop.pass(10000);
  CHECK(w.bodies() == Bodies{"one"});
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages") < 6);
}

TEST_CASE("a place that is taken by another message is one of another history") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.first = [&w](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    PostMessage m;
    if (r.method != "POST" || !path.ends_with("/messages") || read_json(r.body, m, Reading::tolerant)) return std::nullopt;
    return FakeWorld::json(201, to_json(MessageView{m.id, w.chat, 2, w.head_rev() + 1, w.me, m.body}));  // and then it is forgotten
  };
  w.start(Hold::all);
  w.loop.pass(1000);
  REQUIRE(w.client->send(w.chat, "lost"));
  w.settle();
  REQUIRE(w.bodies() == Bodies{"one", "lost"});
  w.post("another", w.other);
  w.loop.pass(10000);
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.bodies() == Bodies{"one", "another"});
}

TEST_CASE("a message that stands in another place than it did is one of another history") {
  FakeWorld w;
  w.post("one", w.other, false);
  int sent = 0;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    PostMessage m;
    if (r.method != "POST" || !path.ends_with("/messages") || read_json(r.body, m, Reading::tolerant)) return std::nullopt;
    if (++sent == 1) return w.post(m.body, w.me, true, m.id), FakeWorld::error(503, Code::unavailable);  // the event arrives, the answer does not
    w.messages.resize(1), w.events.resize(2);
    w.post("another", w.other, false);
    return FakeWorld::json(201, to_json(w.post(m.body, w.me, false, m.id)));
  };
  w.start(Hold::all);
  w.loop.pass(1000);
  REQUIRE(w.client->send(w.chat, "mine"));
  w.loop.pass(20000);
  CHECK(sent == 2);
  CHECK(w.bodies() == Bodies{"one", "another", "mine"});
}

TEST_CASE("an event that contradicts what is held is not shown") {
  FakeWorld w;
  w.post("one", w.other, false), w.post("two", w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  REQUIRE(w.bodies() == Bodies{"one", "two"});
  const MessageView one = w.messages.front();
  std::int64_t rev = w.head_rev();
  const auto event = [&](MessageView m) {
    m.rev = ++rev;
    EventView v{stream_text(chat_stream(w.chat)), m.rev, {}, "message_posted", w.loop.now(), w.other, {to_json(MessagePosted{m})}};
    v.seq = m.seq;
    Batch batch(w.cache(), w.me);
    batch.event(v);
    const bool noticed = batch.other_history;
    REQUIRE(batch.commit());
    return noticed;
  };
  CHECK(event({made<MessageId>(99), w.chat, 2, 0, w.other, "in the place of two"}));
  CHECK(w.bodies() == Bodies{"one", "two"});
  CHECK(event({one.id, w.chat, 3, 0, w.other, "one, moved"}));
  CHECK(w.bodies() == Bodies{"one", "two"});
}

TEST_CASE("a page with another message in the place of a newer one is of another history, and no place is shown twice") {
  FakeWorld w;
  for (int i = 0; i < 3; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  for (int i = 0; i < 5; ++i) w.edit(2, "edited " + std::to_string(i));
  w.settle();
  REQUIRE(w.bodies() == Bodies{"m0", "m1", "edited 4"});
  w.http.holds = [](const HttpRequest& r) { return r.url.find("/sync") != std::string::npos; };  // what is shown before everything is asked for anew
  w.messages.resize(2), w.events.resize(3);
  w.post("another", w.other, false, made<MessageId>(99));
  Batch batch(w.cache(), w.me);
  MessagePage page;
  page.items = {w.messages[2]}, page.lo = page.hi = 3, page.as_of_rev = w.head_rev(), page.head_seq = 3;
  REQUIRE(batch.page(w.chat, page, 0));
  CHECK(batch.other_history);
  REQUIRE(batch.commit());
  CHECK(w.bodies() == Bodies{"m0", "m1", "another"});
}

TEST_CASE("a page with a message that is held in another place is of another history, and the message stays where it is") {
  FakeWorld w;
  for (int i = 0; i < 3; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  MessageView moved = w.messages[1];
  const auto told = [&](std::int64_t seq, std::int64_t lo, std::int64_t hi) {
    Batch batch(w.cache(), w.me);
    MessagePage page;
    moved.seq = seq, moved.body = "moved";
    page.items = {moved}, page.lo = lo, page.hi = hi, page.as_of_rev = moved.rev = w.head_rev(), page.head_seq = hi;
    REQUIRE(batch.page(w.chat, page, 0));
    const bool noticed = batch.other_history;
    batch.abandon();
    return noticed;
  };
  CHECK_FALSE(told(2, 1, 3));
  CHECK(told(3, 3, 3));    // where something is held
  CHECK(told(50, 50, 50));  // and where nothing is
  const ChatId elsewhere = made<ChatId>(98);
  Batch batch(w.cache(), w.me);
  ChatView view;
  view.id = elsewhere, view.workspace_id = w.space, view.kind = ChatKind::public_channel;
  batch.created(view);
  MessagePage page;
  moved = w.messages[1], moved.chat_id = elsewhere, moved.seq = 1, moved.rev = 1, moved.body = "moved";
  page.items = {moved}, page.lo = page.hi = 1, page.as_of_rev = 1, page.head_seq = 1;
  REQUIRE(batch.page(elsewhere, page, 0));
  CHECK(batch.other_history);
  REQUIRE(batch.commit());
  CHECK(w.bodies() == Bodies{"m0", "m1", "m2"});
}

TEST_CASE("the newest message of a summary that is held in another place is of another history, and one of another chat is none") {
  FakeWorld w;
  for (int i = 0; i < 3; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  ChatView elsewhere = w.view();
  elsewhere.id = made<ChatId>(98);
  const auto noticed = [&] {
    Batch batch(w.cache(), w.me);
    batch.summary(elsewhere, true);
    REQUIRE(batch.commit());
    return batch.other_history;
  };
  CHECK_FALSE(noticed());
  CHECK_FALSE(w.cache().chat(elsewhere.id)->coverage.at(3));
  elsewhere.last_message->chat_id = elsewhere.id, ++elsewhere.head_rev;
  CHECK(noticed());
  CHECK(w.bodies() == Bodies{"m0", "m1", "m2"});
}

TEST_CASE("a page that tells of another chat is none") {
  FakeWorld w;
  w.post("one", w.other, false), w.post("two", w.other, false);
  w.start();
  w.first = [&w](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (r.method == "GET" && path.ends_with(w.messages[0].id.str())) return FakeWorld::json(200, to_json(w.messages[0]));
    if (r.method != "GET" || !path.ends_with("/messages")) return std::nullopt;
    MessagePage page;
    page.items = w.messages, page.lo = 1, page.hi = page.head_seq = 2, page.as_of_rev = w.head_rev();
    page.items.front().chat_id = made<ChatId>(98);
    return FakeWorld::json(200, to_json(page));
  };
  auto timeline = w.client->timeline(w.chat);
  std::optional<Error> error;
  timeline->load_around(w.messages[0].id, [&](Result<Done> done) { error = done ? std::nullopt : std::optional(done.error()); }).detach();
  w.loop.pass(10000);
  REQUIRE(error);
  CHECK(error->message == "not a page: it tells of another chat");
  CHECK(w.bodies() == Bodies{"two"});
}

TEST_CASE("a window that lies behind the end of a shorter history is shown its end, and asks for nothing without end") {
  FakeWorld w;
  for (int i = 0; i < 100; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(5000);
  auto timeline = w.client->timeline(w.chat);
  timeline->load_around(w.messages[59].id, [](Result<Done>) {}).detach();
  w.settle();
  (void)timeline->drain();
  REQUIRE_FALSE(timeline->items().empty());
  REQUIRE(timeline->items().back().message.seq == 85);
  w.messages.resize(50), w.events.resize(51), w.epoch = 2, w.position = 200;
  const auto before = w.asked("GET /chats/" + w.chat.str() + "/messages");
  reconnect(w);
  w.loop.pass(10000);
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages") - before < 8);
  (void)timeline->drain();
  REQUIRE_FALSE(timeline->items().empty());
  CHECK(timeline->items().back().message.seq == 50);
  CHECK(timeline->newer() == Timeline::Edge::end);
  CHECK(w.client->held(w.chat).size() == 50);
}

TEST_CASE("a feed gives what another history brings, also where it had been further in the old one") {
  FakeWorld w;
  w.start(Hold::all);
  auto feed = *w.client->feed("bot");
  w.settle();
  w.loop.pass(10);
  for (const char* body : {"one", "two", "three"}) w.post(body, w.other);
  w.settle();
  const auto items = feed->drain();
  REQUIRE(items.size() == 3);
  REQUIRE(feed->ack(items.back().position));
  w.messages.resize(1), w.events.resize(2), w.epoch = 2, w.position = 20;
  reconnect(w);
  w.post("new", w.other);
  w.loop.pass(5000);
  Bodies bodies;
  for (const auto& item : feed->drain()) bodies.push_back(item.message.body);
  CHECK(bodies == Bodies{"one", "new"});
}

TEST_CASE("an answer that the old history gave, and that comes late, is none: the message is sent to the new one") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  w.http.holds = [](const HttpRequest& r) { return r.method == "POST" && r.url.ends_with("/messages"); };
  REQUIRE(w.client->send(w.chat, "late"));
  w.settle();
  REQUIRE(w.messages.size() == 2);
  w.messages.resize(1), w.events.resize(2), w.epoch = 2, w.position = 20;
  reconnect(w);
  w.release();
  w.loop.pass(5000);
  REQUIRE(w.messages.size() == 2);
  CHECK(w.messages.back().body == "late");
  CHECK(w.bodies() == Bodies{"one", "late"});
  CHECK(w.client->status().pending == 0);
}
