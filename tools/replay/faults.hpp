// What goes wrong while people talk, besides kills: processes that stand still, disks that are full, clocks that jump.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace replay {

/// Which ones; `disks` takes root (mounts in a namespace of our own), `clocks` takes libfaketime.
struct FaultKinds {
  bool pauses = false, disks = false, clocks = false;
};

class Faults {
 public:
  using Clock = std::chrono::steady_clock;
  /// `directory`: that of the run, with `server` and `clients` in it.
  Faults(FaultKinds kinds, std::string directory) : kinds_(kinds), directory_(std::move(directory)) {}

  /// Call once, while the process has one thread and nothing lies in the directory. Puts `server` and `clients` on disks whose size can be
  /// changed. What is not possible here ends as an error: one line that says what is missing.
  std::string prepare();
  /// Variables for a process: the clock that it reads. Server and clients have a clock each.
  std::vector<std::string> environment(bool server) const;
  /// Begins what is due and ends what has lasted long enough. Call a few times a second.
  void turn(Clock::time_point now, pid_t server, std::span<const pid_t> workers);
  /// That process does not exist any more.
  void forget(pid_t process) { paused_.erase(process); }
  /// Everybody runs and the disks have room again; the clocks stay where they jumped to.
  void end();
  /// What happened, for people; empty: nothing was asked for.
  std::string report() const;

 private:
  void pause(Clock::time_point now, pid_t);
  void resume(Clock::time_point now);
  void fill(Clock::time_point now);
  void empty(Clock::time_point now);
  void jump();
  Clock::time_point within(Clock::time_point now, int seconds) { return now + std::chrono::milliseconds(random_() % (2000u * static_cast<unsigned>(seconds))); }

  FaultKinds kinds_;
  std::string directory_, full_disk_;
  std::mt19937 random_{7};
  Clock::time_point next_pause_{}, next_fill_{}, next_jump_{}, full_until_{};
  std::map<pid_t, Clock::time_point> paused_;
  std::size_t pauses_ = 0, fills_ = 0, jumps_ = 0;
};

}  // namespace replay
