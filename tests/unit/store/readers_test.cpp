// Readers beside the writer: a forgotten one stalls nobody, and each one sees all that was committed before it began.
#include <catch2/catch.hpp>
#include "sdk/service/reads/reads.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/support/crash_disk.hpp"
#include "tests/support/town.hpp"

using namespace fechatter;

namespace {
struct Busy {
  sim::CrashDisk disk{1};
  std::unique_ptr<ServerStore> store;
  Town town{1};
  ChatId chat = made_id<ChatId>(77);
  std::uint64_t next = 1000;

  explicit Busy(std::int64_t wal_limit) {
    disk.register_as("readers");
    open(wal_limit, 1);
    for (const Submission& s : town.founding()) commit(s);
    commit(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {}}));
  }
  void open(std::int64_t wal_limit, std::uint64_t epoch) {
    store.reset();
    auto opened = ServerStore::open({"/server.db", "readers", made_id<AnyId>(epoch), {}, wal_limit});
    REQUIRE(opened);
    store = std::move(*opened);
  }
  void commit(const Submission& s) {
    Fold fold(*store);
    fold.load(std::span(&s, 1));
    REQUIRE_FALSE(fold.execute(s).error);
    REQUIRE(store->commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  }
  void say() { commit(town.submit(town.user(0), PostMessage{chat, made_id<MessageId>(next++), std::string(3000, 'x'), {}, {}, {}, false})); }
  /// What the tail would be given.
  std::int64_t seen(Snapshot& db) {
    const auto log = log_after(db, store->head() - 1, 10);
    REQUIRE(log);
    return log->empty() ? 0 : log->back().pos;
  }
};
}  // namespace

TEST_CASE("a reader that is forgotten stalls neither the writer nor those who follow it") {
  Busy b(128 << 10);
  auto forgotten = b.store->snapshot();
  REQUIRE(forgotten->load(type_of<ChatRow>, make_key(b.chat)));
  for (int i = 0; i < 200; ++i) {
    b.say();
    auto db = b.store->snapshot();
    REQUIRE(b.seen(*db) == b.store->head());
  }
  CHECK(b.disk.size("/server.db-wal") > (512 << 10));  // it could not be moved
  CHECK(b.disk.slept_ms() < 1000);                     // and nobody waited long for that
  forgotten.reset();
  const auto before = b.disk.size("/server.db-wal");
  for (int i = 0; i < 600; ++i) b.say();
  CHECK(b.disk.size("/server.db-wal") < 3 * before);   // it is used anew
}

TEST_CASE("a snapshot sees what was committed before it, and nothing later, also on a connection that was used before") {
  Busy b(64 << 20);
  for (int i = 0; i < 20; ++i) {
    b.say();
    auto db = b.store->snapshot();
    const std::int64_t head = b.store->head();
    REQUIRE(b.seen(*db) == head);
    b.say();
    const auto later = log_after(*db, head, 10);
    REQUIRE(later);
    REQUIRE(later->empty());
  }
}

TEST_CASE("the epoch is the file's, whichever process opens it") {
  Busy b(64 << 20);
  REQUIRE(b.store->epoch() == made_id<AnyId>(1));
  b.open(64 << 20, 2);
  CHECK(b.store->epoch() == made_id<AnyId>(1));
}
