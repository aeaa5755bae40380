#include <catch2/catch.hpp>
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
// All of a short history is on the device.
void hold_five(FakeWorld& w) {
  for (int i = 0; i < 5; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
}
// More than a round tells of a chat: it only says that there is more.
void miss_sixty(FakeWorld& w) {
  for (int i = 0; i < 60; ++i) w.post("late" + std::to_string(i), w.other, false);
}
}  // namespace

TEST_CASE("signing in catches up, then follows live") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  REQUIRE(w.client->connection() == Connection::live);
  CHECK(w.client->me()->name == "Me");
  REQUIRE(w.client->chats_now().size() == 1);
  CHECK(w.client->chats_now()[0].name == "general");
  CHECK(w.client->chats_now()[0].unread == 1);
  CHECK(w.client->name_of(w.other) == "Other");
  w.post("two", w.other);
  w.settle();
  CHECK(w.bodies() == Bodies{"one", "two"});
  CHECK(w.client->chats_now()[0].preview == "two");
  CHECK(w.client->status().position == w.position);
}

TEST_CASE("what is held survives a restart and is shown offline") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.client.reset();
  w.http.online = false;
  REQUIRE(w.open());
  w.settle();
  CHECK(w.client->connection() == Connection::offline);
  CHECK(w.bodies() == Bodies{"one"});
  CHECK(w.client->chats_now().size() == 1);
  w.http.online = true;
  w.post("two", w.other, false);
  w.loop.pass(40000);
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.bodies() == Bodies{"one", "two"});
}

TEST_CASE("a lost frame is noticed by its successor and asked for") {
  FakeWorld w;
  w.start();
  w.post("one", w.other, false);
  w.post("two", w.other);
  w.settle();
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/events?after_rev=1") == 1);
  CHECK(w.bodies() == Bodies{"one", "two"});
}

TEST_CASE("an absence of many events: the held range is stale, then right again") {
  FakeWorld w;
  hold_five(w);
  REQUIRE(w.bodies().size() == 5);
  w.client.reset();
  w.edit(1, "edited while away", false);
  miss_sixty(w);
  REQUIRE(w.open(Hold::all));
  w.loop.pass(5000);
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages?limit=200&changed_since=") >= 1);
  const auto bodies = w.bodies();
  REQUIRE(bodies.size() == 65);
  CHECK(bodies[1] == "edited while away");
  CHECK(bodies.back() == "late59");
}

TEST_CASE("a page of history races with an edit of a row that is not held") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  w.http.holds = [](const HttpRequest& r) { return r.url.find("/messages?") != std::string::npos; };
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  REQUIRE(w.http.held.size() == 1);     // the page was made before the edit, and arrives after it
  w.edit(1, "edited in between");
  w.settle();
  w.http.holds = {};
  w.loop.post(std::move(w.http.held.front()));
  w.settle();
  CHECK(w.bodies()[1] == "edited in between");
  CHECK(w.bodies().size() == 5);
}

TEST_CASE("a reaction to a row that is stale does not keep the text that was missed") {
  for (const bool page_is_older : {true, false}) {
    FakeWorld w;
    hold_five(w);
    w.client.reset();
    w.edit(1, "edited while away", false);
    miss_sixty(w);
    const auto react = [&](bool deliver) {
      MessageView& m = w.messages[1];
      m.reactions = {{"+1", 1, {}}}, m.rev = w.head_rev() + 1;
      w.happen(ReactionAdded{m.id, "+1", 1, m.seq}, w.other, 0, deliver);
    };
    w.http.holds = [](const HttpRequest& r) { return r.url.find("changed_since") != std::string::npos; };
    if (!page_is_older) w.http.online = false;  // the reaction is there before anything is asked for
    REQUIRE(w.open(Hold::all));
    w.http.online = true;
    w.loop.pass(page_is_older ? 3000 : 10);
    react(true);
    w.loop.pass(10000);
    w.release();
    w.loop.pass(5000);
    const auto held = w.client->held(w.chat);
    REQUIRE(held.size() == 65);
    CHECK(held[1].body == "edited while away");
    REQUIRE(held[1].reactions.size() == 1);
    CHECK(held[1].reactions[0].count == 1);
  }
}

TEST_CASE("history that is dropped while its changes are asked for is not held again by their answer") {
  FakeWorld w;
  hold_five(w);
  w.client.reset();
  w.edit(1, "edited while away", false);
  miss_sixty(w);
  w.http.holds = [](const HttpRequest& r) { return r.url.find("changed_since") != std::string::npos; };
  REQUIRE(w.open(Hold::all));
  w.loop.pass(5000);
  REQUIRE(w.http.held.size() == 1);
  w.client->drop_history(w.chat);
  w.settle();
  w.release();
  w.loop.pass(5000);
  const auto held = w.client->held(w.chat);
  REQUIRE(held.size() == 65);
  CHECK(held[1].body == "edited while away");
}

TEST_CASE("who left and joined again while the device was away keeps nothing from before") {
  FakeWorld w;
  hold_five(w);
  REQUIRE(w.bodies().size() == 5);
  w.client.reset();
  miss_sixty(w);
  w.visible_from = 6;
  REQUIRE(w.open(Hold::all));
  w.loop.pass(10000);
  CHECK(w.client->held(w.chat).size() == 60);
  CHECK(w.client->search_local("m1")->empty());
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages?limit=200&changed_since=") == 0);
}

TEST_CASE("an answer that tells nothing of the changes that were asked for is not asked for at once again") {
  FakeWorld w;
  hold_five(w);
  w.client.reset();
  miss_sixty(w);
  w.first = [&w](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.url.find("changed_since") == std::string::npos) return std::nullopt;
    MessagePage nothing;
    nothing.lo = 6, nothing.hi = 5, nothing.as_of_rev = w.head_rev(), nothing.head_seq = 65;
    return FakeWorld::json(200, to_json(nothing));
  };
  REQUIRE(w.open(Hold::all));
  w.loop.pass(10000);
  const auto asked = w.asked("GET /chats/" + w.chat.str() + "/messages?limit=200&changed_since=");
  CHECK(asked > 0);
  CHECK(asked < 10);
}

TEST_CASE("a page that covers nothing is not asked for at once again") {
  FakeWorld w;
  for (int i = 0; i < 60; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.first = [&w](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.url.find("&before=") == std::string::npos) return std::nullopt;
    MessagePage nothing;
    nothing.lo = 60, nothing.hi = 59, nothing.as_of_rev = w.head_rev(), nothing.head_seq = 60;
    return FakeWorld::json(200, to_json(nothing));
  };
  w.start(Hold::all);
  w.loop.pass(10000);
  const auto asked = w.asked("GET /chats/" + w.chat.str() + "/messages?");
  CHECK(asked > 0);
  CHECK(asked < 10);
}

TEST_CASE("the history before a message that is not there yet is the newest") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  std::optional<std::size_t> got;
  w.client->history(w.chat, 1000, 3, [&](Result<std::vector<Message>> page) { got = page ? page->size() : 99; }).detach();
  w.settle();
  CHECK(got == 3);
}

TEST_CASE("history is told in one piece, also where a page is cut short and older messages are held") {
  FakeWorld w;
  for (int i = 1; i <= 100; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  std::vector<Message> got;
  const auto ask = [&](std::int64_t before, std::size_t limit) {
    w.client->history(w.chat, before, limit, [&](Result<std::vector<Message>> page) { got = page ? *page : std::vector<Message>{}; }).detach();
    w.settle();
  };
  ask(31, 10);
  REQUIRE(got.size() == 10);
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path != "/chats/" + w.chat.str() + "/messages" || r.url.find("before=91") == r.url.npos) return std::nullopt;
    MessagePage p{{}, 86, 90, w.head_rev(), 100};
    for (std::size_t seq = 86; seq <= 90; ++seq) p.items.push_back(w.messages[seq - 1]);
    return FakeWorld::json(200, to_json(p));
  };
  ask(91, 70);
  REQUIRE(got.size() == 5);
  CHECK(got.front().seq == 86);
}

TEST_CASE("another history: everything is fetched anew") {
  FakeWorld w;
  w.post("old history", w.other, false);
  w.start();
  w.client.reset();
  w.epoch = 2, w.messages.clear(), w.events.resize(1), w.position = 3;
  w.post("new history", w.other, false);
  REQUIRE(w.open());
  w.settle();
  CHECK(w.bodies() == Bodies{"new history"});
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("another history is met by a device whose cursor is gone: what it held is not taken for the new one's") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("old history", w.other, false);
  w.start();
  REQUIRE(w.cache().set_meta("cursor", ""));
  w.client.reset();
  w.epoch = 2, w.messages.clear(), w.events.resize(1), w.position = 3;
  w.post("new history", w.other, false);
  REQUIRE(w.open());
  w.settle();
  CHECK(w.bodies() == Bodies{"new history"});
  REQUIRE(w.client->chats_now().size() == 1);
  CHECK(w.client->chats_now()[0].head_seq == 1);
}

TEST_CASE("removed from a chat: its rows go, what was queued fails, what was tried is left to the server's word") {
  FakeWorld w;
  w.post("secret", w.other, false);
  w.start();
  bool reached = false;
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.method != "POST" || !r.url.ends_with("/messages")) return std::nullopt;
    return reached ? FakeWorld::json(403, R"({"error":{"code":"permission_denied","message":"not a member"}})") : FakeWorld::json(503, "");
  };
  const auto tried = w.client->send(w.chat, "tried"), behind = w.client->send(w.chat, "queued behind it");
  w.settle();
  w.member = false;
  w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
  w.settle();
  CHECK(w.bodies().empty());
  CHECK(w.client->status().pending == 2);
  CHECK(w.client->status().failed == 1);
  CHECK(w.client->status().refused == std::vector{*behind});
  CHECK(w.client->search_local("secret")->empty());
  reached = true;
  w.loop.pass(60000);
  CHECK(w.client->status().failed == 2);
  CHECK(w.client->status().refused == std::vector{*tried, *behind});
}

TEST_CASE("an event of a later version keeps its place") {
  FakeWorld w;
  w.start();
  w.happen(ChatRemoved{w.chat}, w.other);  // no event of a chat's stream: unknown there
  w.post("after it", w.other);
  w.settle();
  CHECK(w.bodies() == Bodies{"after it"});
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/events") == 0);
}

TEST_CASE("what stands in no history changes nothing, however true it looks") {
  FakeWorld w;
  w.post("as it is", w.other);
  w.start();
  MessageView false_one = w.messages[0];
  false_one.body = "as nobody wrote it", false_one.rev = 0;
  for (const StreamId& stream : {chat_stream(w.chat), workspace_stream(w.space)}) {
    EventView v{stream_text(stream), 0, {}, std::string(type_of<MessageEdited>.name), w.loop.now(), w.other, {to_json(MessageEdited{false_one})}};
    if (stream.kind == StreamKind::workspace)
      v.type = type_of<WorkspaceChanged>.name, v.payload.text = to_json(WorkspaceChanged{w.space, "nobody's name", w.other});
    w.http.push("event", to_json(v), w.cursor(w.position));
  }
  w.settle();
  CHECK(w.bodies() == Bodies{"as it is"});
  const auto space = w.cache().rows().get<WorkspaceRow>(w.space);
  REQUIRE(space);
  CHECK(space->name != "nobody's name");
}

TEST_CASE("a newer version asks again for what an older one has skipped: texts, and the number of mentions") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  w.happen(ChatRemoved{w.chat}, w.other);
  w.happen(ReactionAdded{w.messages[0].id, "+", 1, 1}, w.other);  // raises the row's rev
  w.settle();
  REQUIRE(w.bodies() == Bodies{"one"});
  w.messages[0].body = "edited, and it names me", w.messages[0].rev = w.head_rev();
  REQUIRE(w.cache().set_meta("events", "fewer"));
  w.client.reset();
  w.first = [&w](const HttpRequest&, const std::string& path) -> std::optional<HttpResponse> {
    if (path != "/chats/" + w.chat.str()) return std::nullopt;
    ChatView view = w.view();
    view.mentions = 1;
    return FakeWorld::json(200, to_json(view));
  };
  w.resumes = true;
  REQUIRE(w.open(Hold::all));
  w.loop.pass(10000);
  CHECK(w.bodies() == Bodies{"edited, and it names me"});
  REQUIRE(w.client->chats_now().size() == 1);
  CHECK(w.client->chats_now().front().mentions == 1);
}

TEST_CASE("a silent stream is a dead one, and reconnecting is spread") {
  FakeWorld w;
  w.start();
  REQUIRE(w.http.streams == 1);
  w.loop.pass(31000);
  CHECK(w.client->connection() != Connection::live);
  w.loop.pass(3100);
  CHECK(w.http.streams == 2);
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("a server that sends everybody away for ages is asked again within the hour") {
  FakeWorld w;
  w.start();
  w.http.push("closing", R"({"reason":"restart","reconnect_after_ms":9007199254740991})");
  w.settle();
  CHECK(w.client->connection() != Connection::live);
  w.loop.pass(3'610'000);
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("the access token is renewed once, under a key that is kept") {
  FakeWorld w;
  w.start();
  w.expired = 1;
  w.http.cut();
  w.loop.pass(4000);
  CHECK(w.asked("POST /refresh") == 1);
  CHECK(w.client->connection() == Connection::live);
  std::vector<std::string> keys;
  int lost = 1;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path != "/refresh") return std::nullopt;
    keys.push_back(std::string(find_header(r.headers, "Idempotency-Key")));
    if (lost-- > 0) return FakeWorld::json(502, "<html>");
    return std::nullopt;
  };
  w.loop.pass(1000 * 900);
  REQUIRE(keys.size() >= 2);
  CHECK_FALSE(keys[0].empty());
  CHECK(keys[0] == keys[1]);
}

TEST_CASE("a session that ended signs out and keeps what was queued") {
  FakeWorld w;
  w.start();
  w.first = [](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (r.url.find("/login") == std::string::npos) return FakeWorld::error(401, Code::unauthenticated);
    return std::nullopt;
  };
  REQUIRE(w.client->send(w.chat, "still here"));
  w.loop.pass(1000);
  CHECK(w.client->connection() == Connection::signed_out);
  CHECK(w.client->status().pending == 1);
  CHECK_FALSE(w.client->me());
  w.first = {};
  w.sign_in();
  w.loop.pass(4000);
  CHECK(w.client->status().pending == 0);
  REQUIRE(w.messages.size() == 1);
  CHECK(w.messages[0].body == "still here");
}

TEST_CASE("a workspace that was joined while following is asked for, also after a restart") {
  FakeWorld w;
  w.start();
  const auto joined = made<WorkspaceId>(77);
  w.resumes = true;  // no round tells of it
  bool answers = false;
  w.first = [&](const HttpRequest&, const std::string& path) -> std::optional<HttpResponse> {
    if (path == "/workspaces/" + joined.str())
      return answers ? FakeWorld::json(200, to_json(WorkspaceView{joined, "Club", WorkspaceRole::member, 2, 5, {}})) : FakeWorld::json(503, "");
    if (path == "/workspaces/" + joined.str() + "/members")
      return FakeWorld::json(200,
                             R"({"items":[{"user_id":")" + w.other.str() +
                                 R"(","name":"Other","role":"member","joined_at":"2026-01-01T00:00:00.000Z","rev":4,"profile_version":1}],"next":null})");
    return std::nullopt;
  };
  EventView v{"workspace:" + joined.str()};
  v.rev = 5, v.type = "workspace_member_joined", v.actor_id = w.me;
  v.payload.text = to_json(WorkspaceMemberJoined{w.me, "Me", WorkspaceRole::member, 2, 1, 1});
  ++w.position;
  w.http.push("event", to_json(v), w.cursor(w.position));
  w.settle();
  CHECK(w.client->workspaces().size() == 1);
  w.client.reset();
  answers = true;
  REQUIRE(w.open());
  w.settle();
  w.loop.pass(5000);
  REQUIRE(w.client->workspaces().size() == 2);
  CHECK(w.client->workspaces()[0].name == "Club");
  const auto people = [&](WorkspaceId id) {
    std::vector<std::string> names;
    for (const User& u : w.client->users(id)) names.push_back(u.name);
    return names;
  };
  CHECK(people(joined) == std::vector<std::string>{"Other"});
  CHECK(people(w.space) == std::vector<std::string>{"Me", "Other"});
  v.rev = 6, v.type = std::string(type_of<WorkspaceMemberLeft>.name), v.actor_id = w.other;
  v.payload.text = to_json(WorkspaceMemberLeft{w.other, 1, 1});
  ++w.position;
  w.http.push("event", to_json(v), w.cursor(w.position));
  w.settle();
  CHECK(people(joined).empty());
  CHECK(w.client->users().size() == 2);
}
