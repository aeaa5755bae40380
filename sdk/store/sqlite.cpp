#include "sdk/store/sqlite.hpp"
#include <sqlite3.h>
#include <algorithm>
#include <cerrno>
#include "sdk/store/functions.hpp"

namespace fechatter {
namespace {
Error error_of(sqlite3* db, int code, std::string_view doing) {
  const std::string text = std::string(doing) + ": " + (db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  const Error full{Code::storage_full, "the disk is full", {}, 1000};
  switch (code & 0xff) {
    case SQLITE_FULL: return full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Code::locked, text, {}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {Code::corrupt, text, {}};
    case SQLITE_IOERR:
      if (db && sqlite3_system_errno(db) == ENOSPC) return full;  // no room for the WAL's index, which SQLITE_FULL is not used for
      [[fallthrough]];
    case SQLITE_NOMEM: return {Code::unavailable, text, {}, 1000};
    default: return {Code::internal, text, {}};
  }
}
bool of_flushing(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }
constexpr int kBusyMs = 2000;
constexpr int kReaderMs = 100;  // our reads are shorter; a backup is not, and writers must not wait for it
int on_wal(void* pages, sqlite3*, const char*, int n) {
  *static_cast<std::int64_t*>(pages) = n;
  return SQLITE_OK;
}
}  // namespace

Statement& Statement::bind(int i, std::int64_t v) { return sqlite3_bind_int64(s_, i, v), *this; }
Statement& Statement::bind(int i, std::string_view v) {
  return sqlite3_bind_text(s_, i, v.data() ? v.data() : "", static_cast<int>(v.size()), SQLITE_TRANSIENT), *this;
}
Statement& Statement::bind_blob(int i, const void* p, std::size_t n) { return sqlite3_bind_blob(s_, i, p, static_cast<int>(n), SQLITE_TRANSIENT), *this; }
Statement& Statement::lend(int i, std::string_view v) {
  return sqlite3_bind_text(s_, i, v.data() ? v.data() : "", static_cast<int>(v.size()), SQLITE_STATIC), *this;
}
Statement& Statement::lend_blob(int i, const void* p, std::size_t n) { return sqlite3_bind_blob(s_, i, p, static_cast<int>(n), SQLITE_STATIC), *this; }
Statement& Statement::bind_null(int i) { return sqlite3_bind_null(s_, i), *this; }

Result<bool> Statement::step() {
  const int code = sqlite3_step(s_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  *flush_failed_ |= of_flushing(code);
  Error error = error_of(sqlite3_db_handle(s_), code, "database");
  sqlite3_reset(s_);
  return error;
}
Result<Done> Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) break;
  }
  reset();
  return Done{};
}
Result<std::int64_t> Statement::insert() {
  sqlite3* db = sqlite3_db_handle(s_);
  sqlite3_set_last_insert_rowid(db, 0);
  if (auto done = run(); !done) return done.error();
  return sqlite3_last_insert_rowid(db);
}
std::int64_t Statement::integer(int c) const { return sqlite3_column_int64(s_, c); }
std::string_view Statement::text(int c) const {
  const void* p = sqlite3_column_blob(s_, c);
  return {static_cast<const char*>(p), p ? static_cast<std::size_t>(sqlite3_column_bytes(s_, c)) : 0};
}
bool Statement::is_null(int c) const { return sqlite3_column_type(s_, c) == SQLITE_NULL; }
int Statement::columns() const { return sqlite3_column_count(s_); }
std::string_view Statement::column_name(int c) const { return sqlite3_column_name(s_, c); }
void Statement::reset() { sqlite3_reset(s_), sqlite3_clear_bindings(s_); }

// What it would take for a URI, or for no file, is a path like any other.
static std::string file_name(const std::string& path) { return path.starts_with("file:") || path.starts_with(':') ? "./" + path : path; }

Result<std::unique_ptr<Database>> Database::open(const Options& o) {
  sqlite3* raw = nullptr;
  const std::string name = o.in_memory ? ":memory:" : file_name(o.path);
  const int flags = o.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, o.vfs.empty() ? nullptr : o.vfs.c_str());
  std::unique_ptr<Database> db(new Database(raw));
  if (code != SQLITE_OK) return error_of(raw, code, "cannot open " + o.path);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMs);
  add_functions(raw);
  std::string setup = o.exclusive ? "pragma locking_mode=exclusive;" : "";
  if (o.alone) setup += "pragma journal_mode=memory;";
  else if (!o.read_only) setup += "pragma journal_mode=wal;pragma wal_autocheckpoint=0;";
  setup += o.sync == Sync::full ? "pragma synchronous=full;" : "pragma synchronous=normal;";
  setup += "pragma secure_delete=on;pragma temp_store=memory;pragma foreign_keys=off;pragma cache_size=-16000;select count(*) from sqlite_schema";
  if (auto done = db->run(setup); !done) return done.error();
  sqlite3_wal_hook(raw, on_wal, &db->wal_pages_);
  return db;
}
Database::~Database() {
  statements_.clear();
  sqlite3_close(db_);
}
void Database::Free::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }

Result<Done> Database::run(std::string_view script) {
  const std::string text(script);
  const int code = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr);
  flush_failed_ |= of_flushing(code);
  if (code != SQLITE_OK) return error_of(db_, code, "database");
  return Done{};
}
Result<Statement> Database::statement(std::string_view sql) {
  auto kept = statements_.find(sql);
  if (kept == statements_.end()) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return error_of(db_, code, "statement");
    kept = statements_.emplace(sql, raw).first;
  }
  Statement s(kept->second.get(), flush_failed_);
  s.reset();
  return s;
}
std::int64_t Database::version() {
  auto s = statement("pragma user_version");
  if (!s) return -1;
  auto row = s->step();
  const std::int64_t v = row && *row ? s->integer(0) : -1;
  s->reset();
  return v;
}
std::int64_t Database::total_changes() const { return sqlite3_total_changes64(db_); }

void Database::maintain(std::int64_t limit) {
  constexpr std::int64_t kPage = 4096;
  const std::int64_t size = wal_pages_ * kPage;
  if (wal_pages_ < tried_pages_) tried_pages_ = put_off_ = 0;  // it has begun anew
  if ((wal_pages_ - tried_pages_) * kPage < limit / 4) return;
  tried_pages_ = wal_pages_;
  if (size < std::max(limit, put_off_)) return (void)checkpoint(SQLITE_CHECKPOINT_PASSIVE, 0);
  const bool moved = static_cast<bool>(checkpoint(SQLITE_CHECKPOINT_RESTART, kReaderMs));
  put_off_ = moved ? 0 : 2 * size;  // somebody reads for long, or has forgotten to end: not every commit waits for them
}
Result<Done> Database::copy_to(const std::string& path) {
  const std::string name = file_name(path);
  auto s = statement("vacuum into ?1");
  return s ? s->bind(1, std::string_view(name)).run() : Result<Done>(s.error());
}
bool Database::empty_wal() { return static_cast<bool>(checkpoint(SQLITE_CHECKPOINT_TRUNCATE, 0)); }
Result<Done> Database::checkpoint(int mode, int wait_ms) {
  sqlite3_busy_timeout(db_, wait_ms);
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(db_, kBusyMs);
  flush_failed_ |= of_flushing(code);
  if (code != SQLITE_OK) return error_of(db_, code, "checkpoint");
  if (mode != SQLITE_CHECKPOINT_PASSIVE) wal_pages_ = tried_pages_ = 0;
  return Done{};
}

Result<Transaction> Transaction::begin(Database& db, bool write) {
  auto s = db.statement(write ? "begin immediate" : "begin");
  if (!s) return s.error();
  if (auto begun = s->run(); !begun) return begun.error();
  return Transaction(db);
}
Transaction::~Transaction() {
  if (db_) (void)db_->run("rollback");
}
Result<Done> Transaction::commit() {
  auto s = db_->statement("commit");
  if (!s) return s.error();
  auto done = s->run();
  if (done) db_ = nullptr;
  return done;
}

}  // namespace fechatter
