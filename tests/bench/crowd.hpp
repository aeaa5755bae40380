// A server full of people, without the hours that signing them up would take: written into its database while it is down.
#pragma once
#include <string>
#include <vector>
#include "tests/bench/bench.hpp"

namespace bench {

constexpr std::size_t kRoomsOfEach = 200, kRooms = 10000;

/// `people` with an access token each, each in `kRoomsOfEach` of `kRooms` rooms; the first 50 rooms hold everybody once.
struct FullTown {
  std::vector<Person> people;
  std::vector<std::string> rooms;         ///< ids
  static std::size_t room_of(std::size_t person) { return person * 7919 % 50; }  ///< among the first 50
};
/// Of a server that ran in `folder` once, with one workspace, and does not run now.
FullTown settle_crowd(const std::string& folder, std::size_t people);

}  // namespace bench
