// The real store: the checked-in tables, the log's rules, every named query, and the same answers as the store in memory.
#include "sdk/store/server_store.hpp"
#include <sqlite3.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/store/embedded.hpp"
#include "sdk/store/migrate.hpp"
#include "sdk/store/row_tables.hpp"
#include "tests/support/crash_disk.hpp"
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"

using namespace fechatter;

namespace {
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("fechatter-store-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  static inline int next = 0;
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return (path / "server.db").string(); }
};
std::unique_ptr<ServerStore> open(const Folder& f) {
  auto store = ServerStore::open({f.file(), {}, made_id<AnyId>(1), {}});
  REQUIRE(store);
  return std::move(*store);
}
template <class Store> void run(Store& store, const std::vector<Submission>& commands, std::size_t batch) {
  for (std::size_t i = 0; i < commands.size(); i += batch) {
    const std::span part(commands.data() + i, std::min(batch, commands.size() - i));
    Fold fold(store);
    fold.load(part);
    for (const Submission& s : part) (void)fold.execute(s);
    REQUIRE(store.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  }
}
std::vector<Submission> commands(std::uint64_t seed, std::size_t n) {
  Town town(seed);
  auto list = town.founding();
  while (list.size() < n) list.push_back(town.next());
  return list;
}
}  // namespace

TEST_CASE("the checked-in tables are those of the descriptions") {
  REQUIRE(std::string(embedded_sql("server/0001_rows")) == row_tables_sql(Dialect::sqlite, true));
}

TEST_CASE("every named query compiles") {
  Folder folder;
  auto store = open(folder);
  auto db = Database::open({folder.file(), {}, Database::Sync::full, true});
  REQUIRE(db);
  for (const EmbeddedSql& file : embedded_files())
    if (file.name.substr(0, 8) == "queries/") {
      INFO(file.name);
      auto s = (*db)->statement(file.text);
      if (!s) FAIL(s.error().message);
    }
}

TEST_CASE("positions are dense, revs too, and survive reopening") {
  Folder folder;
  {
    auto store = open(folder);
    run(*store, commands(3, 300), 17);
  }
  auto store = open(folder);
  auto snapshot = store->snapshot();
  auto check = Database::open({folder.file(), {}, Database::Sync::full, true});
  REQUIRE(check);
  auto s = (*check)->statement("select count(*), min(position), max(position) from log");
  REQUIRE(*s->step());
  REQUIRE(s->integer(0) == s->integer(2));
  REQUIRE(s->integer(1) == 1);
  REQUIRE(store->head() == s->integer(2));
  s->reset();
  auto gaps = (*check)->statement("select count(*) from (select stream, count(*) n, max(rev) m from log where rev > 0 group by stream) where n <> m");
  REQUIRE(*gaps->step());
  REQUIRE(gaps->integer(0) == 0);
  gaps->reset();
  REQUIRE(open(folder)->epoch() == store->epoch());
}

TEST_CASE("SQLite and memory hold the same rows after the same commands, whatever the batches") {
  for (std::uint64_t seed = 5; seed <= 8; ++seed) {
    Folder a, b;
    auto one = open(a), many = open(b);
    MemoryRows memory;
    const auto list = commands(seed, 300);
    run(*one, list, 1), run(*many, list, 50), run(memory, list, 10);
    for (const auto& [type, key] : memory.keys()) {
      INFO(type->name);
      auto x = one->load(*type, key), y = many->load(*type, key), z = memory.load(*type, key);
      REQUIRE(x);
      REQUIRE(y);
      std::string tx, ty, tz;
      write_json(*type, x.get(), tx), write_json(*type, y.get(), ty), write_json(*type, z.get(), tz);
      REQUIRE(tx == ty);
      REQUIRE(tx == tz);
    }
  }
}

TEST_CASE("the texts of a batch are one segment of the index, not one each") {
  Folder folder;
  auto store = open(folder);
  Town town(1);
  const ChatId chat = made_id<ChatId>(77);
  auto list = town.founding();
  list.push_back(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {}}));
  for (std::uint64_t i = 0; i < 40; ++i)
    list.push_back(town.submit(town.user(0), PostMessage{chat, made_id<MessageId>(1000 + i), "word" + std::to_string(i), {}, {}, {}, false}));
  for (std::uint64_t i = 0; i < 40; i += 10)
    list.push_back(town.submit(town.user(0), EditMessage{chat, made_id<MessageId>(1000 + i), "other" + std::to_string(i), {}, false}));
  run(*store, list, list.size());
  auto db = Database::open({folder.file(), {}, Database::Sync::full, true});
  auto s = (*db)->statement(
      "select (select count(distinct segid) from messages_text_idx), (select count(*) from messages_text where text match 'word3 OR other20')");
  REQUIRE(*s->step());
  REQUIRE(s->integer(0) == 1);
  REQUIRE(s->integer(1) == 2);
}

TEST_CASE("a deleted message's text is nowhere in the file") {
  Folder folder;
  {
    auto store = open(folder);
    Town town(1);
    auto list = town.founding();
    const ChatId chat = made_id<ChatId>(77);
    const MessageId id = made_id<MessageId>(78);
    list.push_back(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {}}));
    list.push_back(town.submit(town.user(0), PostMessage{chat, id, "xyzzyplugh secret", {}, {}, {}, false}));
    list.push_back(town.submit(town.user(0), EditMessage{chat, id, "xyzzyplugh again", {}, false}));
    run(*store, list, 1);
    run(*store, {town.submit(town.user(0), DeleteMessage{chat, id})}, 1);
    auto db = Database::open({folder.file(), {}, Database::Sync::full, true});
    auto s = (*db)->statement(
        "select (select count(*) from log where payload like '%xyzzy%') + (select count(*) from messages where body <> '') + "
        "(select count(*) from messages_text where text match 'xyzzyplugh') + (select count(*) from commands where answer like '%xyzzy%')");
    REQUIRE(*s->step());
    REQUIRE(s->integer(0) == 0);
  }
}

TEST_CASE("a newer database and a damaged one are refused with a reason") {
  Folder folder;
  {
    auto store = open(folder);
  }
  {
    auto db = Database::open({folder.file()});
    REQUIRE((*db)->run("pragma user_version=99"));
  }
  auto newer = ServerStore::open({folder.file(), {}, made_id<AnyId>(1), {}});
  REQUIRE_FALSE(newer);
  REQUIRE(newer.error().message.find("newer") != std::string::npos);
}

namespace {
// A chat with two messages, of which one will be deleted, and many around them.
struct Gossip {
  Town town{1};
  ChatId chat = made_id<ChatId>(77);
  MessageId secret = made_id<MessageId>(78);
  std::vector<Submission> before() {
    auto list = town.founding();
    list.push_back(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {}}));
    list.push_back(say(secret, "xyzzyplugh secret"));
    for (std::uint64_t i = 0; i < 60; ++i) list.push_back(say(made_id<MessageId>(1000 + i), "ordinary words " + std::to_string(i)));
    return list;
  }
  Submission say(MessageId id, const std::string& body) { return town.submit(town.user(0), PostMessage{chat, id, body, {}, {}, {}, false}); }
  Submission erase() { return town.submit(town.user(0), DeleteMessage{chat, secret}); }
};
bool holds(const Folder& folder, const std::string& word) {
  bool found = false;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    found |= bytes.find(word) != std::string::npos;
  }
  return found;
}
int tidy_up(ServerStore& store) {
  int pieces = 0;
  while (store.tidy() > 0) REQUIRE(++pieces < 1000);
  return pieces;
}
std::int64_t count_of(const Folder& folder, const std::string& word) {
  auto db = Database::open({folder.file(), {}, Database::Sync::full, true});
  auto s = (*db)->statement("select count(*) from messages_text where text match ?1");
  REQUIRE(*s->bind(1, std::string_view(word)).step());
  return s->integer(0);
}
}  // namespace

TEST_CASE("a deletion empties what holds the text, and leaves reactions as they are, of its own batch or of earlier ones") {
  for (const std::size_t batch : {1, 100}) {
    Folder folder;
    Gossip gossip;
    auto store = open(folder);
    auto list = gossip.before();
    list.push_back(gossip.town.submit(gossip.town.user(0), AddReaction{gossip.chat, gossip.secret, "up"}));
    list.push_back(gossip.town.submit(gossip.town.user(0), RemoveReaction{gossip.chat, gossip.secret, "up"}));
    list.push_back(gossip.erase());
    run(*store, list, batch);
    auto db = Database::open({folder.file(), {}, Database::Sync::full, true});
    auto s = (*db)->statement("select group_concat(type || (payload <> ''), ' ') from (select * from log where subject = ?1 order by position)");
    REQUIRE(*s->bind(1, gossip.secret).step());
    CHECK(s->text(0) == "message_posted0 reaction_added1 reaction_removed1 message_deleted1");
  }
}

TEST_CASE("some time after a deletion no byte of the text is left in the database's files") {
  Folder folder;
  Gossip gossip;
  auto store = open(folder);
  run(*store, gossip.before(), 1);
  REQUIRE(holds(folder, "zzyplugh"));
  REQUIRE(store->tidy() == 0);
  SECTION("between other things") {
    run(*store, {gossip.erase()}, 1);
    REQUIRE(holds(folder, "zzyplugh"));  // in the index' segments and in the WAL
    REQUIRE(tidy_up(*store) > 0);
    REQUIRE_FALSE(holds(folder, "zzyplugh"));
    REQUIRE(store->tidy() == 0);
  }
  SECTION("also by the next process") {
    run(*store, {gossip.erase()}, 1);
    store.reset();
    store = open(folder);
    REQUIRE(tidy_up(*store) > 0);
    REQUIRE_FALSE(holds(folder, "zzyplugh"));
    store.reset();
    REQUIRE(open(folder)->tidy() == 0);
  }
  SECTION("a reader is waited for, but keeps nobody waiting") {
    auto reader = store->snapshot();
    REQUIRE(reader->load(type_of<ChatRow>, make_key(gossip.chat)));
    run(*store, {gossip.erase()}, 1);
    for (int i = 0; i < 10; ++i) REQUIRE(store->tidy() > 0);
    run(*store, {gossip.say(made_id<MessageId>(5000), "meanwhile")}, 1);
    reader.reset();
    tidy_up(*store);
    REQUIRE_FALSE(holds(folder, "zzyplugh"));
  }
  REQUIRE(count_of(folder, "ordinary") == 60);
}

namespace {
struct Failing {
  sim::CrashDisk disk{1};
  std::vector<std::string> fatal;
  std::unique_ptr<ServerStore> store;
  explicit Failing(std::int64_t wal_limit = 64 << 20) {
    disk.register_as("failing");
    auto opened = ServerStore::open({"/server.db", "failing", made_id<AnyId>(1), [this](std::string_view why) { fatal.emplace_back(why); }, wal_limit});
    REQUIRE(opened);
    store = std::move(*opened);
  }
  Result<Committed> commit() {
    Fold fold(*store);
    Town town(1);
    const auto founding = town.founding();
    fold.load(founding);
    for (const Submission& s : founding) (void)fold.execute(s);
    return store->commit(fold.events(), fold.rows().changes(), {});
  }
};
}  // namespace

TEST_CASE("a flush that fails ends the process, be it of a commit or of a checkpoint; a write that fails does not") {
  int of_commits = 0, of_checkpoints = 0, of_writes = 0, fine = 0;
  for (std::int64_t n = 0; fine == 0; ++n) {
    REQUIRE(n < 500);
    Failing f(0);  // every commit is followed by a checkpoint
    f.disk.fail_after(n);
    const auto done = f.commit();
    if (f.disk.powered()) {
      ++fine;
      CHECK(f.fatal.empty());
    } else if (f.fatal.empty()) ++of_writes;
    else if (done) ++of_checkpoints;
    else ++of_commits;
  }
  CHECK(of_commits > 0);
  CHECK(of_checkpoints > 0);
  CHECK(of_writes > 0);
}

TEST_CASE("the WAL goes into the database before it has its limit, so that no commit waits for much of it") {
  Folder folder;
  constexpr std::int64_t kLimit = 512 << 10;
  auto store = ServerStore::open({folder.file(), {}, made_id<AnyId>(1), {}, kLimit});
  REQUIRE(store);
  run(**store, commands(3, 3000), 5);
  CHECK(static_cast<std::int64_t>(std::filesystem::file_size(folder.file())) > kLimit / 2);
  CHECK(static_cast<std::int64_t>(std::filesystem::file_size(folder.file() + "-wal")) < kLimit);
}

TEST_CASE("of a batch that was opened and not committed nothing is left, and the next one is like any other") {
  Folder folder;
  auto store = open(folder);
  Town town(1);
  const auto founding = town.founding();
  for (const bool kept : {false, true}) {
    store->open_batch();
    Fold fold(*store);
    fold.load(founding);
    for (const Submission& s : founding) REQUIRE_FALSE(fold.execute(s).error);
    if (kept) REQUIRE(store->commit(fold.events(), fold.rows().changes(), {}));
    store->close_batch();
    REQUIRE_FALSE(store->take_failure());
    REQUIRE(static_cast<bool>(store->load(type_of<UserRow>, make_key(town.user(0)))) == kept);
  }
  auto other = Database::open({folder.file(), {}, Database::Sync::full});
  REQUIRE(other);
  REQUIRE(Transaction::begin(**other));  // no lock has stayed
}

TEST_CASE("a snapshot says when a row or a query could not be read") {
  Failing f;
  REQUIRE(f.commit());
  Town town(1);
  auto fine = f.store->snapshot();
  REQUIRE(fine->load(type_of<UserRow>, make_key(town.user(0))));
  REQUIRE_FALSE(fine->load(type_of<UserRow>, make_key(made_id<UserId>(999))));
  REQUIRE_FALSE(fine->take_failure());
  auto begun = f.store->snapshot();
  f.disk.fail_after(0);
  (void)f.disk.files()->write_atomic("/other", "");
  REQUIRE_FALSE(f.disk.powered());
  auto none = f.store->snapshot();
  for (Snapshot* s : {begun.get(), none.get()}) {
    REQUIRE_FALSE(s->load(type_of<UserRow>, make_key(town.user(0))));
    const auto failure = s->take_failure();
    REQUIRE(failure);
    CHECK(failure->retryable());
    REQUIRE_FALSE(s->query("log_head", type_of<UserRow>, {}));
    REQUIRE(s->take_failure());
  }
}

TEST_CASE("a reader that stays, as a backup does, keeps no writer waiting for long, however large the WAL grows") {
  static std::int64_t waited_us = 0;
  sqlite3_vfs counting = *sqlite3_vfs_find(nullptr);
  counting.zName = "counting", counting.xSleep = [](sqlite3_vfs*, int microseconds) { return waited_us += microseconds, microseconds; };
  REQUIRE(sqlite3_vfs_register(&counting, 0) == SQLITE_OK);
  {
    Folder folder;
    Gossip gossip;
    auto store = ServerStore::open({folder.file(), "counting", made_id<AnyId>(1), {}, 0});  // every commit wants the WAL to be moved
    REQUIRE(store);
    run(**store, gossip.before(), 10);
    auto reader = (*store)->snapshot();
    REQUIRE(reader->load(type_of<ChatRow>, make_key(gossip.chat)));
    for (std::uint64_t i = 0; i < 5; ++i) run(**store, {gossip.say(made_id<MessageId>(5000 + i), "meanwhile")}, 1);
    CHECK(waited_us <= 5 * 100'000);  // a tenth of a second for each, in which a short read would have ended
    REQUIRE((*store)->load(type_of<MessageRow>, make_key(made_id<MessageId>(5004))));
    REQUIRE_FALSE(reader->load(type_of<MessageRow>, make_key(made_id<MessageId>(5004))));
  }
  sqlite3_vfs_unregister(&counting);
}
