// Who sits where, and what it costs to be told.
#include "sdk/service/live/delivery_index.hpp"
#include <catch2/catch.hpp>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

namespace {
Memberships chats(std::vector<std::uint64_t> numbers) {
  Memberships m;
  m.workspaces = {id<WorkspaceId>(9)};
  for (const std::uint64_t n : numbers) m.chats.push_back({id<ChatId>(n), id<WorkspaceId>(9), 2, n == 4 ? 7 : 1, 0, 0});
  return m;
}
std::vector<std::uint64_t> seats(DeliveryIndex& index, const Person& p, std::uint64_t below) {
  std::vector<std::uint64_t> found;
  for (std::uint64_t n = 0; n < below; ++n)
    if (const ChatSeats* c = index.chat(id<ChatId>(n)); c && c->seat_of(p)) found.push_back(n);
  return found;
}
}  // namespace

TEST_CASE("a person who is loaded again sits where the store says, and nowhere else") {
  DeliveryIndex index;
  Person &ann = index.person(id<UserId>(1)), &bob = index.person(id<UserId>(2));
  index.load(bob, chats({5, 3, 8}));
  index.load(ann, chats({8, 4, 3, 6}));
  CHECK(seats(index, ann, 10) == std::vector<std::uint64_t>{3, 4, 6, 8});
  CHECK(index.chat(id<ChatId>(4))->seat_of(ann)->visible_from == 7);
  index.load(ann, chats({5, 8, 9, 4}));
  CHECK(seats(index, ann, 10) == std::vector<std::uint64_t>{4, 5, 8, 9});
  CHECK(seats(index, bob, 10) == std::vector<std::uint64_t>{3, 5, 8});
  CHECK(!index.chat(id<ChatId>(6)));  // nobody is there
  int there = 0;
  index.each_seat(*index.chat(id<ChatId>(5)), [&](const Person&, const Seat&) { ++there; });
  CHECK(there == 2);
  index.remove(ann);
  CHECK(seats(index, bob, 10) == std::vector<std::uint64_t>{3, 5, 8});
  CHECK(!index.chat(id<ChatId>(9)));
  index.load(bob, chats({}));
  CHECK(!index.chat(id<ChatId>(3)));
}

TEST_CASE("very many chats are taken in one walk, again and again") {  // a walk for each of them would take longer than the suite may
  DeliveryIndex index;
  Person& p = index.person(id<UserId>(1));
  std::vector<std::uint64_t> all(400'000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (int i = 0; i < 2; ++i) index.load(p, chats(all));
  CHECK(p.chats.bytes() == all.size());
  index.remove(p);
  CHECK(!index.chat(id<ChatId>(7)));
}
