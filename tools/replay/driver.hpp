// The run: starts and kills the server and the workers, day after day, and counts what went wrong.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>
#include "fechatter/client.hpp"
#include "tools/replay/faults.hpp"
#include "tools/replay/lines.hpp"
#include "tools/replay/order.hpp"

namespace replay {

struct Settings {
  std::string archive, directory = "build/replay", fechatterd, self;
  int port = 18765, days = 0, clients = 50, workers = 4;
  double kill_every = 3;
  FaultKinds faults;
};
/// Faults: lines that are not in the log, are there more often than they were said, stand in another order; caches, or the table of
/// messages, that differ from the log.
struct Tally {
  std::size_t lost = 0, doubled = 0, reordered = 0, diverged = 0, compared = 0;
  bool clean() const { return lost + doubled + reordered + diverged == 0; }
  Tally& operator+=(const Tally&);
};

class Driver {
 public:
  explicit Driver(Settings s) : s_(std::move(s)), faults_(s_.faults, s_.directory) {}
  /// 0: nothing was lost, doubled, reordered or different anywhere. Prints what it did.
  int run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Person {
    std::size_t number = 0;
    std::string name;
    std::vector<std::string> channels;
  };
  /// What was said in a channel, by person, in order.
  struct Said {
    std::string day, channel;
    std::map<std::size_t, std::vector<std::string>> by_person;
  };

  bool prepare();
  std::vector<Day> unpack() const;
  void write_config() const;
  std::string url() const;
  void start_server();
  bool serving();
  void stop_server();
  void kill_server();
  bool found();
  template <class F> void wait(F begin);
  bool make_channel(const std::string& day);

  bool play(const Day&);
  Person& person(const std::string& nick);
  std::string free_name(const std::string& nick, std::size_t number);
  std::vector<Part> parts_of(const Said&);
  bool speak(std::span<const Part>);
  void kill_something(std::vector<pid_t>& workers, const std::vector<bool>& finished);
  Clock::time_point next_kill();

  std::string order_file(std::size_t worker) const;
  std::string done_file(std::size_t worker) const;
  std::string result_file(std::size_t worker) const;
  pid_t start_worker(std::size_t worker, bool speaks);
  std::vector<pid_t> start_workers(std::span<const Part>, bool speaks);

  bool judge_channel(const Said&, Tally&);
  bool judge_caches(const std::vector<Part>&, std::size_t at_once, Tally&);
  bool judge_results(std::span<const Part>, std::size_t workers, Tally&) const;
  bool judge_everybody();
  void report(double seconds) const;
  void keep() const;

  Settings s_;
  Faults faults_;
  Tally total_;
  std::size_t lines_ = 0, repaired_ = 0, skipped_ = 0, server_kills_ = 0, server_restarts_ = 0, worker_kills_ = 0, fewest_ = SIZE_MAX, added_ = 0;
  std::mt19937 random_{42};
  pid_t server_ = 0;
  std::unique_ptr<fechatter::Runtime> runtime_;
  std::unique_ptr<fechatter::Client> founder_;
  std::string invite_, channel_;
  std::map<std::string, Person> people_;  // by nick
  std::set<std::string> names_;
  std::vector<Said> said_;
};

/// Equal parts of at least `least` where there are that many.
std::vector<std::span<const Part>> equal_parts(std::span<const Part>, std::size_t least);

}  // namespace replay
