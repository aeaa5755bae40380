// What a run has seen of the engines, counted: which states and transitions were visited, and which that can be were not.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fechatter::sim {

/// Counts by name. The first word of a name is its group, as the printed table shows them.
class Sights {
 public:
  void see(std::string name, std::uint64_t times = 1) { counts_[std::move(name)] += times; }
  void add(const Sights& other) {
    for (const auto& [name, n] : other.counts_) counts_[name] += n;
  }
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  /// One line per name, with its count.
  void print() const;

 private:
  std::map<std::string, std::uint64_t> counts_;
};

/// What the worlds of `make test` must visit: every command and call, every event type, and the states and transitions that are common.
std::vector<std::string> common_sights();
/// What a thousand worlds must visit besides.
std::vector<std::string> rare_sights();
/// Those of a list that were not seen.
std::vector<std::string> unseen(const std::vector<std::string>& list, const Sights&);

}  // namespace fechatter::sim
