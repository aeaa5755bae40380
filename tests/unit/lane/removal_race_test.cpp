// Somebody is removed while they post, ten thousand times: what stands behind the removal is refused, in whichever batch it was.
#include <catch2/catch.hpp>
#include <random>
#include "sdk/service/writes/lane.hpp"
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"
#include "tests/unit/lane/manual_loop.hpp"

using namespace fechatter;

namespace {
// Keeps no log: only what it says of the two.
class Watching : public MemoryRows {
 public:
  UserId guest;
  bool inside = true;
  int leaked = 0, posts = 0;
  Result<Committed> commit(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) override {
    for (const Event& e : events) {
      if (const auto* joined = e.body.as<MemberJoined>(); joined && joined->user_id == guest) inside = true;
      if (const auto* left = e.body.as<MemberLeft>(); left && left->user_id == guest) inside = false;
      if (!e.body.as<MessagePosted>() || e.actor != guest) continue;
      ++posts, leaked += !inside;
    }
    auto done = MemoryRows::commit(events, rows, redactions);
    log.clear(), unredacted.clear();
    return done;
  }
};
}  // namespace

TEST_CASE("a removal that races with a post, ten thousand times") {
  constexpr int kRaces = 10'000;
  lane_test::ManualLoop loop;
  Watching store;
  NullLog log;
  Town town(1);
  Lane lane(loop, store, log, {});
  const ChatId chat = made_id<ChatId>(70);
  store.guest = town.user(1);
  const auto submit = [&](const Submission& s, std::optional<Outcome>* out = nullptr) {
    lane.submit(s, [out](Outcome o) {
      if (out) *out = std::move(o);
    });
  };
  for (const Submission& s : town.founding()) submit(s);
  submit(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {town.user(1)}}));
  loop.run();
  std::mt19937 rng(1);
  int wrong = 0, before = 0;
  for (int i = 0; i < kRaces; ++i) {
    const auto post = town.submit(town.user(1), PostMessage{chat, made_id<MessageId>(static_cast<std::uint64_t>(10'000 + i)), "m", {}, {}, {}, false});
    const auto removal = town.submit(town.user(0), RemoveMember{chat, town.user(1)});
    std::optional<Outcome> posted, removed;
    const bool first = rng() % 2 == 0, one_batch = rng() % 2 == 0;
    if (first) submit(post, &posted);
    else submit(removal, &removed);
    if (!one_batch) loop.run();
    if (first) submit(removal, &removed);
    else submit(post, &posted);
    loop.run();
    wrong += removed->error.has_value() || posted->error.has_value() == first;
    before += first;
    submit(town.submit(town.user(0), AddMember{chat, town.user(1), {}}));  // back, in a batch with what the next race begins with
    if (rng() % 2 == 0) loop.run();
  }
  loop.run();
  CHECK(wrong == 0);
  CHECK(store.leaked == 0);
  CHECK(store.posts == before);
}
