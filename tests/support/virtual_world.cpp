#include "tests/support/virtual_world.hpp"
#include <algorithm>
#include <stdexcept>

namespace fechatter::sim {
namespace {
constexpr std::int64_t kStart = 1'700'000'000'000;  // the wall clock at the beginning
constexpr std::uint64_t kStuck = 1'000'000;
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) { return (hash ^ value) * 0x100000001b3u + (hash >> 29); }
}  // namespace

void SeededRandom::fill(void* bytes, std::size_t size) {
  auto* out = static_cast<unsigned char*>(bytes);
  for (std::uint64_t word = 0; size-- > 0; word >>= 8) {
    if ((out - static_cast<unsigned char*>(bytes)) % 8 == 0) word = rng_();
    *out++ = static_cast<unsigned char>(word);
  }
}

struct VirtualLoop::State {
  using Key = std::pair<std::int64_t, std::uint64_t>;  // due, order
  std::weak_ptr<World::State> world;
  std::string name;
  std::uint64_t serial = 0;
  std::map<Key, std::function<void()>> calls;
  std::int64_t stalled_until = 0;
  bool stopped = false;
  std::int64_t due() const { return std::max(calls.begin()->first.first, stalled_until); }
};

struct World::State {
  std::int64_t now = 0, last_at = -1;
  std::uint64_t order = 0, steps = 0, steps_now = 0, trace = 0xcbf29ce484222325u;
  std::mt19937_64 ties;
  SeededRandom scenario;
  std::vector<std::weak_ptr<VirtualLoop::State>> loops;
  std::uint64_t serials = 0;
  const VirtualLoop::State* running = nullptr;

  explicit State(std::uint64_t seed) : ties(seed * 2 + 1), scenario(seed) {}
  // Of the loops whose next call is due first, one by lot; `limit`: not later than that.
  std::shared_ptr<VirtualLoop::State> next(std::int64_t limit) {
    std::vector<std::shared_ptr<VirtualLoop::State>> first;
    std::erase_if(loops, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : loops) {
      const auto loop = weak.lock();
      if (loop->calls.empty() || loop->due() > limit) continue;
      if (!first.empty() && std::max(loop->due(), now) > std::max(first[0]->due(), now)) continue;
      if (!first.empty() && std::max(loop->due(), now) < std::max(first[0]->due(), now)) first.clear();
      first.push_back(loop);
    }
    return first.empty() ? nullptr : first[first.size() == 1 ? 0 : ties() % first.size()];
  }
  void count() {
    ++steps;
    if (now != last_at) last_at = now, steps_now = 0;
    if (++steps_now > kStuck) throw std::logic_error("a million calls and no time has passed");
  }
  bool run_one(std::int64_t limit) {
    const auto loop = next(limit);
    if (!loop) return false;
    now = std::max(now, loop->due());
    count();
    trace = mix(mix(trace, static_cast<std::uint64_t>(now)), loop->serial);
    const auto f = std::move(loop->calls.begin()->second);
    loop->calls.erase(loop->calls.begin());
    struct Running {  // also when the call throws, as a process that ends in the middle of it
      const VirtualLoop::State*& now;
      const VirtualLoop::State* before;
      ~Running() { now = before; }
    } const guard{running, std::exchange(running, loop.get())};
    f();
    return true;
  }
};

std::uint64_t VirtualLoop::add(std::int64_t ms, std::function<void()> f) {
  const auto world = state_->world.lock();
  if (!world || state_->stopped) return 0;
  state_->calls.emplace(State::Key{world->now + std::max<std::int64_t>(ms, 0), ++world->order}, std::move(f));
  return world->order;
}

Timer VirtualLoop::after(std::int64_t ms, std::function<void()> f) {
  struct Pending : Timer::Entry {
    std::weak_ptr<State> loop;
    std::uint64_t order = 0;
    void cancel() override {
      const auto state = loop.lock();
      if (!state) return;
      const auto it = std::find_if(state->calls.begin(), state->calls.end(), [this](const auto& c) { return c.first.second == order; });
      if (it == state->calls.end()) return;
      const auto gone = state->calls.extract(it);  // destroyed when the map is whole again: its captures may cancel other timers
    }
  };
  auto pending = std::make_shared<Pending>();
  pending->loop = state_;
  pending->order = add(ms, std::move(f));
  return pending->order ? Timer(std::move(pending)) : Timer();
}

bool VirtualLoop::on_thread() const {
  const auto world = state_->world.lock();
  return world && world->running == state_.get();
}
void VirtualLoop::stall(std::int64_t ms) {
  if (const auto world = state_->world.lock()) state_->stalled_until = world->now + ms;
}
void VirtualLoop::stop() {
  state_->stopped = true;
  const auto gone = std::exchange(state_->calls, {});
}

Time VirtualClock::now() { return {kStart + world_.now_ms() + world_.now_ms() * drift_ppm_ / 1'000'000 + skew_ms_}; }
std::int64_t VirtualClock::steady_ms() { return world_.now_ms(); }

World::World(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
World::~World() = default;

std::unique_ptr<VirtualLoop> World::loop(std::string name) {
  auto state = std::make_shared<VirtualLoop::State>();
  state->world = state_, state->name = std::move(name), state->serial = ++state_->serials;
  state_->loops.push_back(state);
  return std::unique_ptr<VirtualLoop>(new VirtualLoop(std::move(state)));
}
std::int64_t World::now_ms() const { return state_->now; }
Random& World::random() { return state_->scenario; }
bool World::step() { return state_->run_one(INT64_MAX); }
void World::run_until(std::int64_t ms) {
  while (state_->run_one(ms)) continue;
  state_->now = std::max(state_->now, ms);
}
bool World::run_to(const std::function<bool()>& done, std::int64_t limit_ms) {
  const std::int64_t limit = state_->now + limit_ms;
  while (!done())
    if (!state_->run_one(limit)) return state_->now = limit, done();
  return true;
}
std::uint64_t World::steps() const { return state_->steps; }
std::uint64_t World::trace() const { return state_->trace; }
void World::note(std::string_view text) {
  for (const char c : text) state_->trace = mix(state_->trace, static_cast<unsigned char>(c));
}

}  // namespace fechatter::sim
