// The tail: position order, whatever the bus does; and who gets what.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

TEST_CASE("a new connection is greeted at the tail and then gets what is for it") {
  Two w;
  w.start();
  auto ear = w.listen(1);
  CHECK(ear->heard() == Lines{"hello fresh 5"});
  w.tell(w.post(3, 2));
  CHECK(ear->heard() == Lines{"6 chat 3 message_posted"});
  CHECK(ear->last_id == w.cursor_at(6));
  w.create(4, 9, {2});
  w.tell(w.post(4, 2));  // the creation was lost
  w.loop.run_for(20), w.loop.settle();
  CHECK(ear->heard().empty());
}

TEST_CASE("hello says nothing before attach has returned") {
  Two w;
  w.start();
  w.listen(1);
  auto ear = std::make_shared<Ear>();
  REQUIRE(w.hub().attach({w.user(1), w.session(1), {}, ear}));  // the memberships are known already
  CHECK(ear->heard().empty());
  w.loop.settle();
  CHECK(ear->heard() == Lines{"hello fresh 5"});
}

TEST_CASE("late, doubled and lost commits change nothing but the time") {
  Two w;
  w.start();
  auto ear = w.listen(1);
  ear->heard();
  const auto a = w.post(3, 2), b = w.post(3, 2), c = w.post(3, 2);
  w.tell(c);
  CHECK(ear->heard().empty());
  w.tell(a), w.tell(a);
  CHECK(ear->heard() == Lines{"6 chat 3 message_posted"});
  w.tell(b);
  CHECK(ear->heard() == Lines{"7 chat 3 message_posted", "8 chat 3 message_posted"});

  SECTION("a hole that stays is filled from the log after 20 ms") {
    w.post(3, 2);
    w.tell(w.post(3, 2));
    w.loop.run_for(19);
    CHECK(ear->heard().empty());
    w.loop.run_for(1);
    CHECK(ear->heard() == Lines{"9 chat 3 message_posted", "10 chat 3 message_posted"});
  }
  SECTION("without any bus the log is asked every 250 ms") {
    w.post(3, 2);
    w.loop.run_for(500);
    CHECK(ear->heard() == Lines{"9 chat 3 message_posted"});
  }
}

TEST_CASE("the bus shuffles, doubles and drops: everybody gets exactly the events of their membership, in order") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    World w;
    std::mt19937 rng(seed);
    const auto pick = [&](std::uint64_t n) { return static_cast<std::uint64_t>(rng() % n); };
    for (std::uint64_t u = 1; u <= 4; ++u) w.join_space(9, u);
    w.create(1, 9, {1, 2, 3, 4}), w.create(2, 9, {1, 2});
    w.start();
    std::map<std::uint64_t, std::shared_ptr<Ear>> ears;
    for (std::uint64_t u = 1; u <= 4; ++u) ears[u] = w.listen(u, {}, u, u % 2 ? Format::json : Format::sse);
    const std::int64_t start = w.head();
    std::vector<World::Batch> bus;
    std::set<std::pair<std::uint64_t, std::uint64_t>> in{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 1}, {2, 2}};
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t c = 1 + pick(2), u = 1 + pick(4);
      const int what = static_cast<int>(pick(4));
      if (what == 0 && !in.count({c, u})) bus.push_back(w.join(c, u)), in.insert({c, u});
      else if (what == 1 && in.count({c, u})) bus.push_back(w.leave(c, u)), in.erase({c, u});
      else bus.push_back(w.post(c, u));
      if (pick(5) == 0) bus.pop_back();
      else if (pick(4) == 0) bus.push_back(bus.back());
    }
    std::shuffle(bus.begin(), bus.end(), rng);
    for (const auto& b : bus) {
      w.tell(b);
      if (pick(3) == 0) w.loop.run_for(static_cast<std::int64_t>(pick(15)));
    }
    w.loop.run_for(1000);
    for (const auto& [u, ear] : ears) {
      Lines expected;
      for (std::int64_t pos = start + 1; pos <= w.head(); ++pos)
        if (w.is_for(w.user(u), pos)) expected.push_back(std::to_string(pos));
      Lines got;
      for (const auto& line : ear->heard())
        if (line.rfind("hello", 0) != 0) got.push_back(line.substr(0, line.find(' ')));
      CAPTURE(seed, u);
      CHECK(got == expected);
    }
  }
}

TEST_CASE("who is removed gets nothing from that position on, but the notice of their own stream") {
  Two w;
  w.start();
  auto stays = w.listen(1), goes = w.listen(2);
  stays->heard(), goes->heard();
  w.tell(w.leave(3, 2)), w.tell(w.post(3, 1));
  CHECK(stays->heard() == Lines{"6 chat 3 member_left", "8 chat 3 message_posted"});
  CHECK(goes->heard() == Lines{"7 user 2 chat_removed"});
  w.tell(w.join(3, 2));
  CHECK(goes->heard() == Lines{"9 chat 3 member_joined", "10 user 2 chat_added"});
  w.tell(w.post(3, 1));
  CHECK(goes->heard() == Lines{"11 chat 3 message_posted"});
}

TEST_CASE("leaving a workspace ends all its chats at once; coming back brings them back without a hole") {
  Two w;
  w.start();
  auto ear = w.listen(2);
  ear->heard();
  w.tell(w.leave_space(9, 2)), w.tell(w.post(3, 1));
  CHECK(ear->heard() == Lines{"6 workspace 9 member_left"});  // its last word to them
  w.membership_delay = 30, w.snapshot_early = false;
  const auto back = w.join_space(9, 2);
  w.tell(back), w.tell(w.post(3, 1));
  CHECK(ear->heard().empty());  // nothing until the chats are known
  w.loop.run_for(30);
  CHECK(ear->heard() == Lines{"8 workspace 9 member_joined", "9 chat 3 message_posted", "cursor 9"});
  w.tell(w.post(3, 1));
  CHECK(ear->heard() == Lines{"10 chat 3 message_posted"});
}

TEST_CASE("memberships read before or after the tail are brought to it") {
  Two w;
  w.create(4, 9, {1});
  w.start();
  auto ear = std::make_shared<Ear>();
  w.membership_delay = 50;
  SECTION("older: what happened since is applied from the ring") {
    REQUIRE(w.hub().attach({w.user(2), w.session(2), {}, ear}));
    w.tell(w.leave(3, 2)), w.tell(w.join(4, 2));
    w.loop.run_for(50);
    CHECK(ear->heard() == Lines{"hello fresh 11"});
    w.tell(w.post(3, 1)), w.tell(w.post(4, 1));
    CHECK(ear->heard() == Lines{"13 chat 4 message_posted"});
  }
  SECTION("newer: the tail gets there first") {
    w.snapshot_early = false;
    REQUIRE(w.hub().attach({w.user(2), w.session(2), {}, ear}));
    w.post(4, 1), w.join(4, 2);  // nobody publishes these
    w.loop.run_for(60);
    CHECK(ear->heard() == Lines{"hello fresh 10"});
    w.tell(w.post(4, 1));
    CHECK(ear->heard() == Lines{"11 chat 4 message_posted"});
  }
  SECTION("not to be had: the connection is told to come back") {
    w.memberships_fail = true;
    REQUIRE(w.hub().attach({w.user(2), w.session(2), {}, ear}));
    w.loop.run_for(60);
    CHECK(ear->heard() == Lines{"closing unavailable"});
    CHECK(ear->closed);
    CHECK(w.hub().counters().waiting == 0);
  }
}

TEST_CASE("of a message from before joining comes the frame, not the text") {
  Two w;
  w.post(3, 1), w.join_space(9, 5), w.post(3, 1);
  w.start();
  auto all = w.listen(1), later = w.listen(5);
  w.tell(w.join(3, 5, 3));
  all->heard(), later->heard();
  w.tell(w.edit(3, 1, 2)), w.tell(w.post(3, 1)), w.tell(w.edit(3, 1, 3));
  CHECK(all->heard() == Lines{"11 chat 3 message_edited", "12 chat 3 message_posted", "13 chat 3 message_edited"});
  CHECK(later->heard() == Lines{"11 chat 3 message_edited clipped", "12 chat 3 message_posted", "13 chat 3 message_edited"});
  for (std::size_t i = 0; i + 2 < later->texts.size(); ++i) CHECK(later->texts[i]->find("changed") == std::string::npos);
  w.tell(w.react(3, 1, 2)), w.tell(w.react(3, 1, 2, false)), w.tell(w.react(3, 1, 3));
  CHECK(all->heard() == Lines{"14 chat 3 reaction_added", "15 chat 3 reaction_removed", "16 chat 3 reaction_added"});
  const Lines clipped{"14 chat 3 reaction_added clipped", "15 chat 3 reaction_removed clipped", "16 chat 3 reaction_added"};
  CHECK(later->heard() == clipped);
  const auto again = w.listen(5, w.cursor_at(13))->heard();
  CHECK(Lines(again.begin() + 1, again.end() - 1) == clipped);
}

TEST_CASE("an event is encoded once for all who get it") {
  Two w;
  w.start();
  auto a = w.listen(1), b = w.listen(2), c = w.listen(2, {}, 0, Format::sse), d = w.listen(1, {}, 0, Format::sse);
  w.tell(w.post(3, 2));
  CHECK(a->texts.back() == b->texts.back());
  CHECK(c->texts.back() == d->texts.back());
  CHECK(a->last_id == c->last_id);
  CHECK(c->texts.back()->find("\nevent: event\ndata: {") != std::string::npos);
}
