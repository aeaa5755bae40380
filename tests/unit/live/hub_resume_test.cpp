// Coming back: what a cursor is worth, and what is shown again.
#include <algorithm>
#include <catch2/catch.hpp>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

TEST_CASE("a cursor within the ring is resumed where it ends") {
  Two w;
  w.start();
  for (int i = 0; i < 3; ++i) w.tell(w.post(3, 1));
  CHECK(w.listen(2, w.cursor_at(6))->heard() == Lines{"hello resumed 6", "7 chat 3 message_posted", "8 chat 3 message_posted", "cursor 8"});
  auto ear = w.listen(2, w.cursor_at(8));
  CHECK(ear->heard() == Lines{"hello resumed 8", "cursor 8"});
  CHECK(ear->hello_cursor == w.cursor_at(8));
  w.tell(w.post(3, 1));
  CHECK(ear->heard() == Lines{"9 chat 3 message_posted"});
  CHECK(w.hub().counters().resumed == 2);
}

TEST_CASE("what is shown again is filtered by present membership, and nothing from before the last joining") {
  Two w;
  w.create(4, 9, {1});
  w.start();
  w.tell(w.post(3, 1)), w.tell(w.post(4, 1));              // 8, 9
  w.tell(w.leave(3, 2)), w.tell(w.join(4, 2));             // 10-11, 12-13
  w.tell(w.post(3, 1)), w.tell(w.post(4, 1));              // 14, 15
  CHECK(w.listen(2, w.cursor_at(7))->heard() ==
        Lines{"hello resumed 7", "11 user 2 chat_removed", "12 chat 4 member_joined", "13 user 2 chat_added", "15 chat 4 message_posted", "cursor 15"});
}

TEST_CASE("who left a workspace while away hears that, and nothing more of it") {
  Two w;
  w.start();
  w.tell(w.leave_space(9, 2)), w.tell(w.post(3, 1));  // 6, 7
  CHECK(w.listen(2, w.cursor_at(5))->heard() == Lines{"hello resumed 5", "6 workspace 9 member_left", "cursor 7"});
}

namespace {
bool contains(const std::vector<SharedText>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(), [&](const SharedText& t) { return t->find(part) != std::string::npos; });
}
}  // namespace

TEST_CASE("a text that was deleted in the meantime is not shown again") {
  Two w;
  w.start();
  w.tell(w.post(3, 1)), w.tell(w.post(3, 1));  // 6, 7
  w.tell(w.edit(3, 1, 1));                     // 8
  const Lines all{"hello resumed 5", "6 chat 3 message_posted", "7 chat 3 message_posted", "8 chat 3 message_edited"};
  auto before = w.listen(2, w.cursor_at(5));  // both formats are encoded by now
  CHECK(contains(before->texts, "changed"));
  CHECK(w.listen(2, w.cursor_at(5), 0, Format::sse)->heard().size() == 5);
  const auto bytes = w.hub().counters().ring_bytes;
  w.tell(w.erase(3, 1, 1));  // 9
  for (const Format format : {Format::json, Format::sse}) {
    auto ear = w.listen(2, w.cursor_at(5), 0, format);
    CHECK(ear->heard() == Lines{all[0], all[1], all[2], all[3] + " clipped", "9 chat 3 message_deleted", "cursor 9"});
    CHECK(!contains(ear->texts, "changed"));
    CHECK(contains({ear->texts[1]}, "\"deleted\":true"));
    CHECK(!contains({ear->texts[1]}, "a\\nb"));
    CHECK(contains({ear->texts[2]}, "a\\nb"));  // another message's
    CHECK(contains({ear->texts[4]}, "\"seq\":1"));
  }
  CHECK(w.hub().counters().ring_bytes < bytes + 2000);
}

TEST_CASE("a text that is deleted while older events are being read is not shown either") {
  Two w;
  w.post(3, 1);
  for (int i = 0; i < 10; ++i) w.post(3, 2);
  w.start();
  auto ear = std::make_shared<Ear>();
  w.hold_reads = true;
  REQUIRE(w.hub().attach({w.user(2), w.session(2), w.cursor_at(5), ear}));
  w.loop.run_for(10);  // the log has been read, the answer is on its way
  w.tell(w.erase(3, 1, 1));
  w.hold_reads = false;
  w.loop.run_for(10);
  CHECK(ear->heard().size() == 14);
  CHECK(contains({ear->texts[1]}, "\"deleted\":true"));
}

TEST_CASE("cursors that cannot be resumed") {
  Two w;
  for (int i = 0; i < 4; ++i) w.post(3, 1);
  w.limits.resume_positions = 6;
  w.start();
  const auto said = [&](std::string cursor) {
    auto ear = w.listen(2, std::move(cursor));
    w.loop.run_for(300);
    return ear->heard();
  };
  Cursor c = *decode_cursor(w.cursor_at(8));
  SECTION("no cursor at all") { CHECK(said("nonsense") == Lines{"hello fresh 9"}); }
  SECTION("of an unfinished round") {
    c.target = 9;
    CHECK(said(encode_cursor(c)) == Lines{"hello fresh 9"});
  }
  SECTION("of another epoch") {
    c.epoch = id<AnyId>(78);
    CHECK(said(encode_cursor(c)) == Lines{"hello fresh 9", "resync epoch"});
  }
  SECTION("of another history") {
    ++c.check;
    CHECK(said(encode_cursor(c)) == Lines{"hello fresh 9", "resync check"});
  }
  SECTION("beyond the head") {
    c.base = 12;
    CHECK(said(encode_cursor(c)) == Lines{"hello fresh 9", "resync ahead"});
  }
  SECTION("too far back") { CHECK(said(w.cursor_at(2)) == Lines{"hello fresh 9"}); }
  SECTION("but never too far for what the ring holds") {
    for (int i = 0; i < 8; ++i) w.tell(w.post(3, 1));
    CHECK(said(w.cursor_at(9)).size() == 10);
    CHECK(said(w.cursor_at(8)) == Lines{"hello fresh 17"});
  }
}

TEST_CASE("a cursor of a sync round that saw more than the tail waits for it") {
  Two w;
  w.start();
  w.post(3, 1);
  auto ear = w.listen(2, w.cursor_at(6));
  CHECK(ear->heard() == Lines{"hello resumed 6", "cursor 6"});
  w.tell(w.post(3, 1));
  CHECK(ear->heard() == Lines{"7 chat 3 message_posted"});
}

TEST_CASE("a restarted process reads what is older than its ring once") {
  Two w;
  for (int i = 0; i < 700; ++i) w.post(3, 1);
  w.start();
  auto ear = std::make_shared<Ear>(), other = std::make_shared<Ear>();
  REQUIRE(w.hub().attach({w.user(2), w.session(2), w.cursor_at(20), ear}));
  REQUIRE(w.hub().attach({w.user(1), w.session(1), w.cursor_at(30), other}));
  w.loop.run_for(100);
  auto lines = ear->heard();
  REQUIRE(lines.size() == 687);
  CHECK(lines.front() == "hello resumed 20");
  CHECK(lines[1] == "21 chat 3 message_posted");
  CHECK(lines[lines.size() - 2] == "705 chat 3 message_posted");
  CHECK(other->heard().size() == 677);
  CHECK(w.log_reads == 2);

  w.limits.ring_bytes = 100000;  // too small for that
  w.start();
  auto small = w.listen(2, w.cursor_at(20));
  w.loop.run_for(20);
  CHECK(small->heard() == Lines{"hello fresh 705"});
}

TEST_CASE("from the very beginning") {
  Two w;
  w.start();
  auto ear = w.listen(2, w.cursor_at(0));
  w.loop.run_for(10);
  CHECK(ear->heard() ==
        Lines{"hello resumed 0", "1 workspace 9 member_joined", "2 workspace 9 member_joined", "3 chat 3 chat_created", "5 user 2 chat_added", "cursor 5"});
}

TEST_CASE("the wrong history is noticed beyond the ring, too") {
  Two w;
  for (int i = 0; i < 10; ++i) w.post(3, 1);
  w.start();
  Cursor c = *decode_cursor(w.cursor_at(8));
  ++c.check;
  auto ear = w.listen(2, encode_cursor(c));
  w.loop.run_for(10);
  CHECK(ear->heard() == Lines{"hello fresh 15", "resync check"});
}

TEST_CASE("catching up does not flood a slow peer, and a peer that takes nothing is let go") {
  Two w;
  for (int i = 0; i < 900; ++i) w.post(3, 1);
  w.limits.sink_bytes = 1u << 20;
  w.start();
  auto ear = std::make_shared<Ear>();
  ear->stalled = true;
  REQUIRE(w.hub().attach({w.user(2), w.session(2), w.cursor_at(5), ear}));
  w.loop.run_for(100);
  CHECK(ear->heard().size() == 500);
  CHECK(w.hub().counters().waiting == 1);
  SECTION("it goes on when there is room") {
    ear->stalled = false;
    w.loop.run_for(100);
    w.tell(w.post(3, 1));
    auto rest = ear->heard();
    CHECK(rest.size() == 403);
    CHECK(rest.back() == "906 chat 3 message_posted");
    CHECK(w.hub().counters().waiting == 0);
  }
  SECTION("or not") {
    w.loop.run_for(11000);
    CHECK(ear->heard() == Lines{"closing slow"});
    CHECK(ear->closed);
  }
}
