// What a cursor has passed without the cache having it: written down with that cursor, and asked for after a restart.
#include <catch2/catch.hpp>
#include "sdk/client/client_impl.hpp"
#include "sdk/core/accounts/accounts.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
bool is_events(const HttpRequest& r) { return r.url.find("/events?") != std::string::npos; }
std::function<std::optional<HttpResponse>(const HttpRequest&, const std::string&)> without_events() {
  return [](const HttpRequest& r, const std::string&) { return is_events(r) ? std::optional(FakeWorld::json(503, "")) : std::nullopt; };
}
}  // namespace

TEST_CASE("a restart right behind a nudge: what it told of is asked for") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.resumes = true;  // no round tells of it again
  w.first = without_events();
  w.post("two", w.other, false), w.post("three", w.other, false);
  w.http.push("nudge", to_json(NudgeFrame{w.chat, 3, w.head_rev()}));
  SECTION("the cursor comes with the nudge") {}
  SECTION("the cursor comes later") { w.settle(); }
  w.http.push("cursor", to_json(CursorFrame{w.cursor(w.position)}), w.cursor(w.position));
  w.settle();
  REQUIRE(w.client->status().position == w.position);
  CHECK(w.client->chats_now()[0].head_seq == 3);
  w.client.reset();
  w.first = {};
  REQUIRE(w.open());
  w.loop.pass(5000);
  CHECK(w.bodies() == Bodies{"one", "two", "three"});
}

TEST_CASE("a restart right behind a gap: what was missed is asked for") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.resumes = true;
  w.first = without_events();
  w.post("lost", w.other, false), w.post("three", w.other);
  w.settle();
  REQUIRE(w.client->status().position == w.position);
  w.client.reset();
  w.first = {};
  REQUIRE(w.open());
  w.loop.pass(5000);
  CHECK(w.bodies() == Bodies{"one", "lost", "three"});
}

TEST_CASE("what a version skipped for want of its event type is checked by the next one that knows it") {
  FakeWorld w;
  for (int i = 0; i < 4; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  REQUIRE(w.bodies().size() == 4);
  w.client.reset();
  REQUIRE(w.open(Hold::all));  // from here on the cache says how many types its writer knows
  w.loop.pass(5000);
  w.messages[1].body = "changed by an event of a later version", w.messages[1].rev = w.head_rev() + 1;
  w.happen(ChatRemoved{w.chat}, w.other);  // of no type that a chat's stream has
  w.post("m4", w.other);
  w.settle();
  REQUIRE(w.bodies()[1] == "m1");
  CHECK(w.bodies().size() == 5);
  w.resumes = true;
  const auto reopen = [&] {
    w.client.reset();
    w.http.log.clear();
    REQUIRE(w.open(Hold::all));
    w.loop.pass(5000);
  };
  const std::string check = "GET /chats/" + w.chat.str() + "/messages?limit=200&changed_since=";
  reopen();
  CHECK(w.asked(check) == 0);  // the same version: nothing new would come of it
  REQUIRE(w.cache().set_meta("events", "3"));
  reopen();                    // one that knows more types than the cache's writer
  CHECK(w.asked(check) == 1);
  CHECK(w.bodies()[1] == "changed by an event of a later version");
  reopen();
  CHECK(w.asked(check) == 0);
}

TEST_CASE("a summary that was read before one's own mark does not take it back") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m", w.other, false);
  w.start();
  w.http.holds = [](const HttpRequest& r) { return r.url.ends_with("/read"); };
  REQUIRE(w.client->mark_read(w.chat, 4));
  w.settle();
  REQUIRE(w.client->chats_now()[0].unread == 1);
  w.http.cut();
  w.loop.pass(4000);  // a round, whose summary says 0
  CHECK(w.asked("GET /sync") == 2);
  CHECK(w.client->chats_now()[0].unread == 1);
}

TEST_CASE("frames that come while a round runs do not move the cursor") {
  FakeWorld w;
  w.http.holds = [](const HttpRequest& r) { return r.url.find("/sync") != std::string::npos; };
  REQUIRE(w.open());
  w.sign_in();
  w.post("while it runs", w.other);
  w.settle();
  CHECK(w.cache().meta("cursor").empty());
  w.release();
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("a frame that comes again changes nothing and asks for nothing") {
  FakeWorld w;
  w.start();
  w.post("one", w.other), w.edit(0, "one, edited"), w.post("two", w.other);
  w.settle();
  for (const std::size_t i : {1u, 3u, 2u}) w.http.push("event", to_json(w.events[i]), w.cursor(w.position));
  w.post("three", w.other);
  w.settle();
  CHECK(w.bodies() == Bodies{"one, edited", "two", "three"});
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/events") == 0);
}

TEST_CASE("a list of people that is older than somebody's new name does not take it back") {
  FakeWorld w;
  w.start();
  REQUIRE(w.client->name_of(w.other) == "Other");
  EventView v{"workspace:" + w.space.str()};
  v.rev = 9, v.type = type_of<ProfileChanged>.name, v.actor_id = w.other, v.payload.text = to_json(ProfileChanged{w.other, "Renamed", 2});
  const auto lists = w.asked("GET /workspaces/" + w.space.str() + "/members");
  ++w.position;
  w.http.push("event", to_json(v), w.cursor(w.position));  // others are missing before it: the list is asked for
  w.loop.pass(5000);
  CHECK(w.asked("GET /workspaces/" + w.space.str() + "/members") > lists);
  CHECK(w.client->name_of(w.other) == "Renamed");
}
