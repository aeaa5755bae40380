// The hub under any order of commits, connections and silence: every connection gets a rising sequence of positions, nothing that was
// not for its person at that position (where it catches up, from a cursor or after they joined the workspace: that is not for them now),
// and, as long as it is open and takes what it gets, nothing less.
#include <algorithm>
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/unit/live/live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

namespace {
constexpr std::uint64_t kPeople = 4, kSpace = 9;

// Somebody at a sink of the hub's.
struct Listener {
  std::uint64_t user = 0;
  std::shared_ptr<Ear> ear;
  std::size_t read = 0;        // of ear->texts
  std::int64_t last = 0;       // position
  std::vector<std::int64_t> heard;
  std::optional<std::int64_t> start;  // of hello, where it says "fresh"
  bool whole = true;           // it was never stalled or cut
  bool resumes = false;        // it came with a cursor
};

class Play {
 public:
  explicit Play(fuzz::Input& input) : in(input) {
    for (std::uint64_t u = 1; u <= kPeople; ++u) world.join_space(kSpace, u), in_space.insert(u);
    world.create(1, kSpace, {1, 2, 3, 4}), world.create(2, kSpace, {1, 2});
    for (std::uint64_t u = 1; u <= kPeople; ++u) members.insert({1, u});
    members.insert({2, 1}), members.insert({2, 2});
    world.limits.large_chat = in.coin() ? 3 : 500;
    world.limits.ring_events = in.coin() ? 6 : 1000;
    world.limits.sink_frames = 8;
    world.snapshot_early = in.coin();
    world.start();
  }
  void step();
  void end();

 private:
  void happen();
  void publish();
  void open(bool again);
  void look();
  void hear(Listener&, const std::string& line);
  bool may_get(std::uint64_t user, const std::string& line, std::int64_t pos, bool catches_up) const;
  std::uint64_t person() { return 1 + in.below(kPeople); }

  fuzz::Input& in;
  World world;
  std::set<std::uint64_t> in_space;
  std::set<std::pair<std::uint64_t, std::uint64_t>> members;
  std::vector<World::Batch> bus;
  std::vector<Listener> listeners;
  std::map<std::uint64_t, std::int64_t> posts{{1, 0}, {2, 0}};
  std::map<std::uint64_t, std::int64_t> joined_;  // where in the log somebody joined the workspace last
  bool moved_ = false;                            // somebody left or joined it
};

void Play::happen() {
  const std::uint64_t chat = 1 + in.below(2), u = person();
  const bool inside = members.contains({chat, u}) && in_space.contains(u);
  switch (in.below(9)) {
    case 0:
      if (in_space.contains(u) && members.insert({chat, u}).second) bus.push_back(world.join(chat, u, in.coin() ? posts[chat] + 1 : 1));
      return;
    case 1:
      if (members.erase({chat, u})) bus.push_back(world.leave(chat, u));
      return;
    case 2:
      if (in_space.erase(u)) bus.push_back(world.leave_space(kSpace, u)), moved_ = true;
      else in_space.insert(u), bus.push_back(world.join_space(kSpace, u));
      if (in_space.contains(u)) joined_[u] = world.head();
      return;
    case 3:
      if (inside && posts[chat] > 0) bus.push_back(world.edit(chat, u, 1 + static_cast<std::int64_t>(in.below(static_cast<std::size_t>(posts[chat])))));
      return;
    case 4:
      if (inside && posts[chat] > 0) bus.push_back(world.erase(chat, u, 1 + static_cast<std::int64_t>(in.below(static_cast<std::size_t>(posts[chat])))));
      return;
    case 5:
      if (inside && posts[chat] > 0) bus.push_back(world.react(chat, u, 1 + static_cast<std::int64_t>(in.below(static_cast<std::size_t>(posts[chat])))));
      return;
    default:
      if (inside && posts[chat] < 100)
        bus.push_back(world.post(chat, u, in.coin() ? std::vector<std::uint64_t>{person()} : std::vector<std::uint64_t>{})), ++posts[chat];
  }
}
// In any order, twice, or not at all.
void Play::publish() {
  if (bus.empty()) return;
  const std::size_t at = in.below(bus.size());
  const auto batch = bus[at];
  const std::uint8_t how = in.byte();
  if (how >= 32) bus.erase(bus.begin() + static_cast<std::ptrdiff_t>(at));
  if (how < 224) world.tell(batch);
}
void Play::open(bool again) {
  if (listeners.size() >= 8) return;
  Listener l;
  l.user = person(), l.ear = std::make_shared<Ear>(in.coin() ? Format::json : Format::sse);
  std::optional<std::string> cursor;
  if (again)
    cursor = in.coin() || listeners.empty() ? world.cursor_at(static_cast<std::int64_t>(in.below(static_cast<std::size_t>(world.head()) + 1)))
                                            : listeners.back().ear->last_id;
  if (in.below(16) == 0) cursor = std::string(in.text());
  l.resumes = cursor.has_value();
  auto attached = world.hub().attach({World::user(l.user), World::session(l.user), cursor, l.ear});
  if (!attached) return;
  world.connections[l.ear.get()] = *attached;
  listeners.push_back(std::move(l));
}
bool Play::may_get(std::uint64_t user, const std::string& line, std::int64_t pos, bool catches_up) const {
  const bool own_end = line.find("member_left") != line.npos && line.find("workspace") != line.npos;
  if (own_end) return true;
  // What was missed is told to whoever is a member by then, where the tail stands: at the event, or later.
  const std::int64_t last = catches_up ? world.head() : pos;
  for (std::int64_t by = pos; by <= last; ++by)
    if (world.is_for(World::user(user), pos, by)) return true;
  return false;
}
void Play::hear(Listener& l, const std::string& line) {
  if (line.starts_with("hello fresh")) l.start = std::stoll(line.substr(12)), l.last = std::max(l.last, *l.start);
  if (line[0] < '0' || line[0] > '9') return;
  const std::int64_t pos = std::stoll(line);
  HOLDS(pos > l.last && pos <= world.head());
  l.last = pos, l.heard.push_back(pos);
  const bool joined = joined_[l.user] > l.start.value_or(0);  // then it waits until it is known which chats they are in again
  HOLDS(may_get(l.user, line, pos, l.resumes || joined));
}
void Play::look() {
  for (Listener& l : listeners) {
    for (const std::string& line : l.ear->heard()) {
      HOLDS(line.starts_with("hello") || l.ear->texts.size() > 0);
      hear(l, line);
    }
    l.whole &= !l.ear->stalled && !l.ear->closed && !l.ear->dead;
  }
}
void Play::step() {
  switch (in.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: happen(); break;
    case 4:
    case 5:
    case 6: publish(); break;
    case 7: world.loop.run_for(static_cast<std::int64_t>(in.below(64))); break;
    case 8: open(false); break;
    case 9: open(true); break;
    case 10:
      if (!listeners.empty()) world.hub().typing(World::chat(1 + in.below(2)), World::user(person()), in.coin());
      break;
    case 11: world.hub().presence(World::user(person()), static_cast<Presence>(in.below(3))); break;
    case 12:
      if (!listeners.empty()) {
        Listener& l = listeners[in.below(listeners.size())];
        const std::uint8_t how = in.byte();
        if (how < 128) l.ear->stalled = how & 1;
        else if (how < 160) l.ear->dead = true;
        else if (how < 200) world.hub().detach(world.connections[l.ear.get()]), l.whole = false;
        l.whole &= !l.ear->dead && !l.ear->stalled;
      }
      break;
    case 13:
      if (!listeners.empty())
        (void)world.hub().focus(World::user(listeners[0].user), listeners[0].ear->connection_id, {World::chat(1 + in.below(2))}, {World::user(person())});
      break;
    case 14: world.memberships_fail = in.below(8) == 0, world.membership_delay = 1 + static_cast<std::int64_t>(in.below(40)); break;
    default: {
      std::optional<std::string> cursor;
      if (in.coin()) cursor = world.cursor_at(static_cast<std::int64_t>(in.below(static_cast<std::size_t>(world.head()) + 1)));
      const std::uint64_t u = person();
      world.hub().poll({World::user(u), World::session(u), cursor, static_cast<std::int64_t>(in.below(200)), {}}, [this, u](Result<PollPage> page) {
        if (!page) return;
        std::int64_t last = 0;
        for (const Frame& f : page->items) {
          if (f.event != "event" || !f.id) continue;
          const auto pos = decode_cursor(*f.id);
          HOLDS(pos && pos->base > last);
          last = pos->base;
          HOLDS(may_get(u, line_of(f), last, true));
        }
        HOLDS(decode_cursor(page->cursor));
      });
    }
  }
  look();
}
void Play::end() {
  world.memberships_fail = false;
  world.loop.run_for(2000);
  look();
  const bool all_told = world.limits.large_chat > 100 && !moved_;
  for (const Listener& l : listeners) {
    if (!l.start || !l.whole || l.ear->closed || !all_told) continue;
    std::vector<std::int64_t> expected;
    for (std::int64_t pos = *l.start + 1; pos <= world.head(); ++pos)
      if (world.is_for(World::user(l.user), pos)) expected.push_back(pos);
    HOLDS(l.heard == expected);
  }
  HOLDS(world.hub().counters().tail == world.head());
  world.hub().drain();
  const auto over = [](const Listener& l) { return l.ear->closed || l.ear->dead || !l.whole; };
  int seconds = 0;
  do world.loop.run_for(1000);
  while (!std::all_of(listeners.begin(), listeners.end(), over) && ++seconds < 60);
  HOLDS(seconds < 60);
}
}  // namespace

FUZZ_TARGET(hub) {
  fuzz::Input in(bytes);
  Play play(in);
  for (int n = 0; n < 80 && !in.empty(); ++n) play.step();
  play.end();
}
