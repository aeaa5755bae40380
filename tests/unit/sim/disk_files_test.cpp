#include <sqlite3.h>
#include <catch2/catch.hpp>
#include "tests/support/crash_disk.hpp"

namespace fechatter::sim {
namespace {

TEST_CASE("files on the crash disk: the port's promises") {
  CrashDisk disk(1);
  const auto files = disk.files();
  REQUIRE(files->create_directories("home/app"));
  CHECK(files->exists("home/app"));
  CHECK(files->read("home/app/a").error().code == Code::not_found);
  REQUIRE(files->write_atomic("home/app/a", "one"));
  REQUIRE(files->write_atomic("home/app/a", "two"));
  CHECK(*files->read("home/app/a") == "two");
  CHECK(files->rename("home/app/none", "x").error().code == Code::not_found);
  REQUIRE(files->rename("home/app/a", "home/app/b"));
  CHECK_FALSE(files->exists("home/app/a"));
  CHECK(*files->list("home/app") == std::vector<std::string>{"b"});
  CHECK(*files->list("home") == std::vector<std::string>{"app"});
  REQUIRE(files->remove("home/app/b"));
  CHECK(files->remove("home/app/b"));
}

TEST_CASE("a lock is exclusive, and goes with its holder or its process") {
  CrashDisk disk(1);
  auto files = disk.files();
  auto held = files->lock("lock");
  REQUIRE(held);
  CHECK(files->lock("lock").error().code == Code::locked);
  held->reset();
  held = files->lock("lock");
  REQUIRE(held);
  disk.kill();
  CHECK(files->lock("lock").error().code == Code::internal);  // of the process that was killed
  const auto next = disk.files();
  auto again = next->lock("lock");
  REQUIRE(again);
  held->reset();  // a lock of before must not release the new one
  CHECK(next->lock("lock").error().code == Code::locked);
}

TEST_CASE("write_atomic leaves the old or the new contents at every power failure, and the new ones once it said so") {
  for (std::int64_t at = 0; at < 12; ++at)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CrashDisk disk(seed);
      REQUIRE(disk.files()->write_atomic("f", std::string(2000, 'a')));
      disk.fail_after(at);
      const bool said = bool(disk.files()->write_atomic("f", std::string(3000, 'b')));
      disk.power_cycle();
      const auto found = disk.files()->read("f");
      REQUIRE(found);
      CHECK((*found == std::string(3000, 'b') || (!said && *found == std::string(2000, 'a'))));
    }
}

TEST_CASE("names that were not flushed may be undone, the last first") {
  bool undone = false, kept = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CrashDisk disk(seed);
    REQUIRE(disk.files()->write_atomic("a", "x"));
    REQUIRE(disk.files()->rename("a", "b"));
    REQUIRE(disk.files()->rename("b", "c"));
    disk.power_cycle();
    const auto names = disk.paths();
    REQUIRE(names.size() == 1);
    undone |= names[0] == "a", kept |= names[0] == "c";
  }
  CHECK(undone);
  CHECK(kept);
}

TEST_CASE("a full disk says so, and keeps the old contents") {
  CrashDisk disk(1);
  const auto files = disk.files();
  REQUIRE(files->write_atomic("f", "old"));
  disk.set_full(10);
  CHECK(files->write_atomic("f", "far too long for what is left").error().code == Code::storage_full);
  CHECK(*files->read("f") == "old");
  CHECK(disk.paths() == std::vector<std::string>{"f"});
  disk.set_full(std::nullopt);
  CHECK(files->write_atomic("f", "far too long for what was left"));
}

TEST_CASE("what the port renames is gone for the database, and the other way round") {
  CrashDisk disk(1);
  disk.register_as("crash");
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2("cache.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "crash") == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, "create table t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  const auto files = disk.files();
  REQUIRE(files->exists("cache.db"));
  REQUIRE(files->rename("cache.db", "cache.db.bad-1"));
  CHECK(sqlite3_open_v2("cache.db", &db, SQLITE_OPEN_READONLY, "crash") == SQLITE_CANTOPEN);
  sqlite3_close(db);
  REQUIRE(sqlite3_open_v2("cache.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "crash") == SQLITE_OK);
  CHECK(sqlite3_exec(db, "select * from t", nullptr, nullptr, nullptr) == SQLITE_ERROR);
  sqlite3_close(db);
}

}  // namespace
}  // namespace fechatter::sim
