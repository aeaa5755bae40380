#include "sdk/protocol/sync_machine.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;
using Action = SyncMachine::Action;
using Actions = SyncMachine::Actions;
using Phase = SyncMachine::Phase;

static std::string cursor(std::int64_t base, std::int64_t target = 0, std::uint8_t epoch = 1) {
  Cursor c;
  c.epoch.bytes[0] = epoch, c.base = base, c.target = target;
  return encode_cursor(c);
}

TEST_CASE("a first start: stream, rounds until its start is reached, live") {
  SyncMachine m;
  CHECK(m.start() == Actions{{Action::open_stream}});
  CHECK(m.start().empty());
  CHECK(m.stream_cursor().empty());
  CHECK(m.hello(cursor(100), false) == Actions{{Action::fetch_page}});
  CHECK_FALSE(m.frame_cursor(cursor(101)));  // frames do not move the cursor before the rounds have arrived
  CHECK(m.page(cursor(0, 90), true) == Actions{{Action::fetch_page}});
  CHECK(m.stream_cursor().empty());          // in the middle of a round no stream can begin there
  CHECK(m.page(cursor(90), false) == Actions{{Action::fetch_page}});
  CHECK(m.page(cursor(104), false) == Actions{{Action::went_live}});
  CHECK(m.phase() == Phase::live);
  CHECK(m.frame_cursor(cursor(105)));
  CHECK(m.position() == 105);
}

TEST_CASE("a resumed stream needs no rounds") {
  SyncMachine m(cursor(50));
  CHECK(m.start() == Actions{{Action::open_stream}});
  CHECK(m.stream_cursor() == cursor(50));
  CHECK(m.hello(cursor(60), true) == Actions{{Action::went_live}});
}

TEST_CASE("another epoch: the cache is worth nothing") {
  SyncMachine m(cursor(50));
  (void)m.start();
  CHECK(m.hello(cursor(60, 0, 2), false) == Actions{{Action::forget}, {Action::fetch_page}});
  CHECK(m.cursor().empty());
}

TEST_CASE("410 on a round starts over") {
  SyncMachine m(cursor(50));
  (void)m.start(), (void)m.hello(cursor(60), false);
  CHECK(m.page_reset() == Actions{{Action::forget}, {Action::fetch_page}});
}

TEST_CASE("a lost stream: first within three seconds, then full jitter up to thirty") {
  SyncMachine m(cursor(50));
  (void)m.start(), (void)m.hello(cursor(60), true);
  CHECK(m.lost() == Actions{{Action::close_stream}, {Action::wait_stream, 3000, 0}});
  CHECK(m.lost().empty());
  std::int64_t bound = 0;
  for (int i = 0; i < 8; ++i) {
    CHECK(m.wait_over() == Actions{{Action::open_stream}});
    const auto actions = m.lost(500);
    REQUIRE(actions.size() == 2);
    CHECK(actions[1].floor_ms == 500);
    CHECK(actions[1].bound_ms >= bound);
    bound = actions[1].bound_ms;
  }
  CHECK(bound == 30000);
  (void)m.wait_over(), (void)m.hello(cursor(60), true);
  CHECK(m.lost()[1].bound_ms == 3000);
}

TEST_CASE("a failing page waits, and nothing happens once the stream is gone") {
  SyncMachine m;
  (void)m.start(), (void)m.hello(cursor(60), false);
  CHECK(m.page_failed(700)[0] == Action{Action::wait_page, 200, 700});
  CHECK(m.page_wait_over() == Actions{{Action::fetch_page}});
  (void)m.lost();
  CHECK(m.page(cursor(60), false).empty());
  CHECK(m.page_wait_over().empty());
  CHECK(m.stop() == Actions{{Action::close_stream}});
}

TEST_CASE("a contradiction is another history, also while the stream is away") {
  SyncMachine m(cursor(5));
  CHECK(m.other_history().empty());
  (void)m.start(), (void)m.lost();
  CHECK(m.other_history() == Actions{{Action::forget}});
  CHECK(m.cursor().empty());
  (void)m.wait_over();
  CHECK(m.other_history() == Actions{{Action::forget}, {Action::close_stream}, {Action::wait_stream, 3000, 0}});
  CHECK(m.phase() == SyncMachine::Phase::waiting);
}

TEST_CASE("resync forgets and comes back later") {
  SyncMachine m(cursor(50));
  (void)m.start(), (void)m.hello(cursor(60), true);
  CHECK(m.resync() == Actions{{Action::forget}, {Action::close_stream}, {Action::wait_stream, 3000, 0}});
  CHECK(m.phase() == Phase::waiting);
}
