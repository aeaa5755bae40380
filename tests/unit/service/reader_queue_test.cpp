// Reads take turns by person.
#include "sdk/service/reads/reader_queue.hpp"
#include <catch2/catch.hpp>
#include "tests/support/town.hpp"
#include "tests/support/virtual_world.hpp"

using namespace fechatter;

namespace {
struct Nothing : Reader {
  struct Empty : Snapshot {
    std::shared_ptr<void> load(const Type&, const RowKey&) override { return {}; }
    Result<std::vector<std::shared_ptr<void>>> query(std::string_view, const Type&, std::span<const Value>) override {
      return std::vector<std::shared_ptr<void>>{};
    }
  };
  std::unique_ptr<Snapshot> snapshot() override { return std::make_unique<Empty>(); }
};

// Runs what it was given when it is told to: a reader that is busy with something slow.
struct HeldLoop : Loop {
  void post(std::function<void()> f) override { jobs.push_back(std::move(f)); }
  Timer after(std::int64_t, std::function<void()>) override { return {}; }
  bool on_thread() const override { return true; }
  int run() {
    if (jobs.empty()) return 0;
    const auto job = std::move(jobs.front());
    jobs.pop_front();
    return job(), 1;
  }
  std::deque<std::function<void()>> jobs;
};

struct Readers {
  sim::World world{7};
  std::unique_ptr<sim::VirtualLoop> main = world.loop("main"), one = world.loop("one"), two = world.loop("two");
  Nothing store;
  ReaderQueue queue{*main, {one.get(), two.get()}, store};
  std::vector<std::string> ran, answered;

  void read(std::uint64_t who, const std::string& name) {
    queue.read(made_id<UserId>(who), [this, name](Snapshot&) { ran.push_back(name); }, [this, name] { answered.push_back(name); });
  }
  std::size_t place(const std::string& name) const { return static_cast<std::size_t>(std::find(ran.begin(), ran.end(), name) - ran.begin()); }
};
}  // namespace

TEST_CASE("whoever asks for much holds up nobody else") {
  Readers r;
  r.main->post([&] {
    for (int i = 0; i < 100; ++i) r.read(1, "much");
    r.read(2, "his"), r.read(3, "hers");
  });
  r.world.run_for(0);
  CHECK(r.ran.size() == 102);
  CHECK(r.answered.size() == 102);
  CHECK(r.place("his") <= 2);
  CHECK(r.place("hers") <= 3);
}

TEST_CASE("one person's slow reads leave a reader to the others") {
  HeldLoop main, one, two;
  Nothing store;
  ReaderQueue queue(main, {&one, &two}, store);
  std::vector<std::string> answered;
  const auto read = [&](std::uint64_t who, const std::string& name) {
    queue.read(made_id<UserId>(who), [](Snapshot&) {}, [&, name] { answered.push_back(name); });
  };
  for (int i = 0; i < 5; ++i) read(1, "slow");
  read(2, "his"), read(3, "hers");
  CHECK((one.jobs.size() == 2 && two.jobs.size() == 1));  // each is handed its next one ahead, too
  two.run(), main.run();
  CHECK(answered == std::vector<std::string>{"his"});
  read(2, "his");
  two.run(), main.run();
  CHECK(answered.back() == "his");
  while (one.run() + two.run() + main.run() > 0) {
  }
  CHECK(answered.size() == 8);
}

TEST_CASE("one person's reads are run and answered in their order where there is one reader, and next to others' in turn") {
  sim::World world(7);
  const auto main = world.loop("main"), reader = world.loop("reader");
  Nothing store;
  ReaderQueue queue(*main, {reader.get()}, store);
  std::string order;
  main->post([&] {
    for (const char c : std::string("abcd")) queue.read(made_id<UserId>(1), [](Snapshot&) {}, [&order, c] { order += c; });
    for (const char c : std::string("xyz")) queue.read(made_id<UserId>(2), [](Snapshot&) {}, [&order, c] { order += c; });
  });
  world.run_for(0);
  CHECK(order == "axbyczd");
}

TEST_CASE("a read that asks for another one is no exception") {
  Readers r;
  int left = 50;
  std::function<void()> again = [&] {
    if (left-- > 0) r.queue.read(made_id<UserId>(1), [](Snapshot&) {}, again);
  };
  r.main->post([&] {
    for (int i = 0; i < 4; ++i) again();
    r.read(2, "his");
  });
  r.world.run_for(0);
  CHECK(left <= 0);
  CHECK(r.answered == std::vector<std::string>{"his"});
}
