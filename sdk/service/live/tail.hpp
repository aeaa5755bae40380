// Puts what the bus says into the log's order: each position exactly once. A bus that shuffles, doubles or drops costs a log read.
#pragma once
#include <functional>
#include <map>
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"

namespace fechatter {

class Tail {
 public:
  struct Ports {
    Loop& loop;
    Clock& clock;
    Log& log;
    std::function<void(std::int64_t after, std::function<void(Result<std::vector<LogEvent>>)>)> read_log;
    std::function<void(const LogEvent&)> deliver;  ///< in order of position, without holes
    std::function<void()> caught_up;               ///< a read has shown the end of the log
  };
  struct Limits {
    std::int64_t hold_ms = 20, ask_ms = 250;
  };
  Tail(Ports, std::int64_t head, Limits);

  std::int64_t position() const { return position_; }
  void on_commit(std::shared_ptr<const Committed>);
  /// Reads the log from the tail. Returns the number of the first read that begins after this call: see completed().
  std::int64_t ask();
  /// Number of the last read that has shown the end of the log.
  std::int64_t completed() const { return completed_; }
  std::int64_t reads() const { return started_; }

 private:
  void hold(std::shared_ptr<const Committed>);
  bool take(const std::vector<LogEvent>&);
  void drain();
  void read();
  void answered(std::int64_t number, Result<std::vector<LogEvent>>);
  void tick();

  Ports ports_;
  Limits limits_;
  std::int64_t position_, ticked_at_;
  std::int64_t started_ = 0, completed_ = 0, began_ms_ = 0;
  bool reading_ = false, again_ = false;
  std::multimap<std::int64_t, std::shared_ptr<const Committed>> held_;  // by where they begin
  Timer gap_, tick_;
  bool gap_armed_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace fechatter
