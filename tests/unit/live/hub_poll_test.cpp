// Long polls: what they answer, and the connection that lives on between them.
#include <algorithm>
#include <catch2/catch.hpp>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

namespace {
struct Polled {
  std::optional<Result<PollPage>> answer;
  int answers = 0;
  Lines lines() const {
    Lines found;
    if (answer && *answer)
      for (const Frame& f : (*answer)->items) found.push_back(line_of(f));
    return found;
  }
  std::string cursor() const { return answer && *answer ? (*answer)->cursor : std::string(); }
  /// The id that hello told; empty: there was none.
  std::string connection() const {
    HelloFrame hello;
    if (answer && *answer)
      for (const Frame& f : (*answer)->items)
        if (f.event == "hello") (void)read_json(f.data.text, hello, Reading::tolerant);
    return hello.connection_id;
  }
};
using PolledPtr = std::shared_ptr<Polled>;
struct Poller {
  World& w;
  std::uint64_t user = 2;
  PolledPtr ask(std::optional<std::string> cursor, std::int64_t wait_ms = 25000, std::optional<std::string> connection = {}) const {
    auto polled = std::make_shared<Polled>();
    w.hub().poll({w.user(user), w.session(user), std::move(cursor), wait_ms, std::move(connection)}, [polled](Result<PollPage> page) {
      polled->answer.emplace(std::move(page));
      ++polled->answers;
    });
    CHECK(!polled->answer);
    w.loop.run_for(5);
    return polled;
  }
};
}  // namespace

TEST_CASE("the first poll says hello, the next ones wait with the same connection") {
  Two w;
  w.start();
  const Poller bob{w};
  auto p = bob.ask({});
  CHECK(p->lines() == Lines{"hello fresh 5"});
  CHECK(p->cursor() == w.cursor_at(5));
  SECTION("one commit is one answer; events of others move the cursor only") {
    auto q = bob.ask(p->cursor());
    w.create(4, 9, {1}), w.loop.run_for(11000);
    CHECK(!q->answer);
    w.tell(w.join(4, 2));
    CHECK(q->lines() == Lines{"8 chat 4 member_joined", "9 user 2 chat_added"});
    CHECK(q->cursor() == w.cursor_at(9));
    w.loop.run_for(30000);
    CHECK(q->answers == 1);
  }
  SECTION("what happened since the answer, at once") {
    w.tell(w.post(3, 1)), w.tell(w.post(3, 1));
    auto q = bob.ask(p->cursor());
    CHECK(q->lines() == Lines{"6 chat 3 message_posted", "7 chat 3 message_posted"});
    CHECK(q->cursor() == w.cursor_at(7));
    CHECK(w.hub().counters().connections == 1);
  }
  SECTION("the wait ends with a cursor") {
    auto q = bob.ask(p->cursor(), 1000);
    w.create(4, 9, {1});
    w.loop.run_for(1000);
    CHECK(q->lines() == Lines{"cursor 7"});
    CHECK(q->cursor() == w.cursor_at(7));
    CHECK(bob.ask(q->cursor(), 0)->lines() == Lines{"cursor 7"});
  }
  SECTION("who stays away is forgotten, and begins anew") {
    w.loop.run_for(29000);
    CHECK(bob.ask(p->cursor(), 0)->lines() == Lines{"cursor 5"});
    w.loop.run_for(29000);
    CHECK(w.hub().counters().connections == 1);
    w.loop.run_for(2000);
    CHECK(w.hub().counters().connections == 0);
    w.tell(w.post(3, 1));
    auto q = bob.ask(p->cursor());
    CHECK(q->lines() == Lines{"hello resumed 5", "6 chat 3 message_posted"});
    CHECK(q->connection() != p->connection());
  }
}

TEST_CASE("of much comes a part, and the next poll goes on") {
  Two w;
  w.limits.sink_bytes = 1u << 20;
  w.start();
  const Poller bob{w};
  auto p = bob.ask({});
  for (int i = 0; i < 700; ++i) w.tell(w.post(3, 1));
  auto q = bob.ask(p->cursor());
  CHECK(q->lines().size() == 500);
  auto r = bob.ask(q->cursor());
  CHECK(r->lines().size() == 200);
  CHECK(r->lines().front() == "506 chat 3 message_posted");
}

TEST_CASE("typing and presence reach polls, those that wait and those that come again") {
  Two w;
  w.start();
  const Poller bob{w};
  auto p = bob.ask({});
  REQUIRE(w.hub().focus(w.user(2), p->connection(), {w.chat(3)}, {w.user(1)}));
  SECTION("while it waits") {
    auto q = bob.ask(p->cursor());
    w.hub().typing(w.chat(3), w.user(1), true);
    w.loop.settle();
    CHECK(q->lines() == Lines{"typing 1 in 3"});
  }
  SECTION("between two polls: the latest of each") {
    auto ann = w.listen(1);
    w.hub().typing(w.chat(3), w.user(1), true), w.hub().typing(w.chat(3), w.user(1), false), w.hub().typing(w.chat(3), w.user(1), true);
    w.hub().presence(w.user(1), Presence::away);
    w.tell(w.post(3, 1));
    auto q = bob.ask(p->cursor());
    CHECK(q->lines() == Lines{"6 chat 3 message_posted", "typing 1 in 3", "presence 1 away"});
    auto r = bob.ask(q->cursor());
    CHECK(!r->answer);
  }
  SECTION("nothing of a chat that was left meanwhile") {
    w.hub().typing(w.chat(3), w.user(1), true);
    w.tell(w.leave(3, 2));
    CHECK(bob.ask(p->cursor())->lines() == Lines{"7 user 2 chat_removed"});
  }
  SECTION("looking while it rests tells what is known with the next answer") {
    auto ann = w.listen(1);
    REQUIRE(w.hub().focus(w.user(2), p->connection(), {}, {}));
    REQUIRE(w.hub().focus(w.user(2), p->connection(), {}, {w.user(1)}));
    CHECK(bob.ask(p->cursor())->lines() == Lines{"presence 1 online"});
  }
  SECTION("not to somebody else's connection") { CHECK(w.hub().focus(w.user(1), p->connection(), {}, {}).error().code == Code::not_found); }
}

TEST_CASE("which connection a poll goes on with") {
  Two w;
  w.start();
  const Poller bob{w}, ann{w, 1};
  auto p = bob.ask({});
  const std::string first = p->connection();
  SECTION("two at once have one each, and say which") {
    auto a = bob.ask(p->cursor(), 25000, first), b = bob.ask(p->cursor(), 25000);
    CHECK(b->connection() != first);
    CHECK(b->lines() == Lines{"hello resumed 5"});
    auto c = bob.ask(b->cursor(), 25000, b->connection());
    REQUIRE(w.hub().focus(w.user(2), b->connection(), {w.chat(3)}, {}));
    w.hub().typing(w.chat(3), w.user(1), true), w.loop.settle();
    CHECK(c->lines() == Lines{"typing 1 in 3"});
    CHECK(!a->answer);
  }
  SECTION("the name wins over a poll that still waits with it: that one's peer has given up") {
    auto lost = bob.ask(p->cursor()), again = bob.ask(p->cursor(), 25000, first);
    CHECK(lost->lines() == Lines{"cursor 5"});
    CHECK(!again->answer);
    w.tell(w.post(3, 1));
    CHECK(again->lines() == Lines{"6 chat 3 message_posted"});
    CHECK(lost->answers == 1);
  }
  SECTION("an answer that was lost is asked for again by the cursor before it") {
    w.tell(w.post(3, 1));
    auto lost = bob.ask(p->cursor());
    auto again = bob.ask(p->cursor());
    CHECK(again->lines() == Lines{"hello resumed 5", "6 chat 3 message_posted"});
    CHECK(again->connection() == first);
  }
  SECTION("a poll without a cursor begins anew") {
    w.tell(w.post(3, 1));
    CHECK(bob.ask({})->lines() == Lines{"hello fresh 6"});
    CHECK(w.hub().counters().connections == 1);
  }
  SECTION("nobody else's, and none that is gone") {
    auto other = ann.ask(w.cursor_at(5), 25000, first);
    CHECK(other->lines() == Lines{"hello resumed 5"});
    CHECK(other->connection() != first);
    CHECK(bob.ask(p->cursor(), 0, "nonsense")->connection() != first);
  }
  SECTION("of one session only so many rest") {
    std::vector<PolledPtr> all;
    for (int i = 0; i < 12; ++i) all.push_back(bob.ask(w.cursor_at(5), 1000, "new"));
    CHECK(w.hub().counters().connections == 8);
    CHECK(!w.hub().focus(w.user(2), first, {}, {}));
    CHECK(w.hub().focus(w.user(2), all.back()->connection(), {}, {}));
  }
}

TEST_CASE("polls are refused, ended and drained like streams") {
  Two w;
  w.start();
  const Poller bob{w}, ann{w, 1};
  auto p = bob.ask(bob.ask({})->cursor()), q = ann.ask(ann.ask({})->cursor());
  w.tell(w.revoke(2, 2));
  CHECK(p->lines() == Lines{"closing signed_out"});
  CHECK((*bob.ask({})->answer).error().code == Code::unauthenticated);
  w.hub().drain(), w.loop.settle();
  CHECK(q->lines() == Lines{"closing restart"});
  CHECK(q->cursor() == w.cursor_at(6));
  auto r = ann.ask(q->cursor());
  REQUIRE(r->answer);
  CHECK((*r->answer).error().code == Code::unavailable);
  CHECK(w.hub().counters().connections == 0);
}

TEST_CASE("a nudge that is due comes with the answer") {
  Crowd w;
  w.limits.sink_frames = 3;
  w.start();
  const Poller cem{w, 3};
  auto p = cem.ask(cem.ask({})->cursor());
  w.tell(w.post(3, 1));
  CHECK(p->lines() == Lines{"nudge 3 seq 1 rev 2"});
  auto q = cem.ask(p->cursor());
  w.tell(w.post(3, 1));
  CHECK(!q->answer);
  SECTION("of an event elsewhere") {
    w.tell(w.post(4, 1));
    CHECK(q->lines() == Lines{"- chat 4 message_posted", "nudge 3 seq 2 rev 3"});
    CHECK(q->cursor() == w.cursor_at(w.head()));
  }
  SECTION("of more than fits into one") {
    for (int i = 0; i < 5; ++i) w.hub().on_commit(w.post(4, 1));
    w.loop.settle();
    CHECK(q->lines() == Lines{"- chat 4 message_posted", "- chat 4 message_posted", "- chat 4 message_posted", "nudge 3 seq 2 rev 3"});
    CHECK(q->cursor() == w.cursor_at(w.head() - 2));
  }
  SECTION("of the last one") {
    w.hub().drain(), w.loop.settle();
    CHECK(q->lines() == Lines{"nudge 3 seq 2 rev 3", "closing restart"});
  }
  SECTION("and not a second time when it looks") {
    w.tell(w.post(4, 1));
    auto r = cem.ask(q->cursor());
    CHECK(!r->answer);
  }
}

TEST_CASE("a hub that goes calls no poll") {
  Two w;
  w.start();
  const Poller bob{w};
  auto p = bob.ask(bob.ask({})->cursor());
  w.stop();
  w.loop.run_for(60000);
  CHECK(!p->answer);
}

TEST_CASE("of one session only so many polls wait: the oldest is answered") {
  Two w;
  w.start();
  const Poller bob{w}, ann{w, 1};
  std::vector<PolledPtr> all;
  const auto others = ann.ask(ann.ask({})->cursor());
  const auto one_more = [&] {
    const auto opened = bob.ask({}, 25000, "new");
    all.push_back(bob.ask(opened->cursor(), 25000, opened->connection()));
  };
  for (int i = 0; i < 8; ++i) one_more();
  for (const auto& p : all) CHECK(!p->answer);
  one_more();
  CHECK(all[0]->lines() == Lines{"cursor 5"});
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(!all[i]->answer);
  CHECK(!others->answer);
  CHECK(w.hub().counters().connections == 1 + 9);
  w.tell(w.post(3, 1));
  for (const auto& p : all) CHECK(p->answers == 1);
  CHECK(others->answers == 1);
}

TEST_CASE("a poll whose caller is gone waits no longer, and its connection is there for the next one") {
  Two w;
  w.start();
  const Poller bob{w};
  const auto opened = bob.ask({});
  int answers = 0;
  const PollRequest again{w.user(2), w.session(2), opened->cursor(), 25000, opened->connection()};
  CHECK(w.hub().goes_on(again));
  const auto number = w.hub().poll(again, [&](Result<PollPage>) { ++answers; });
  w.loop.run_for(5);
  w.hub().end_poll(w.user(1), number), w.hub().end_poll(w.user(2), number + 1), w.loop.run_for(5);
  CHECK(answers == 0);
  w.hub().end_poll(w.user(2), number), w.hub().end_poll(w.user(2), number);
  w.loop.run_for(5);
  CHECK(answers == 1);
  w.hub().end_poll(w.user(2), number);
  auto next = bob.ask(opened->cursor(), 25000, opened->connection());
  w.hub().end_poll(w.user(2), number), w.loop.run_for(5);
  CHECK(!next->answer);
  w.tell(w.post(3, 1));
  CHECK(next->lines() == Lines{"6 chat 3 message_posted"});
  CHECK_FALSE(w.hub().goes_on({w.user(2), w.session(2), {}, 0, "another"}));
}

TEST_CASE("a poll that ends before its connection is open does not hide the connection's name") {
  Two w;
  w.start();
  const Poller bob{w};
  std::optional<Result<PollPage>> answer;
  const auto number = w.hub().poll({w.user(2), w.session(2), w.cursor_at(5), 25000, {}}, [&](Result<PollPage> page) { answer.emplace(std::move(page)); });
  w.hub().end_poll(w.user(2), number);
  w.loop.settle();
  REQUIRE((answer && *answer));
  CHECK((*answer)->cursor == w.cursor_at(5));
  CHECK(bob.ask(w.cursor_at(5))->lines() == Lines{"hello resumed 5"});
  CHECK(w.hub().counters().connections == 1);
}
