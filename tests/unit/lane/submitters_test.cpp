// Six submitters on one lane over the real store, with random holds and rollbacks: no position, rev or seq is skipped or used twice.
#include <catch2/catch.hpp>
#include <map>
#include "sdk/service/reads/reads.hpp"
#include "sdk/service/writes/lane.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/support/crash_disk.hpp"
#include "tests/support/town.hpp"
#include "tests/support/virtual_world.hpp"

using namespace fechatter;

namespace {
constexpr std::size_t kSubmitters = 6, kEach = 60;

class Crowd {
 public:
  explicit Crowd(std::uint64_t seed) : world(seed), disk(seed) {
    disk.register_as("submitters");
    auto opened = ServerStore::open({"/server.db", "submitters", made_id<AnyId>(1), {}});
    REQUIRE(opened);
    store = std::move(*opened);
    lane = std::make_unique<Lane>(*lane_loop, *store, log, [this](auto c) { told.push_back(c); }, Lane::Limits{7, 1 << 20, 5000});
    for (const Submission& s : town.founding()) once(s);
    std::vector<UserId> people;
    for (std::size_t i = 0; i < kSubmitters; ++i) people.push_back(town.user(i));
    for (const ChatId& chat : chats) once(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, people}));
    for (std::size_t i = 0; i < kSubmitters; ++i) loops.push_back(world.loop("submitter " + std::to_string(i)));
  }
  void run() {
    for (std::size_t i = 0; i < kSubmitters; ++i) loops[i]->post([this, i] { next(i, 0); });
    REQUIRE(world.run_to([&] { return answers.size() == kSubmitters * kEach; }, 600'000));
    lane_loop->stop();
  }

  sim::World world;
  sim::CrashDisk disk;
  NullLog log;
  std::unique_ptr<ServerStore> store;
  std::unique_ptr<sim::VirtualLoop> lane_loop = world.loop("lane");
  std::vector<std::unique_ptr<sim::VirtualLoop>> loops;
  std::unique_ptr<Lane> lane;
  Town town{1};
  std::vector<ChatId> chats{made_id<ChatId>(70), made_id<ChatId>(71)};
  std::vector<std::shared_ptr<const Committed>> told;
  std::map<MessageId, std::int64_t> answers;  // the seq that its author was told
  int rolled_back = 0;

 private:
  void once(const Submission& s) {
    std::optional<Outcome> out;
    lane->submit(s, [&](Outcome o) { out = std::move(o); });
    REQUIRE(world.run_to([&] { return out.has_value(); }, 1000));
    REQUIRE_FALSE(out->error);
  }
  std::uint64_t lot(std::uint64_t n) { return world.random().below(n); }
  void next(std::size_t who, std::size_t n) {
    if (n == kEach) return;
    const auto id = made_id<MessageId>(10'000 + who * kEach + n);
    send(who, n, town.submit(town.user(who), PostMessage{chats[lot(chats.size())], id, "m", {}, {}, {}, false}));
  }
  void send(std::size_t who, std::size_t n, const Submission& s) {
    trouble();
    lane->submit(s, [this, who, n, s](Outcome o) { loops[who]->post([this, who, n, s, o = std::move(o)] { answered(who, n, s, o); }); });
    if (lot(3) == 0) loops[who]->post([this, s] { lane->submit(s, [](const Outcome&) {}); });  // what is in between sends it twice
  }
  void answered(std::size_t who, std::size_t n, const Submission& s, const Outcome& o) {
    if (o.error) {
      REQUIRE(o.error->retryable());
      ++rolled_back;
      waits.push_back(loops[who]->after(static_cast<std::int64_t>(lot(20)), [this, who, n, s] { send(who, n, s); }));
      return;
    }
    MessageView v;
    REQUIRE_FALSE(read_json(o.answer, v, Reading::tolerant));
    answers[v.id] = v.seq;
    next(who, n + 1);
  }
  // Holds of the lane and of submitters; a disk that is full in the middle of a transaction, and then is not.
  void trouble() {
    if (lot(4) == 0) lane_loop->stall(static_cast<std::int64_t>(lot(30)));
    if (lot(4) == 0) loops[lot(kSubmitters)]->stall(static_cast<std::int64_t>(lot(30)));
    if (lot(5) == 0) disk.set_full(static_cast<std::int64_t>(lot(20'000)));
    else if (lot(3) == 0) disk.set_full(std::nullopt);
  }
  std::vector<Timer> waits;
};

void check_log(Crowd& c) {
  auto db = c.store->snapshot();
  const auto log = log_after(*db, 0, 100'000);
  REQUIRE(log);
  std::int64_t position = 0;
  std::map<StreamId, std::int64_t> revs;
  std::map<StreamId, std::int64_t> seqs;
  std::map<MessageId, std::int64_t> posted;
  for (const LogEvent& e : *log) {
    REQUIRE(e.pos == ++position);
    if (e.rev > 0) REQUIRE(e.rev == ++revs[e.stream]);
    if (e.seq == 0) continue;
    REQUIRE(e.seq == ++seqs[e.stream]);
    REQUIRE(posted.emplace(id_cast<MessageId>(e.subject), e.seq).second);  // once
  }
  REQUIRE(position == c.store->head());
  REQUIRE(posted == c.answers);  // what was acknowledged, and nothing else
}
}  // namespace

TEST_CASE("six submitters, random holds and rollbacks: no position is skipped or there twice") {
  int rolled_back = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Crowd c(seed);
    c.run();
    INFO("seed " << seed);
    check_log(c);
    std::int64_t tail = 0;
    for (const auto& batch : c.told) {
      REQUIRE(batch->from == tail);  // one after the other
      REQUIRE(batch->to == tail + static_cast<std::int64_t>(batch->events.size()));
      tail = batch->to;
    }
    rolled_back += c.rolled_back;
  }
  CHECK(rolled_back > 50);
}
