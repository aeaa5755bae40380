#include "tests/bench/raw_rows.hpp"
#include <sqlite3.h>
#include "tests/bench/bench.hpp"

namespace bench {
namespace {
struct Db {
  sqlite3* handle = nullptr;
  Db(const std::string& path, int flags) {
    if (sqlite3_open_v2(path.c_str(), &handle, flags, nullptr) != SQLITE_OK) give_up("cannot open " + path);
    sqlite3_busy_timeout(handle, 10000);
  }
  ~Db() { sqlite3_close(handle); }
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;
  void run(const std::string& sql) {
    if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) give_up(sql + ": " + sqlite3_errmsg(handle));
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &s, nullptr) != SQLITE_OK) give_up(sql + ": " + sqlite3_errmsg(handle));
    return s;
  }
};

struct Table {
  std::string columns;
  std::vector<std::vector<sqlite3_value*>> rows;
  sqlite3_stmt* insert = nullptr;

  void load(Db& db, const std::string& which) {
    sqlite3_stmt* s = db.prepare("select rowid, * from " + which);
    const int count = sqlite3_column_count(s);
    for (int i = 0; i < count; ++i) columns += (i ? ",\"" : "\"") + std::string(i ? sqlite3_column_name(s, i) : "rowid") + "\"";
    while (sqlite3_step(s) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int i = 0; i < count; ++i) row.push_back(sqlite3_value_dup(sqlite3_column_value(s, i)));
    }
    sqlite3_finalize(s);
  }
  // Of rows in memory: a statement makes values of them.
  void load(Db& db, const std::vector<std::pair<std::int64_t, std::string>>& texts) {
    columns = "rowid,text";
    sqlite3_stmt* s = db.prepare("select ?1, ?2");
    for (const auto& [rowid, text] : texts) {
      sqlite3_bind_int64(s, 1, rowid), sqlite3_bind_text(s, 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
      if (sqlite3_step(s) != SQLITE_ROW) give_up("cannot load");
      rows.push_back({sqlite3_value_dup(sqlite3_column_value(s, 0)), sqlite3_value_dup(sqlite3_column_value(s, 1))});
      sqlite3_reset(s);
    }
    sqlite3_finalize(s);
  }
  void prepare(Db& db, const std::string& name) {
    std::string marks = "?";
    for (std::size_t i = 1; i < rows.front().size(); ++i) marks += ",?";
    insert = db.prepare("insert into " + name + "(" + columns + ") values (" + marks + ")");
  }
  void put(std::size_t at) {
    if (at >= rows.size()) return;
    for (std::size_t i = 0; i < rows[at].size(); ++i) sqlite3_bind_value(insert, static_cast<int>(i) + 1, rows[at][i]);
    if (sqlite3_step(insert) != SQLITE_DONE) give_up("an insert failed");
    sqlite3_reset(insert);
  }
  ~Table() {
    sqlite3_finalize(insert);
    for (auto& r : rows)
      for (auto* v : r) sqlite3_value_free(v);
  }
};
}  // namespace

struct RawRows::Impl {
  Db db;
};
RawRows::RawRows(const std::string& path) : impl_(new Impl{{path, SQLITE_OPEN_READONLY}}) {}
RawRows::~RawRows() = default;

std::size_t RawRows::count(const std::string& table) {
  sqlite3_stmt* s = impl_->db.prepare("select count(*) from " + table);
  const std::size_t n = sqlite3_step(s) == SQLITE_ROW ? static_cast<std::size_t>(sqlite3_column_int64(s, 0)) : 0;
  sqlite3_finalize(s);
  return n;
}

double RawRows::copy(const std::vector<std::string>& names, const std::string& target, std::size_t batch, const std::string& synchronous,
                     const std::string& pragmas) {
  Db to(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  to.run("pragma journal_mode=wal");
  to.run("pragma synchronous=" + synchronous);
  to.run(pragmas);
  sqlite3_stmt* s = impl_->db.prepare("select sql from sqlite_master where sql is not null and name not like 'messages_text_%' and name not like 'sqlite_%'");
  while (sqlite3_step(s) == SQLITE_ROW) to.run(reinterpret_cast<const char*>(sqlite3_column_text(s, 0)));
  sqlite3_finalize(s);
  std::vector<Table> tables(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "messages_text" && !texts_.empty()) tables[i].load(impl_->db, texts_);
    else tables[i].load(impl_->db, names[i]);
    tables[i].prepare(to, names[i].substr(0, names[i].find(' ')));
  }
  const std::size_t rows = tables.front().rows.size();
  const Watch watch;
  for (std::size_t at = 0; at < rows; at += batch) {
    to.run("begin immediate");
    for (std::size_t k = at; k < std::min(at + batch, rows); ++k)
      for (Table& t : tables) t.put(k);
    to.run("commit");
  }
  return static_cast<double>(rows) / watch.seconds();
}

}  // namespace bench
