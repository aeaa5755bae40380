#include "tests/bench/crowd.hpp"
#include <sqlite3.h>
#include <cstring>
#include <fstream>
#include <iterator>
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/system.hpp"
#include "sdk/service/accounts/tokens.hpp"

namespace bench {
namespace {
using namespace fechatter;

void check(sqlite3* db, int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE) give_up(std::string("crowd: ") + sqlite3_errmsg(db));
}
void run(sqlite3* db, const std::string& sql) { check(db, sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr)); }

// One row per number; the columns after it are ids.
void put_ids(sqlite3* db, const char* insert, const std::vector<std::vector<AnyId>>& rows) {
  sqlite3_stmt* s = nullptr;
  check(db, sqlite3_prepare_v2(db, insert, -1, &s, nullptr));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sqlite3_bind_int64(s, 1, static_cast<sqlite3_int64>(i));
    for (std::size_t k = 0; k < rows[i].size(); ++k) sqlite3_bind_blob(s, static_cast<int>(k) + 2, rows[i][k].bytes.data(), 16, SQLITE_TRANSIENT);
    check(db, sqlite3_step(s));
    sqlite3_reset(s);
  }
  sqlite3_finalize(s);
}

void write(const std::string& path, const std::vector<std::vector<AnyId>>& people, const std::vector<std::vector<AnyId>>& rooms) {
  std::ifstream file(std::string(FECHATTER_SOURCE_DIR) + "/tests/bench/crowd.sql");
  const std::string sql{std::istreambuf_iterator<char>(file), {}};
  sqlite3* db = nullptr;
  check(db, sqlite3_open(path.c_str(), &db));
  run(db,
      "pragma synchronous=off;create temp table people(number integer primary key, id blob, session blob);"
      "create temp table rooms(number integer primary key, id blob);begin");
  put_ids(db, "insert into temp.people values(?,?,?)", people);
  put_ids(db, "insert into temp.rooms values(?,?)", rooms);
  run(db, sql + "commit;pragma wal_checkpoint(truncate)");
  sqlite3_close(db);
}

// Of the history that the tokens are for.
AnyId epoch_of(const std::string& path) {
  sqlite3* db = nullptr;
  sqlite3_stmt* s = nullptr;
  AnyId epoch;
  check(db, sqlite3_open(path.c_str(), &db));
  check(db, sqlite3_prepare_v2(db, "select epoch from log_epoch", -1, &s, nullptr));
  if (sqlite3_step(s) != SQLITE_ROW || sqlite3_column_bytes(s, 0) != 16) give_up("crowd: the history has no name");
  std::memcpy(epoch.bytes.data(), sqlite3_column_blob(s, 0), 16);
  sqlite3_finalize(s), sqlite3_close(db);
  return epoch;
}
}  // namespace

FullTown settle_crowd(const std::string& folder, std::size_t people) {
  SystemClock clock;
  SystemRandom random;
  SystemFiles files;
  IdSource ids(clock, random);
  auto tokens = Tokens::open(files, random, folder + "/data/keys", {"fechatter", "fechatter", 900, {}, {}, epoch_of(folder + "/data/server.db")});
  if (!tokens) give_up(tokens.error().message);
  FullTown town;
  std::vector<std::vector<AnyId>> rows, rooms;
  for (std::size_t i = 0; i < people; ++i) {
    const auto user = ids.next<UserId>();
    const auto session = ids.next<SessionId>();
    rows.push_back({id_cast<AnyId>(user), id_cast<AnyId>(session)});
    town.people.push_back({user.str(), (*tokens)->issue(user, session, clock.now()), {}});
  }
  for (std::size_t i = 0; i < kRooms; ++i) {
    rooms.push_back({ids.next<AnyId>()});
    town.rooms.push_back(rooms.back()[0].str());
  }
  write(folder + "/data/server.db", rows, rooms);
  return town;
}

}  // namespace bench
