// The order of stream, rounds and waits, under any events in any order: it never asks for two things at once, never stands still
// without something that will wake it, and with a server that tells the truth its cursor never goes back.
#include "sdk/protocol/sync_machine.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;
using Action = SyncMachine::Action;
using Phase = SyncMachine::Phase;

namespace {
// What a driver has under way.
struct Driver {
  bool stream = false, page = false, stream_wait = false, page_wait = false, forgot = false;
  void perform(const SyncMachine::Actions& actions) {
    forgot = false;
    for (const Action& a : actions) {
      HOLDS(a.bound_ms >= 0 && a.bound_ms <= 30'000);
      switch (a.kind) {
        case Action::open_stream: HOLDS(!stream && !stream_wait), stream = true; break;
        case Action::close_stream: stream = page = stream_wait = page_wait = false; break;
        case Action::fetch_page: HOLDS(stream && !page && !page_wait), page = true; break;
        case Action::wait_stream: HOLDS(!stream && !stream_wait), stream_wait = true; break;
        case Action::wait_page: HOLDS(!page && !page_wait), page_wait = true; break;
        case Action::forget: forgot = true; break;
        case Action::went_live: HOLDS(stream && !page); break;
      }
    }
  }
};

struct World {
  explicit World(fuzz::Input& input) : in(input) {}
  std::string cursor(std::int64_t base, bool finished) {
    Cursor c;
    c.epoch.bytes[0] = epoch, c.base = base, c.target = finished ? 0 : head + 1;
    return encode_cursor(c);
  }
  // Sometimes nonsense: the truth is then not asked for any more.
  std::string said(std::int64_t base, bool finished) {
    if (in.below(32) > 0) return cursor(base, finished);
    honest = false;
    return in.coin() ? std::string(in.text()) : cursor(in.number() & INT64_MAX, in.coin());
  }
  void step();
  void answer_page();
  void check();

  fuzz::Input& in;
  SyncMachine machine;
  Driver driver;
  std::int64_t head = 5, position = 0;
  std::uint8_t epoch = 1;
  bool honest = true;
};

void World::answer_page() {
  driver.page = false;
  switch (in.below(8)) {
    case 0: return driver.perform(machine.page_failed(static_cast<std::int64_t>(in.below(200))));
    case 1: return driver.perform(machine.page_reset());
    case 2: return driver.perform(machine.page(said(machine.position(), false), true));
    default: return driver.perform(machine.page(said(std::max(machine.position(), head - static_cast<std::int64_t>(in.below(3))), true), false));
  }
}
void World::step() {
  head += static_cast<std::int64_t>(in.below(3));
  switch (in.below(10)) {
    case 0: return driver.perform(machine.start());
    case 1: return driver.perform(machine.stop());
    case 2:
      if (driver.stream_wait) driver.stream_wait = false, driver.perform(machine.wait_over());
      return;
    case 3:
      if (driver.page_wait) driver.page_wait = false, driver.perform(machine.page_wait_over());
      return;
    case 4:
      if (driver.stream) driver.perform(machine.lost(static_cast<std::int64_t>(in.below(200))));
      return;
    case 5:
      if (driver.stream && in.below(8) == 0) driver.perform(machine.resync());
      return;
    case 6:
      if (driver.stream) driver.perform(machine.hello(said(head, true), in.coin()));
      return;
    case 7:
      if (driver.stream) (void)machine.frame_cursor(said(++head, true));
      return;
    case 8: return epoch += in.below(8) == 0 ? 1 : 0, void();
    default:
      if (driver.page) answer_page();
  }
}
void World::check() {
  switch (machine.phase()) {
    case Phase::stopped: HOLDS(!driver.stream && !driver.page && !driver.stream_wait); break;
    case Phase::waiting: HOLDS(driver.stream_wait && !driver.stream && !driver.page); break;
    case Phase::connecting: HOLDS(driver.stream && !driver.page); break;
    case Phase::catching_up: HOLDS(driver.stream && driver.page != driver.page_wait); break;
    case Phase::live: HOLDS(driver.stream && !driver.page && !driver.page_wait); break;
  }
  if (driver.forgot) position = 0;
  if (honest) HOLDS(machine.position() >= position);
  position = machine.position();
  const auto resume = decode_cursor(machine.stream_cursor());
  HOLDS(machine.stream_cursor().empty() || (resume && resume->finished()));
}
}  // namespace

FUZZ_TARGET(sync_machine) {
  fuzz::Input in(bytes);
  World world(in);
  for (int n = 0; n < 200 && !in.empty(); ++n) {
    world.driver.forgot = false;
    world.step();
    world.check();
  }
}
