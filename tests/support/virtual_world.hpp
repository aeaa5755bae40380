// The simulation's time: every loop of every participant on one thread, in an order that the seed decides. One thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/loop.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter::sim {

/// The same seed gives the same bytes.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : rng_(seed) {}
  void fill(void* bytes, std::size_t size) override;

 private:
  std::mt19937_64 rng_;
};

class World;

/// One simulated thread. Calls of one loop keep their order (by due time, then by posting); between loops the seed decides who goes
/// first. Destroying it is a process that ends: what waits is destroyed uncalled. May outlive its world, and then runs nothing.
class VirtualLoop : public Loop {
 public:
  ~VirtualLoop() override { stop(); }
  void post(std::function<void()> f) override { add(0, std::move(f)); }
  Timer after(std::int64_t ms, std::function<void()>) override;
  bool on_thread() const override;
  /// Runs nothing for that long, as a suspended process or a thread that gets no processor.
  void stall(std::int64_t ms);
  /// Runs nothing any more and destroys what waits; posting is ignored from here on.
  void stop();

  struct State;

 private:
  friend class World;
  explicit VirtualLoop(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::uint64_t add(std::int64_t ms, std::function<void()>);
  std::shared_ptr<State> state_;
};

/// A participant's clocks: virtual time, with a wall clock that is wrong by `skew_ms` and runs `drift_ppm` too fast.
class VirtualClock : public Clock {
 public:
  explicit VirtualClock(const World& world, std::int64_t skew_ms = 0, std::int64_t drift_ppm = 0) : world_(world), skew_ms_(skew_ms), drift_ppm_(drift_ppm) {}
  Time now() override;
  std::int64_t steady_ms() override;
  void set_skew(std::int64_t ms) { skew_ms_ = ms; }  ///< the wall clock jumps

 private:
  const World& world_;
  std::int64_t skew_ms_, drift_ppm_;
};

/// Time, the loops, and the order in which they run.
class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::unique_ptr<VirtualLoop> loop(std::string name);
  std::int64_t now_ms() const;          ///< since the beginning, from 0
  Random& random();                     ///< for the scenario; apart from the order's own, so that neither disturbs the other
  /// Runs the next call, moving time to it. False: nothing waits anywhere.
  bool step();
  /// Runs everything due until then and leaves the time there. std::logic_error when a million calls run without time passing.
  void run_until(std::int64_t ms);
  void run_for(std::int64_t ms) { run_until(now_ms() + ms); }
  /// Runs until `done()`, checked after each call; false when that does not happen within `limit_ms`.
  bool run_to(const std::function<bool()>& done, std::int64_t limit_ms);

  std::uint64_t steps() const;
  /// A hash over when and where each call ran, and what note() said: equal for equal runs.
  std::uint64_t trace() const;
  void note(std::string_view);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace fechatter::sim
