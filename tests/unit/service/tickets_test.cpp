// Tickets of streams: one use, a minute, and never more than there is room for.
#include "sdk/service/accounts/tickets.hpp"
#include "tests/unit/service/account_world.hpp"

using namespace fechatter;
using namespace fechatter::account_test;

namespace {
Tickets::Holder holder(std::uint64_t n) { return {made_id<UserId>(n), made_id<SessionId>(n)}; }
}  // namespace

TEST_CASE("a ticket opens one stream, within its minute") {
  SeededRandom random;
  Tickets tickets;
  const auto used = tickets.issue(holder(1), 0, random), late = tickets.issue(holder(1), 0, random);
  const auto found = tickets.take(used, 0);
  REQUIRE(found);
  CHECK((found->user == holder(1).user && found->session == holder(1).session));
  CHECK_FALSE(tickets.take(used, 0));
  CHECK_FALSE(tickets.take(late, Tickets::kLifeMs + 1));
  CHECK_FALSE(tickets.take("never issued", 0));
  CHECK(tickets.size() == 0);
}

TEST_CASE("a session that asks for more tickets gives up its oldest, nobody else theirs") {
  SeededRandom random;
  Tickets tickets;
  const auto others = tickets.issue(holder(2), 0, random);
  std::vector<std::string> mine;
  for (std::size_t i = 0; i <= Tickets::kOfSession; ++i) mine.push_back(tickets.issue(holder(1), 0, random));
  CHECK(tickets.size() == Tickets::kOfSession + 1);
  CHECK_FALSE(tickets.take(mine.front(), 0));
  CHECK(tickets.take(mine[1], 0));
  CHECK(tickets.take(mine.back(), 0));
  CHECK(tickets.take(others, 0));
}

TEST_CASE("tickets that nobody takes go with their minute") {
  SeededRandom random;
  Tickets tickets;
  for (std::uint64_t i = 0; i < 1000; ++i) tickets.issue(holder(i), 0, random);
  const auto fresh = tickets.issue(holder(1), Tickets::kLifeMs + 1, random);
  CHECK(tickets.size() == 1);
  CHECK(tickets.take(fresh, Tickets::kLifeMs + 1));
}
