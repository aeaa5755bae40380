// A backup has everything and nothing that was deleted; a restore is all or nothing, wherever it is interrupted.
#include "server/fechatterd/operations/backup.hpp"
#include <sys/stat.h>
#include "sdk/runtime/system.hpp"
#include "sdk/store/migrate.hpp"
#include "server/fechatterd/operations/migration.hpp"
#include "server/fechatterd/operations/partial_file.hpp"
#include "server/fechatterd/operations/restore.hpp"
#include "tests/unit/operations/data.hpp"

using namespace fechatter;
using namespace fechatter::operations_test;

namespace {
class FixedClock : public Clock {
 public:
  Time now() override { return {1'700'000'000'000}; }
  std::int64_t steady_ms() override { return 0; }
};
// The system's files until the power goes: then nothing works any more.
class FailingFiles : public SystemFiles {
 public:
  explicit FailingFiles(int operations) : left_(operations) {}
  Result<Done> rename(const std::string& a, const std::string& b) override { return spend() ? SystemFiles::rename(a, b) : off(); }
  Result<Done> remove(const std::string& path) override { return spend() ? SystemFiles::remove(path) : off(); }
  Result<Done> write_atomic(const std::string& path, std::string_view bytes) override { return spend() ? SystemFiles::write_atomic(path, bytes) : off(); }
  bool failed() const { return left_ < 0; }

 private:
  bool spend() { return left_ >= 0 && --left_ >= 0; }
  static Error off() { return {Code::internal, "the power is off", {}}; }
  int left_;
};
struct World {
  Folder folder;
  SystemFiles files;
  FixedClock clock;
  SystemRandom random;
  IdSource ids{clock, random};
  std::string file = folder.file("backup");

  Result<BackupMade> back_up(bool replace = false) { return fechatter::back_up(files, clock, folder.data(), file, replace); }
  Result<Restored> restore(bool replace = false) { return fechatter::restore(files, ids, file, folder.data(), replace); }
};
std::int64_t head_of(const Folder& folder) { return open_store(folder)->head(); }
std::string key_of(const Folder& folder) {
  std::string text;
  std::ifstream(folder.data().keys() + "/0001.pem") >> text;
  return text;
}
std::string message(const Result<BackupMade>& r) { return r ? "done" : r.error().message; }
std::string message(const Result<Restored>& r) { return r ? "done" : r.error().message; }
}  // namespace

TEST_CASE("a backup is one file for its owner only, with all of the log and the keys") {
  World w;
  live(w.folder, 1, 400, 20);
  write_keys(w.folder, "key");
  auto running = open_store(w.folder);
  const auto made = w.back_up();
  REQUIRE(message(made) == "done");
  CHECK(made->position == running->head());
  CHECK(made->keys == 1);
  struct stat s{};
  REQUIRE(::stat(w.file.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  std::size_t beside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(w.folder.path)) beside += entry.path().filename() != "data";
  CHECK(beside == 1);
}

TEST_CASE("nothing is overwritten unasked, and a directory gets a file named after the time") {
  World w;
  live(w.folder, 1, 100, 20);
  write_keys(w.folder, "key");
  REQUIRE(message(w.back_up()) == "done");
  CHECK(message(w.back_up()) == w.file + " exists; --force replaces it");
  CHECK(message(w.back_up(true)) == "done");
  const auto named = back_up(w.files, w.clock, w.folder.data(), w.folder.path.string(), false);
  REQUIRE(message(named) == "done");
  CHECK(named->file == w.folder.file("fechatter-20231114T221320Z.backup"));
}

TEST_CASE("in a directory, what killed runs have left goes with the next, but for what is still being written") {
  World w;
  live(w.folder, 1, 100, 20);
  write_keys(w.folder, "key");
  const auto into = w.folder.path / "into";
  std::filesystem::create_directories(into);
  for (const char* name : {"fechatter-20200101T000000Z.backup.part", "fechatter-20200101T000000Z.backup.part.lock", "fechatter-20200101T000000Z.backup",
                           "other.part", "other.part.lock"})
    std::ofstream(into / name) << name;
  auto written = PartialFile::open(w.folder.data(), into / "fechatter-20210101T000000Z.backup", false);
  REQUIRE(written);
  REQUIRE(message(back_up(w.files, w.clock, w.folder.data(), into, false)) == "done");
  const std::vector<std::string> left{"fechatter-20200101T000000Z.backup",
                                      "fechatter-20210101T000000Z.backup.part",
                                      "fechatter-20210101T000000Z.backup.part.lock",
                                      "fechatter-20231114T221320Z.backup",
                                      "other.part",
                                      "other.part.lock"};
  CHECK(*w.files.list(into) == left);
  CHECK(std::filesystem::file_size(into / "fechatter-20200101T000000Z.backup") == 33);
}

TEST_CASE("no text of a deleted message is in a backup, not even in the index' old segments") {
  World w;
  write_keys(w.folder, "key");
  auto store = open_store(w.folder);
  Town town(1);
  auto list = town.founding();
  const auto chat = made_id<ChatId>(77);
  list.push_back(town.submit(town.user(0), CreateChat{chat, town.workspace(), ChatKind::group, "g", {}, {}, {}}));
  list.push_back(town.submit(town.user(0), PostMessage{chat, made_id<MessageId>(78), "xyzzyplugh secret", {}, {}, {}, false}));
  for (std::uint64_t i = 0; i < 60; ++i) list.push_back(town.submit(town.user(0), PostMessage{chat, made_id<MessageId>(100 + i), "words", {}, {}, {}, false}));
  run(*store, list, 1);
  REQUIRE(message(w.back_up()) == "done");
  REQUIRE(holds(w.file, "zzyplugh"));
  run(*store, {town.submit(town.user(0), DeleteMessage{chat, made_id<MessageId>(78)})}, 1);
  REQUIRE(holds(w.folder.data().database() + "-wal", "zzyplugh"));
  REQUIRE(message(w.back_up(true)) == "done");
  CHECK_FALSE(holds(w.file, "zzyplugh"));
}

TEST_CASE("what is not sound is neither backed up nor restored, and what was there stays") {
  World w;
  live(w.folder, 1, 200, 20);
  write_keys(w.folder, "key");
  REQUIRE(message(w.back_up()) == "done");
  const auto forge = [](const std::string& file, bool alone) {
    Database::Options o{file};
    o.alone = alone;
    auto db = Database::open(o);
    REQUIRE((*db)->run("update messages set body='forged' where not deleted"));
  };
  SECTION("in the directory") {
    forge(w.folder.data().database(), false);
    CHECK(message(w.back_up(true)).find("what was copied is not sound: messages (id ") == 0);
    CHECK_FALSE(std::filesystem::exists(w.file + ".part"));
    CHECK(message(w.restore(true)) == "done");  // the one from before
  }
  SECTION("in the backup") {
    forge(w.file, true);
    const auto head = head_of(w.folder);
    CHECK(message(w.restore(true)).find("the backup is not sound: messages (id ") == 0);
    CHECK_FALSE(std::filesystem::exists(w.folder.data().unfinished()));
    CHECK(head_of(w.folder) == head);
  }
}

TEST_CASE("a restore needs an empty directory or a word, nobody else in it, and a backup") {
  World w;
  live(w.folder, 1, 200, 20);
  write_keys(w.folder, "key");
  REQUIRE(message(w.back_up()) == "done");
  CHECK(message(w.restore()).find("--force replaces it") != std::string::npos);
  {
    auto held = lock(w.files, w.folder.data());
    REQUIRE(held);
    CHECK(message(w.restore(true)).find("in use") != std::string::npos);
  }
  const auto other = restore(w.files, w.ids, w.folder.data().database(), w.folder.data(), true);
  CHECK(message(other).find("is no backup that fechatterd has made") != std::string::npos);
  REQUIRE(message(w.restore(true)) == "done");
}

TEST_CASE("a restored directory has the backup's rows and keys, and a history of another name") {
  World w;
  live(w.folder, 1, 200, 20);
  write_keys(w.folder, "key");
  const auto epoch = open_store(w.folder)->epoch();
  const auto made = w.back_up();
  REQUIRE(message(made) == "done");
  std::filesystem::remove_all(w.folder.data().path);
  const auto restored = w.restore();
  REQUIRE(message(restored) == "done");
  CHECK(restored->epoch != epoch);
  auto store = open_store(w.folder);
  CHECK(store->epoch() == restored->epoch);
  CHECK(store->head() == made->position);
  CHECK(key_of(w.folder) == "key");
  auto db = Database::open({w.folder.data().database(), {}, Database::Sync::full, true});
  auto left = (*db)->statement("select count(*) from sqlite_schema where name like 'backup%'");
  REQUIRE(*left->step());
  CHECK(left->integer(0) == 0);
}

TEST_CASE("wherever a restore is interrupted, the directory is the old one, or nothing serves from it until it is run again, or the new one") {
  World w;
  live(w.folder, 1, 200, 20);
  write_keys(w.folder, "older");
  const auto made = w.back_up();
  REQUIRE(message(made) == "done");
  Folder lived;
  live(lived, 2, 300, 20);
  write_keys(lived, "newer");
  const auto later = head_of(lived);
  REQUIRE(later != made->position);
  int old_ones = 0, unfinished = 0;
  for (int n = 0;; ++n) {
    REQUIRE(n < 50);
    Folder folder;
    std::filesystem::copy(lived.data().path, folder.data().path, std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    auto unwritten = open_store(folder);  // a process that ended without tidying up: its WAL is there
    FailingFiles files(n);
    const auto restored = restore(files, w.ids, w.file, folder.data(), true);
    unwritten.reset();
    INFO("after " << n << " operations: " << message(restored));
    SystemFiles system;
    if (!check_whole(system, folder.data())) {
      ++unfinished;
      REQUIRE(message(restore(system, w.ids, w.file, folder.data(), false)) == "done");  // without a word: there is nothing to lose
      CHECK(key_of(folder) == "older");
      CHECK(head_of(folder) == made->position);
    } else if (restored) {
      CHECK(key_of(folder) == "older");
      CHECK(head_of(folder) == made->position);
      break;
    } else {
      ++old_ones;
      CHECK(key_of(folder) == "newer");
      CHECK(head_of(folder) == later);
    }
  }
  CHECK(old_ones > 0);
  CHECK(unfinished > 4);
}

TEST_CASE("migrating says from where to where, and changes nothing when it is only asked") {
  World w;
  live(w.folder, 1, 100, 20);
  write_keys(w.folder, "key");
  {
    auto db = Database::open({w.folder.data().database()});
    REQUIRE(
        (*db)->run("drop table untidy; drop index members_active; drop index invites_workspace; drop index chats_public; drop index sessions_live;"
                   "drop index sessions_expiry; drop trigger sessions_over; drop index log_texts; pragma user_version=2"));
  }
  REQUIRE(message(w.back_up()) == "done");  // before anything is changed
  for (const bool dry : {true, true, false}) {
    const auto done = migrate_database(w.files, w.folder.data(), dry);
    REQUIRE(done);
    CHECK(done->from == 2);
    CHECK(done->to == newest_version("server"));
  }
  CHECK(migrate_database(w.files, w.folder.data(), false)->from == newest_version("server"));
  REQUIRE(message(w.restore(true)) == "done");
  CHECK(migrate_database(w.files, w.folder.data(), true)->from == 2);
  {
    auto db = Database::open({w.folder.data().database()});
    REQUIRE((*db)->run("pragma user_version=99"));
  }
  CHECK(migrate_database(w.files, w.folder.data(), false).error().message.find("newer") != std::string::npos);
}

TEST_CASE("a path is a path, whatever it means to SQLite") {
  const std::string name = GENERATE("file:backup", "file:backup?mode=memory", ":memory:", ":backup");
  World w;
  live(w.folder, 1, 40, 2);
  write_keys(w.folder, "key");
  struct Inside {
    explicit Inside(const std::string& folder) { std::filesystem::current_path(folder); }
    ~Inside() { std::filesystem::current_path(before); }
    std::filesystem::path before = std::filesystem::current_path();
  } inside(w.folder.path);
  w.file = name;
  REQUIRE(message(w.back_up()) == "done");
  CHECK(std::filesystem::file_size(name) > 4096);
  CHECK_FALSE(std::filesystem::exists(name + ".part"));
  CHECK(message(w.restore(true)) == "done");
}
