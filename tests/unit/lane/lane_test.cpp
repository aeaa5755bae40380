// The writer lane: batches, order, bounds, and what a failing store does to commands.
#include "sdk/service/writes/lane.hpp"
#include <catch2/catch.hpp>
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"
#include "tests/unit/lane/manual_loop.hpp"

using namespace fechatter;
using lane_test::ManualLoop;

namespace {
// Fails commits as the test says: by an error for the next ones, or whenever a body holds a word.
class FaultyRows : public MemoryRows {
 public:
  Result<Committed> commit(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) override {
    REQUIRE(batches_open == 1);
    ++commits, largest = std::max(largest, events.size());
    if (failures > 0) return --failures, Error{why, "as told", {}};
    for (const Event& e : events)
      if (const auto* posted = e.body.as<MessagePosted>(); posted && posted->message.body == "poison") return Error{Code::internal, "poisoned", {}};
    return MemoryRows::commit(events, rows, redactions);
  }
  std::shared_ptr<void> load(const Type& type, const RowKey& key) override {
    REQUIRE(batches_open == 1);
    if (unreadable <= 0) return MemoryRows::load(type, key);
    --unreadable, failure_ = Error{Code::corrupt, "as told", {}};
    return nullptr;
  }
  std::optional<Error> take_failure() override { return std::exchange(failure_, std::nullopt); }
  void open_batch() override { ++batches_open; }
  void close_batch() override { --batches_open; }
  std::int64_t tidy() override { return ++tidied < pieces ? 20 : 0; }

  int commits = 0, failures = 0, unreadable = 0, tidied = 0, pieces = 0, batches_open = 0;
  std::size_t largest = 0;
  Code why = Code::storage_full;

 private:
  std::optional<Error> failure_;
};

struct World {
  ManualLoop loop;
  FaultyRows store;
  NullLog log;
  std::vector<std::shared_ptr<const Committed>> told;
  Lane lane;
  Town town{1};
  ChatId chat = made_id<ChatId>(1);
  std::vector<std::optional<Outcome>> outcomes;

  explicit World(Lane::Limits limits = {}) : lane(loop, store, log, [this](auto c) { told.push_back(c); }, limits) {
    for (const Submission& s : town.founding()) submit(s);
    submit(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {town.user(1)}}));
    loop.run();
    outcomes.clear(), told.clear(), store.commits = 0, store.largest = 0;
  }
  void submit(Submission s) {
    const std::size_t i = outcomes.size();
    outcomes.emplace_back();
    lane.submit(std::move(s), [this, i](Outcome o) {
      REQUIRE_FALSE(outcomes[i]);  // once
      REQUIRE(store.batches_open == 0);
      outcomes[i] = std::move(o);
    });
  }
  void say(const std::string& body, std::uint64_t id) { submit(town.submit(town.user(0), PostMessage{chat, made_id<MessageId>(id), body, {}, {}, {}, false})); }
};
}  // namespace

TEST_CASE("what queues while nothing runs becomes one transaction, in the order of arrival") {
  World w;
  for (std::uint64_t i = 0; i < 50; ++i) w.say("m" + std::to_string(i), 9000 + i);
  w.loop.run();
  REQUIRE(w.store.commits == 1);
  REQUIRE(w.told.size() == 1);
  for (std::size_t i = 0; i < 50; ++i) REQUIRE(w.told[0]->events[i].seq == static_cast<std::int64_t>(i) + 1);
  REQUIRE(w.lane.queued() == 0);
}

TEST_CASE("a batch is bounded by commands and by bytes") {
  World w({10, 1 << 20, 5000});
  for (std::uint64_t i = 0; i < 25; ++i) w.say("m", 9000 + i);
  w.loop.run();
  REQUIRE(w.store.commits == 3);
  REQUIRE(w.store.largest <= 10);
}

TEST_CASE("more than the bound is refused at once, retryably, and nothing of it happens") {
  World w({500, 1 << 20, 20});
  for (std::uint64_t i = 0; i < 30; ++i) w.say("m", 9000 + i);
  for (std::size_t i = 20; i < 30; ++i) REQUIRE(w.outcomes[i]->error->code == Code::unavailable);
  w.loop.run();
  for (std::size_t i = 0; i < 20; ++i) REQUIRE_FALSE(w.outcomes[i]->error);
  REQUIRE(w.told[0]->events.size() == 20);
}

TEST_CASE("a full disk refuses the batch retryably and leaves no trace; the retry by id succeeds later") {
  World w;
  w.store.failures = 1;
  w.say("m", 9000);
  w.loop.run();
  REQUIRE(w.outcomes[0]->error->code == Code::storage_full);
  REQUIRE(w.outcomes[0]->error->retryable());
  REQUIRE(w.told.empty());
  w.say("m", 9000), w.say("m", 9000);
  w.loop.run();
  REQUIRE_FALSE(w.outcomes[1]->error);
  REQUIRE(w.outcomes[1]->answer == w.outcomes[2]->answer);
  REQUIRE(w.told.size() == 1);
  REQUIRE(w.told[0]->events.size() == 1);
}

TEST_CASE("a store that fails twice and then works costs nobody anything") {
  World w;
  w.store.failures = 2, w.store.why = Code::locked;
  w.say("m", 9000), w.say(" ", 9001);
  w.loop.run();
  REQUIRE_FALSE(w.outcomes[0]->error);
  REQUIRE(w.outcomes[1]->error->code == Code::invalid_argument);
  REQUIRE(w.store.commits == 3);
  REQUIRE(w.lane.counters().refused == 1);  // not with each try
  REQUIRE(w.lane.counters().retries == 2);
}

TEST_CASE("one poisoned command among 64 neighbours fails alone") {
  World w;
  for (std::uint64_t i = 0; i < 65; ++i) w.say(i == 32 ? "poison" : "m", 9000 + i);
  w.loop.run();
  for (std::size_t i = 0; i < 65; ++i) REQUIRE(w.outcomes[i]->error.has_value() == (i == 32));
  std::int64_t seq = 0;
  for (const auto& c : w.told)
    for (const LogEvent& e : c->events) REQUIRE(e.seq == ++seq);
  REQUIRE(seq == 64);
}

TEST_CASE("a row that cannot be read is not absent: the batch is run again, and in the end refused retryably") {
  World w;
  w.store.unreadable = 1;
  w.say("m", 9000);
  w.loop.run();
  REQUIRE_FALSE(w.outcomes[0]->error);
  w.store.unreadable = 1000;
  w.say("m", 9001);
  w.loop.run();
  REQUIRE(w.outcomes[1]->error->code == Code::unavailable);
  REQUIRE(w.outcomes[1]->error->retryable());
  REQUIRE(w.store.commits == 1);
}

TEST_CASE("some time after a deletion the store clears up, in pieces") {
  World w;
  REQUIRE(w.loop.timers() == 1);
  w.loop.fire();  // what the last process left: nothing
  REQUIRE(w.loop.timers() == 0);
  w.say("m", 9000), w.say("n", 9001);
  w.loop.run();
  REQUIRE(w.loop.timers() == 0);
  w.store.tidied = 0, w.store.pieces = 3;
  for (std::uint64_t id : {9000, 9001}) w.submit(w.town.submit(w.town.user(0), DeleteMessage{w.chat, made_id<MessageId>(id)}));
  w.loop.run();
  for (int i = 1; i <= 3; ++i) {
    REQUIRE(w.loop.timers() == 1);
    w.loop.fire();
    REQUIRE(w.store.tidied == i);
  }
  REQUIRE(w.loop.timers() == 0);
}
