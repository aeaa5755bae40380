#include "tests/support/crash_disk.hpp"
#include <sqlite3.h>
#include <catch2/catch.hpp>

namespace fechatter::sim {
namespace {

// A connection; -1 where the answer is an error.
class Connection {
 public:
  explicit Connection(const CrashDisk& disk, const char* path = "core.db") {
    code = sqlite3_open_v2(path, &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk.vfs().c_str());
  }
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void close() { sqlite3_close(std::exchange(db_, nullptr)); }
  bool run(const std::string& sql) { return (code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)) == SQLITE_OK; }
  std::string ask(const char* sql) {
    std::string answer = "error";
    const auto take = [](void* out, int, char** columns, char**) { return *static_cast<std::string*>(out) = columns[0] ? columns[0] : "", 0; };
    code = sqlite3_exec(db_, sql, take, &answer, nullptr);
    return code == SQLITE_OK ? answer : "error";
  }
  bool prepare(const std::string& sync) {
    return run("pragma journal_mode=wal;pragma synchronous=" + sync +
               ";pragma wal_autocheckpoint=20;"
               "create table if not exists t(id integer primary key, body text)");
  }
  bool insert(int id) {
    return run("insert into t values(" + std::to_string(id) + ",'" + std::string(300 + static_cast<std::size_t>(id) * 7 % 200, 'x') + "')");
  }
  int code = SQLITE_OK;

 private:
  sqlite3* db_ = nullptr;
};

struct Outcome {
  int acknowledged = 0, found = -1;
  bool sound = false;
  std::int64_t operations = 0;
};

// Sixty commits with readers beside the writer; power fails at operation `fail_at`, and comes back.
Outcome live_through(std::uint64_t seed, std::int64_t fail_at, const std::string& sync, bool killed = false) {
  CrashDisk disk(seed);
  disk.register_as("crash");
  disk.fail_after(fail_at);
  Outcome o;
  Connection writer(disk), reader(disk);
  if (writer.prepare(sync))
    for (int i = 1; i <= 60 && writer.insert(i); ++i) {
      o.acknowledged = i;
      if (i % 7 == 0 && disk.powered() && killed) disk.kill();
      else if (i % 7 == 0) reader.ask("select count(*) from t");
    }
  o.operations = disk.operations();
  if (!killed) disk.power_cycle();
  Connection after(disk);
  if (!after.prepare(sync)) return o;
  const std::string count = after.ask("select count(*) from t");
  if (count == "error") return o;
  o.found = std::stoi(count);
  o.sound = after.ask("pragma integrity_check") == "ok" && after.ask("select coalesce(max(id),0) from t") == std::to_string(o.found);
  return o;
}

TEST_CASE("FULL keeps every acknowledged commit over power failures at every operation") {
  const std::int64_t total = live_through(1, -1, "full").operations;
  REQUIRE(total > 300);
  int failures = 0;
  for (std::int64_t at = 0; at <= total; ++at) {
    const Outcome o = live_through(static_cast<std::uint64_t>(at) + 1, at, "full");
    INFO("power failed at operation " << at);
    REQUIRE(o.sound);
    REQUIRE(o.found >= o.acknowledged);
    ++failures;
  }
  CHECK(failures > 300);
}

TEST_CASE("NORMAL loses acknowledged commits and stays sound; OFF can break: the disk tells them apart") {
  const std::int64_t total = live_through(1, -1, "normal").operations;
  int lost = 0, broken = 0;
  for (std::int64_t at = 0; at <= total; at += 3) {
    const Outcome normal = live_through(static_cast<std::uint64_t>(at) + 1, at, "normal");
    REQUIRE(normal.sound);
    lost += normal.found < normal.acknowledged;
    broken += !live_through(static_cast<std::uint64_t>(at) + 1, at, "off").sound;
  }
  CHECK(lost > 0);
  CHECK(broken > 0);
}

TEST_CASE("a kill loses nothing that was written, also with NORMAL") {
  const Outcome o = live_through(1, -1, "normal", true);
  CHECK(o.acknowledged == 7);
  CHECK(o.found == 7);
  CHECK(o.sound);
}

TEST_CASE("the same seed leaves the same disk") {
  for (const std::int64_t at : {40, 111, 200}) {
    const Outcome a = live_through(5, at, "normal"), b = live_through(5, at, "normal");
    CHECK(a.found == b.found);
    CHECK(a.acknowledged == b.acknowledged);
    CHECK(a.operations == b.operations);
  }
}

TEST_CASE("connections of before keep failing, close safely and leave the new contents alone") {
  for (const bool kill : {false, true}) {
    CrashDisk disk(2);
    disk.register_as("crash");
    Connection old_writer(disk), old_reader(disk);
    REQUIRE(old_writer.prepare("full"));
    REQUIRE(old_writer.insert(1));
    REQUIRE(old_reader.run("begin;select count(*) from t"));  // holds a lock of the shared memory
    REQUIRE(old_writer.run("begin immediate"));
    if (kill) disk.kill();
    else disk.power_cycle();
    Connection fresh(disk);
    REQUIRE(fresh.prepare("full"));
    REQUIRE(fresh.insert(2));  // nobody's lock is in the way
    (void)old_writer.insert(3);  // in its memory
    CHECK_FALSE(old_writer.run("commit"));
    CHECK_FALSE(old_writer.run("begin immediate"));
    CHECK_FALSE(old_reader.insert(4));
    REQUIRE(fresh.insert(5));
    old_writer.close();
    CHECK(fresh.ask("select count(*) from t") == "3");
    old_reader.close();
    REQUIRE(fresh.insert(6));
    CHECK(fresh.ask("pragma integrity_check") == "ok");
    CHECK(fresh.ask("select group_concat(id) from t") == "1,2,5,6");
  }
}

TEST_CASE("a full disk refuses, and works again once there is room") {
  CrashDisk disk(3);
  disk.register_as("crash");
  Connection c(disk);
  REQUIRE(c.prepare("full"));
  disk.set_full(20'000);
  int id = 0;
  while (c.insert(id + 1)) ++id;
  CHECK(c.code == SQLITE_FULL);
  CHECK(id > 0);
  CHECK(c.ask("select count(*) from t") == std::to_string(id));
  disk.set_full(std::nullopt);
  CHECK(c.insert(id + 1));
  CHECK(c.ask("pragma integrity_check") == "ok");
}

TEST_CASE("connections see each other's commits, and one writes at a time") {
  CrashDisk disk(4);
  disk.register_as("crash");
  Connection a(disk), b(disk);
  REQUIRE(a.prepare("full"));
  REQUIRE(a.insert(1));
  CHECK(b.ask("select count(*) from t") == "1");
  REQUIRE(a.run("begin immediate;delete from t"));
  CHECK(b.ask("select count(*) from t") == "1");
  CHECK_FALSE(b.insert(2));
  CHECK(b.code == SQLITE_BUSY);
  REQUIRE(a.run("commit"));
  CHECK(b.insert(2));
}

TEST_CASE("damage on the medium is found") {
  CrashDisk disk(5);
  disk.register_as("crash");
  {
    Connection c(disk);
    REQUIRE(c.prepare("full"));
    REQUIRE(c.insert(1));
  }  // the last one checkpoints and removes the WAL
  CHECK(disk.paths() == std::vector<std::string>{"core.db"});
  REQUIRE(disk.flip("core.db", 3));
  Connection c(disk);
  CHECK(c.ask("select count(*) from t") == "error");
  CHECK(c.code == SQLITE_NOTADB);
}

TEST_CASE("two disks are two machines") {
  CrashDisk one(1), two(2);
  one.register_as("one"), two.register_as("two");
  Connection c(one);
  REQUIRE(c.prepare("full"));
  CHECK(one.size("core.db") > 0);
  CHECK(two.size("core.db") == -1);
  two.power_cycle();
  CHECK(c.insert(1));
}

}  // namespace
}  // namespace fechatter::sim
