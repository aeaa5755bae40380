// Connections that end, look at something, or belong to large chats.
#include <algorithm>
#include <catch2/catch.hpp>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

namespace {
std::string line(std::int64_t pos, const std::string& rest) { return std::to_string(pos) + rest; }
}  // namespace

TEST_CASE("an ended session loses its connections within the turn, others of the person stay") {
  Two w;
  w.start();
  auto out = w.listen(2, {}, 21), stays = w.listen(2, {}, 22);
  out->heard(), stays->heard();
  w.tell(w.revoke(2, 21));
  CHECK(out->heard() == Lines{"closing signed_out"});
  CHECK(out->closed);
  CHECK(stays->heard() == Lines{"6 user 2 session_revoked"});
  CHECK(!w.hub().attach({w.user(2), w.session(21), {}, std::make_shared<Ear>()}));
  CHECK(w.hub().admits(w.session(21)).error().code == Code::unauthenticated);
  w.tell(w.post(3, 1));
  CHECK(out->heard().empty());
}

TEST_CASE("a consumer that does not take what it gets is closed; the others do not notice") {
  Two w;
  w.limits.sink_bytes = 1u << 20;
  w.start();
  auto slow = w.listen(2), fine = w.listen(2);
  slow->heard(), slow->stalled = true;
  for (int i = 0; i < 1100; ++i) w.tell(w.post(3, 1));
  auto lines = slow->heard();
  CHECK(lines.back() == "closing slow");
  CHECK(lines.size() == 1000);  // hello was the first of a thousand
  CHECK(slow->closed);
  CHECK(fine->heard().size() == 1101);
  CHECK(w.hub().counters().dropped_slow == 1);
  CHECK(w.hub().counters().connections == 1);
}

TEST_CASE("the bound of bytes comes first where frames are large") {
  Two w;
  w.limits.sink_bytes = 2000;
  w.start();
  auto slow = w.listen(2);
  slow->heard(), slow->stalled = true;
  for (int i = 0; i < 10; ++i) w.tell(w.post(3, 1));
  auto lines = slow->heard();
  CHECK(lines.back() == "closing slow");
  CHECK(lines.size() < 7);
}

TEST_CASE("peers that are gone") {
  Two w;
  w.start();
  auto a = w.listen(2), b = w.listen(2);
  a->heard(), b->heard();
  w.hub().detach(w.connections[a.get()]), w.hub().detach(w.connections[a.get()]);
  b->dead = true;
  w.tell(w.post(3, 1));
  CHECK(a->heard().empty());
  CHECK(w.hub().counters().connections == 0);
  CHECK(w.hub().counters().people == 1);
  w.loop.run_for(10000);
  CHECK(w.hub().counters().people == 0);
  w.connections.clear();
  CHECK(a.use_count() == 1);
}

TEST_CASE("draining sends everybody away and takes nobody") {
  Two w;
  w.start();
  auto a = w.listen(1), b = w.listen(2);
  a->heard(), b->heard();
  w.hub().drain();
  CHECK(a->heard() == Lines{"closing restart"});
  CHECK(b->closed);
  const auto refused = w.hub().attach({w.user(2), w.session(2), {}, b});
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::unavailable);
  CHECK(refused.error().retry_after_ms > 0);
}

TEST_CASE("more than so many may not wait") {
  Two w;
  w.limits.waiting = 2;
  w.start();
  const auto attach = [&](std::uint64_t u) { return w.hub().attach({w.user(u), w.session(u), {}, std::make_shared<Ear>()}); };
  REQUIRE(attach(1));
  REQUIRE(attach(2));
  const auto third = attach(1);
  REQUIRE(!third);
  CHECK(third.error().retry_after_ms > 0);
  CHECK(w.hub().admits(w.session(1)).error().code == Code::unavailable);
  w.loop.run_for(5);
  CHECK(w.hub().admits(w.session(1)));
  CHECK(attach(1));
}

TEST_CASE("everybody gets a cursor every ten seconds, one buffer for all") {
  Two w;
  w.start();
  auto a = w.listen(1), b = w.listen(2), c = w.listen(2, {}, 0, Format::sse);
  w.tell(w.post(3, 1));
  a->heard();
  w.loop.run_for(10000);
  CHECK(a->heard() == Lines{"cursor 6"});
  CHECK(a->texts.back() == b->texts.back());
  CHECK(c->last_id == w.cursor_at(6));
}

TEST_CASE("typing and presence reach those who look") {
  Two w;
  w.join_space(8, 5);
  w.start();
  auto ear = w.listen(1), stranger = w.listen(5);
  CHECK(!w.hub().focus(w.user(2), ear->connection_id, {}, {}));
  CHECK(!w.hub().focus(w.user(1), "nobody", {}, {}));
  CHECK(w.hub().focus(w.user(1), ear->connection_id, {}, std::vector<UserId>(201)).error().code == Code::invalid_argument);
  REQUIRE(w.hub().focus(w.user(1), ear->connection_id, {w.chat(3)}, {w.user(2), w.user(5)}));
  REQUIRE(w.hub().focus(w.user(5), stranger->connection_id, {w.chat(3)}, {w.user(2)}));
  ear->heard(), stranger->heard();
  w.hub().typing(w.chat(3), w.user(2), true), w.hub().typing(w.chat(3), w.user(1), true);
  CHECK(ear->heard() == Lines{"typing 2 in 3"});
  auto other = w.listen(2);
  CHECK(ear->heard() == Lines{"presence 2 online"});
  w.hub().presence(w.user(2), Presence::away), w.hub().presence(w.user(2), Presence::away), w.hub().presence(w.user(5), Presence::away);
  CHECK(ear->heard() == Lines{"presence 2 away"});
  REQUIRE(w.hub().focus(w.user(1), ear->connection_id, {}, {}));
  REQUIRE(w.hub().focus(w.user(1), ear->connection_id, {}, {w.user(2), w.user(5)}));
  CHECK(ear->heard() == Lines{"presence 2 away"});  // told what is known
  w.hub().detach(w.connections[other.get()]);
  w.loop.run_for(5000);
  auto again = w.listen(2);  // within the grace: nobody notices
  w.hub().detach(w.connections[again.get()]);
  w.loop.run_for(9990);
  auto lines = ear->heard();
  CHECK(std::count(lines.begin(), lines.end(), "presence 2 offline") == 0);
  w.loop.run_for(20);
  CHECK(ear->heard() == Lines{"presence 2 offline"});
  CHECK(stranger->heard().back().rfind("cursor", 0) == 0);
  w.tell(w.leave(3, 1));
  ear->heard();
  w.hub().typing(w.chat(3), w.user(2), true);
  CHECK(ear->heard().empty());
}

TEST_CASE("a large chat in full to those who look or are named, a nudge now and then to the rest") {
  Crowd w;
  w.start();
  w.base = w.head();
  auto looks = w.listen(1), named = w.listen(2), rest = w.listen(3);
  REQUIRE(w.hub().focus(w.user(1), looks->connection_id, {w.chat(3)}, {}));
  looks->heard(), named->heard(), rest->heard();

  w.tell(w.post(3, 1, {2}));
  CHECK(looks->heard() == Lines{line(w.at(1), " chat 3 message_posted")});
  CHECK(named->heard() == Lines{line(w.at(1), " chat 3 message_posted")});
  CHECK(rest->heard() == Lines{"nudge 3 seq 1 rev 2"});
  w.tell(w.post(3, 1)), w.tell(w.post(3, 1));
  CHECK(looks->heard().size() == 2);
  CHECK(rest->heard().empty());

  SECTION("the window ends: one nudge for both") {
    w.loop.run_for(500);
    CHECK(rest->heard() == Lines{"nudge 3 seq 3 rev 4"});
    CHECK(named->heard() == Lines{"nudge 3 seq 3 rev 4"});
    CHECK(looks->heard().empty());
    w.loop.run_for(2000);
    CHECK(rest->heard().empty());
  }
  SECTION("no frame vouches for what a nudge has yet to say") {
    w.tell(w.post(4, 2));
    CHECK(rest->heard() == Lines{"- chat 4 message_posted"});
    CHECK(looks->heard() == Lines{line(w.at(4), " chat 4 message_posted")});
    w.loop.run_for(500);
    CHECK(rest->heard() == Lines{"nudge 3 seq 3 rev 4"});
    w.tell(w.post(4, 2));
    CHECK(rest->heard() == Lines{line(w.at(5), " chat 4 message_posted")});
  }
  SECTION("cursors neither") {
    w.loop.run_for(9480 - 500);
    rest->heard();
    w.tell(w.post(3, 1)), w.tell(w.post(3, 1));
    rest->heard();
    w.loop.run_for(1500);
    auto lines = rest->heard();
    const auto cursor = std::find_if(lines.begin(), lines.end(), [](auto& l) { return l.rfind("cursor", 0) == 0; });
    REQUIRE(cursor != lines.end());
    CHECK(std::find(lines.begin(), cursor, "nudge 3 seq 5 rev 6") != cursor);
  }
  SECTION("who begins to look is told first") {
    REQUIRE(w.hub().focus(w.user(3), rest->connection_id, {w.chat(3)}, {}));
    CHECK(rest->heard() == Lines{"nudge 3 seq 3 rev 4"});
    w.tell(w.post(3, 1));
    CHECK(rest->heard() == Lines{line(w.at(4), " chat 3 message_posted")});
  }
  SECTION("who comes back gets one nudge, then the rest") {
    w.tell(w.post(4, 1));
    auto back = w.listen(3, w.cursor_at(w.at(0)));
    CHECK(back->heard() ==
          Lines{line(w.at(0), "").insert(0, "hello resumed "), "nudge 3 seq 3 rev 4", line(w.at(4), " chat 4 message_posted"),
                line(w.at(4), "").insert(0, "cursor ")});
  }
  SECTION("who falls behind for a moment is told first what a later cursor will speak for") {
    w.membership_delay = 30, w.snapshot_early = false;
    w.tell(w.join_space(8, 3));
    CHECK(rest->heard() == Lines{"nudge 3 seq 3 rev 4"});
    w.loop.run_for(600);
    auto lines = rest->heard();
    CHECK(Lines(lines.begin(), lines.begin() + 2) == Lines{line(w.at(4), " workspace 8 member_joined"), line(w.at(4), "").insert(0, "cursor ")});
  }
  SECTION("at 500 it is an ordinary chat again") {
    w.tell(w.leave(3, 400));
    w.loop.run_for(500);
    rest->heard();
    w.tell(w.post(3, 1));
    CHECK(rest->heard() == Lines{line(w.at(6), " chat 3 message_posted")});
  }
}

TEST_CASE("a nudge says how far a chat is, whatever this process has seen of it") {
  Crowd w;
  w.post(3, 1), w.post(3, 1);
  w.start();
  auto rest = w.listen(3);
  rest->heard();
  w.tell(w.edit(3, 1, 1));
  CHECK(rest->heard() == Lines{"nudge 3 seq 2 rev 4"});
}
