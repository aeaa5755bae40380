#include "sdk/service/live/number_set.hpp"
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

using fechatter::NumberSet;

namespace {
std::vector<std::uint32_t> numbers(const NumberSet& s) {
  std::vector<std::uint32_t> all;
  s.each([&](std::uint32_t n) { all.push_back(n); });
  return all;
}
}  // namespace

TEST_CASE("a set of numbers is what std::set says, whatever the distances") {
  for (const std::uint32_t below : {5u, 300u, 100'000u, 0xffffffffu}) {
    std::mt19937 random(below);
    std::set<std::uint32_t> reference;
    NumberSet set;
    for (int step = 0; step < 4000; ++step) {
      const std::uint32_t n = below == 0xffffffffu ? random() : random() % below;
      if (random() % 5 < 3 - (step > 2000)) REQUIRE(set.insert(n) == reference.insert(n).second);
      else
        REQUIRE(set.erase(reference.empty() || step % 2 ? n : *reference.begin()) ==
                (reference.erase(reference.empty() || step % 2 ? n : *reference.begin()) > 0));
      REQUIRE(set.contains(n) == (reference.count(n) > 0));
      if (step % 50 == 0) set.fit();
      if (step % 20 == 0) REQUIRE(numbers(set) == std::vector<std::uint32_t>(reference.begin(), reference.end()));
    }
    while (!reference.empty()) {
      REQUIRE(set.erase(*reference.rbegin()));
      reference.erase(std::prev(reference.end()));
    }
    CHECK((set.empty() && !set.contains(0)));
    CHECK(set.bytes() == 0);
  }
}

TEST_CASE("numbers that lie close take a byte each") {
  NumberSet set;
  for (std::uint32_t n = 0; n < 1000; ++n) set.insert(1'000'000 + n * 100);
  CHECK(set.bytes() < 1010);
}

TEST_CASE("a set made in one piece is the one that is made number by number") {
  std::mt19937 random(7);
  for (const std::uint32_t below : {1u, 50u, 100'000u, 0xffffffffu}) {
    std::set<std::uint32_t> reference{0};
    for (int i = 0; i < 500; ++i) reference.insert(below == 0xffffffffu ? random() : random() % below);
    NumberSet set;
    set.insert(7), set.insert(3);
    set.assign({reference.begin(), reference.end()});
    CHECK(numbers(set) == std::vector<std::uint32_t>(reference.begin(), reference.end()));
    for (const std::uint32_t n : {0u, 1u, 49u, 70'000u, 0xfffffffeu}) {
      CHECK(set.contains(n) == (reference.count(n) > 0));
      CHECK(set.insert(n) == reference.insert(n).second);
    }
    CHECK(numbers(set) == std::vector<std::uint32_t>(reference.begin(), reference.end()));
    set.assign({});
    CHECK((set.empty() && !set.contains(0) && set.insert(5)));
    CHECK(numbers(set) == std::vector<std::uint32_t>{5});
  }
}
