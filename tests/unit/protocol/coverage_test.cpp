#include "sdk/protocol/coverage.hpp"
#include <catch2/catch.hpp>

using namespace fechatter;
using Ranges = std::vector<HeldRange>;

TEST_CASE("a page makes its range fresh, whatever it was") {
  Coverage c({{1, 10, 0}, {20, 30, 0}});
  c.mark_stale(7);
  c.add(8, 22);
  CHECK(c.ranges() == Ranges{{1, 7, 7}, {8, 22, 0}, {23, 30, 7}});
  c.add(1, 7);
  CHECK(c.ranges() == Ranges{{1, 22, 0}, {23, 30, 7}});
}

TEST_CASE("changes make fresh what is held and lacks nothing from before them") {
  Coverage c({{1, 10, 5}, {11, 20, 9}, {30, 40, 9}});
  c.refresh(8, 33, 9);
  CHECK(c.ranges() == Ranges{{1, 10, 5}, {11, 20, 0}, {30, 33, 0}, {34, 40, 9}});
  c.refresh(1, 5, 4), c.refresh(22, 28, 1);
  CHECK(c.ranges() == Ranges{{1, 5, 0}, {6, 10, 5}, {11, 20, 0}, {30, 33, 0}, {34, 40, 9}});
}

TEST_CASE("what is below a place is dropped") {
  Coverage c({{1, 3, 0}, {5, 10, 7}, {12, 20, 0}});
  c.drop_below(8);
  CHECK(c.ranges() == Ranges{{8, 10, 7}, {12, 20, 0}});
  c.drop_below(30);
  CHECK(c.ranges().empty());
}

TEST_CASE("posted messages extend what is held, and start anew behind a gap") {
  Coverage c;
  c.post(1), c.post(2), c.post(2);
  CHECK(c.ranges() == Ranges{{1, 2, 0}});
  c.post(9);
  CHECK(c.ranges() == Ranges{{1, 2, 0}, {9, 9, 0}});
  CHECK(c.hole(1, 9) == HeldRange{3, 8, 0});
  CHECK(c.hole(1, 2) == std::nullopt);
  CHECK(c.hole(9, 9) == std::nullopt);
  CHECK(c.hole(5, 20) == HeldRange{10, 20, 0});
}

TEST_CASE("what is stale stays stale from its earliest rev") {
  Coverage c({{1, 5, 0}});
  c.mark_stale(10);
  c.post(6);
  c.mark_stale(20);
  CHECK(c.ranges() == Ranges{{1, 5, 10}, {6, 6, 20}});
  REQUIRE(c.stale());
  CHECK(*c.stale() == HeldRange{6, 6, 20});
  CHECK_FALSE(c.fresh_at(3));
}

TEST_CASE("runs of held rows, whatever their freshness") {
  Coverage c({{1, 5, 3}, {6, 9, 0}, {12, 14, 0}});
  CHECK(c.run_start(9) == 1);
  CHECK(c.run_start(14) == 12);
  CHECK(c.run_start(11) == 12);
  CHECK(c.fresh_run_end(6) == 9);
  CHECK(c.fresh_run_end(2) == 1);
}
