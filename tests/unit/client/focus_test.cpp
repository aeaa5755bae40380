// What the server is told of what this device looks at.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
/// What was said since the last look.
std::vector<SetFocus> looks(FakeWorld& w, std::int64_t ms = 50) {
  w.loop.pass(ms);
  std::vector<SetFocus> out;
  for (const HttpRequest& r : std::exchange(w.http.requests, {})) {
    if (!r.url.ends_with("/focus")) continue;
    SetFocus f;
    REQUIRE_FALSE(read_json(R"({"connection_id":"c",)" + r.body.substr(1), f, Reading::tolerant));
    out.push_back(f);
  }
  return out;
}
}  // namespace

TEST_CASE("the server hears which chats this device looks at: the last 20, and that it looks away") {
  FakeWorld w;
  w.start();
  CHECK(looks(w).empty());
  std::vector<std::unique_ptr<Timeline>> open;
  for (std::uint8_t n = 1; n <= 21; ++n) open.push_back(w.client->timeline(made<ChatId>(n)));
  open.push_back(w.client->timeline(made<ChatId>(21)));  // twice the same
  auto all = looks(w);
  REQUIRE_FALSE(all.empty());
  REQUIRE(all.back().chats.size() == 20);
  CHECK(all.back().chats.front() == made<ChatId>(21));
  CHECK(all.back().chats.back() == made<ChatId>(2));
  open.clear();
  all = looks(w);
  REQUIRE_FALSE(all.empty());
  CHECK(all.back().chats.empty());
  w.http.cut();
  CHECK(looks(w, 10'000).empty());  // a new connection looks at nothing by itself
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("presence is asked for of the people in the open lists and timelines, once for several of them") {
  FakeWorld w;
  const auto person = [](std::uint8_t n) { return made<UserId>(n); };
  for (std::uint8_t n = 20; n < 23; ++n) w.post("hello", person(n), false);
  w.post("mine", w.me, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  auto all = looks(w, 3000);
  REQUIRE_FALSE(all.empty());
  CHECK(all.back().users == std::vector<UserId>{person(20), person(21), person(22)});
  w.post("and I", person(23));
  w.settle();
  w.post("me too", person(24));
  all = looks(w, 3000);
  REQUIRE(all.size() == 1);
  CHECK(all[0].chats == std::vector<ChatId>{w.chat});
  CHECK(all[0].users.size() == 5);
  w.http.cut();
  all = looks(w, 10'000);
  REQUIRE_FALSE(all.empty());
  CHECK(all.back().users.size() == 5);
  timeline.reset();
  all = looks(w, 3000);
  REQUIRE_FALSE(all.empty());
  CHECK(all.back().users.empty());
}

TEST_CASE("the other of a direct chat is looked at while a list shows it") {
  FakeWorld w;
  w.direct = true;
  w.start();
  CHECK(looks(w, 3000).empty());
  auto list = w.client->chats();
  auto all = looks(w, 3000);
  REQUIRE(all.size() == 1);
  CHECK((all[0].chats.empty() && all[0].users == std::vector<UserId>{w.other}));
  list.reset();
  all = looks(w, 3000);
  REQUIRE(all.size() == 1);
  CHECK(all[0].users.empty());
}

TEST_CASE("own presence is said now and to every new connection") {
  FakeWorld w;
  w.start();
  const auto said = [&] {
    w.loop.pass(10'000);
    std::vector<std::string> out;
    for (const HttpRequest& r : std::exchange(w.http.requests, {}))
      if (r.url.ends_with("/me/presence")) out.push_back(r.body);
    return out;
  };
  CHECK(said().empty());
  w.client->set_presence(Availability::away);
  CHECK(said() == std::vector<std::string>{R"({"state":"away"})"});
  w.http.cut();
  CHECK(said() == std::vector<std::string>{R"({"state":"away"})"});
}

TEST_CASE("nobody is there any more when the stream is lost") {
  FakeWorld w;
  w.post("hello", w.other, false), w.post("hello", made<UserId>(30), false);
  w.start();
  const auto timeline = w.client->timeline(w.chat);
  w.loop.pass(3000);
  std::vector<std::pair<UserId, Availability>> told;
  w.client->on_presence([&](UserId id, Availability state) { told.push_back({id, state}); });
  w.http.push("presence", to_json(PresenceFrame{w.other, Presence::away}));
  w.http.push("presence", to_json(PresenceFrame{made<UserId>(30), Presence::online}));
  w.http.push("presence", to_json(PresenceFrame{made<UserId>(30), Presence::offline}));
  w.settle();
  CHECK(told.size() == 3);
  told.clear();
  w.http.cut();
  w.loop.pass(10'000);
  REQUIRE(told.size() == 1);
  CHECK(told[0] == std::pair(w.other, Availability::offline));
}

TEST_CASE("who is not looked at any more is not shown as being there") {
  FakeWorld w;
  w.direct = true;
  w.start();
  std::vector<std::pair<UserId, Availability>> told;
  w.client->on_presence([&](UserId id, Availability state) { told.push_back({id, state}); });
  auto list = w.client->chats();
  w.loop.pass(3000);
  w.http.push("presence", to_json(PresenceFrame{w.other, Presence::online}));
  w.settle();
  CHECK(told.size() == 1);
  list.reset();  // and back before the server was told: it tells nothing anew
  w.settle();
  list = w.client->chats();
  w.loop.pass(3000);
  CHECK(told.size() == 1);
  list.reset();
  w.loop.pass(3000);
  REQUIRE(told.size() == 2);
  CHECK(told[1] == std::pair(w.other, Availability::offline));
  w.http.push("presence", to_json(PresenceFrame{w.other, Presence::online}));  // was on its way
  w.settle();
  CHECK(told.size() == 2);
}
