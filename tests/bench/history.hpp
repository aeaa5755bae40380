// What a device holds after years: a cache, written by the code that writes caches, with texts whose words are as common and as rare as
// those of people.
#pragma once
#include <string>
#include <vector>
#include "fechatter/ids.hpp"
#include "tests/support/virtual_world.hpp"

namespace bench {

constexpr int kHeldChats = 10000, kHeldMessages = 1'000'000, kHeldPeople = 500;

/// Ranks follow Zipf's law: the n-th is n times as rare as the first.
class Ranks {
 public:
  explicit Ranks(std::size_t n);
  std::size_t draw(fechatter::Random&) const;

 private:
  std::vector<double> sums_;
};

/// 30,000 words and 3,000 Chinese characters. One message in seven is Chinese.
class Speech {
 public:
  explicit Speech(std::uint64_t seed) : random_(seed) {}
  static std::string word(std::size_t rank);
  static std::string character(std::size_t rank);
  std::string any_word() { return word(words_.draw(random_)); }
  std::string words(std::size_t n);
  std::string characters(std::size_t n);
  std::string message();
  /// True once in `n`.
  bool once_in(std::uint64_t n) { return random_.below(n) == 0; }
  std::uint64_t below(std::uint64_t n) { return random_.below(n); }

 private:
  fechatter::sim::SeededRandom random_;
  Ranks words_{30000}, characters_{3000};
};

/// Fills cache.db at `path` for `self`: chats of 60 to 5,000 messages over two years, in the order in which catching up brings them.
void write_history(const std::string& path, fechatter::UserId self);
/// 2023-11-14, two years before the newest message.
constexpr std::int64_t kHistoryStart = 1'700'000'000'000, kHistorySpan = 2LL * 365 * 86'400'000;

}  // namespace bench
