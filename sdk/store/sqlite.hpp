// SQLite, thinly: a connection, a statement, errors as values. The only header of ours that names sqlite3.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include "fechatter/ids.hpp"
#include "fechatter/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace fechatter {

/// A prepared statement, reset and ready to bind. Parameters count from 1, columns from 0. Bound texts are copied.
class Statement {
 public:
  Statement(sqlite3_stmt* s, bool& flush_failed) : s_(s), flush_failed_(&flush_failed) {}
  Statement& bind(int i, std::int64_t);
  Statement& bind(int i, std::string_view text);
  Statement& bind_blob(int i, const void*, std::size_t);
  /// As text and as blob, not copied: the bytes must stay until the statement is reset.
  Statement& lend(int i, std::string_view text);
  Statement& lend_blob(int i, const void*, std::size_t);
  Statement& bind_null(int i);
  template <class Tag> Statement& bind(int i, const Id<Tag>& id) { return bind_blob(i, id.bytes.data(), id.bytes.size()); }
  /// true: a row; false: done.
  Result<bool> step();
  /// Runs to the end; for statements without rows.
  Result<Done> run();
  /// Runs an insert or an upsert of one row; the new row's rowid, 0: none was inserted (that is, a row was updated).
  Result<std::int64_t> insert();
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  ///< valid until the next step or reset; also blobs
  bool is_null(int column) const;
  template <class I> I id(int column) const {
    I id;
    if (const auto bytes = text(column); bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
  }
  int columns() const;
  std::string_view column_name(int column) const;
  void reset();

 private:
  sqlite3_stmt* s_;
  bool* flush_failed_;  // the connection's
};

/// One connection; one thread at a time. Statements are kept prepared by their text.
class Database {
 public:
  enum class Sync { full, normal };
  struct Options {
    std::string path;           ///< a file's, whatever its name means to SQLite ("file:x", ":memory:")
    std::string vfs;            ///< empty: SQLite's default; the simulation names its own
    Sync sync = Sync::full;     ///< what a commit promises after a power loss
    bool read_only = false;
    bool exclusive = false;     ///< locks the file for this connection: WAL without shared memory
    bool in_memory = false;     ///< no file at all; the path only names it in errors
    bool alone = false;         ///< no WAL, and nothing beside the file: for one that nobody uses yet. A crash leaves it damaged
  };
  /// corrupt: no database, or a damaged one. WAL mode, but for `alone`; checkpoints are ours (maintain()).
  static Result<std::unique_ptr<Database>> open(const Options&);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<Done> run(std::string_view script);          ///< one or more statements without parameters
  Result<Statement> statement(std::string_view sql);  ///< cached
  std::int64_t version();                             ///< pragma user_version
  std::int64_t total_changes() const;                 ///< rows, since the connection was opened

  /// Between transactions: moves the WAL into the database each time that it has grown by a quarter of `limit` bytes, so that no commit
  /// waits long for this; whoever reads meanwhile may keep it from beginning anew, and is waited for, at most a tenth of a second, when it has grown to
  /// `limit`, and after that in vain when it has doubled. A failure is not an error: it is tried again.
  void maintain(std::int64_t limit = 64 << 20);
  /// Between transactions: all of the WAL goes into the database, and its file is cut off. False: somebody reads from it, or it failed;
  /// nothing waits.
  bool empty_wal();
  /// Writes a copy of the live rows, without what deleted ones left in the file. What is there must be empty.
  Result<Done> copy_to(const std::string& path);
  /// A flush has failed on this connection: since then it is unknown what the disk holds.
  bool flush_failed() const { return flush_failed_; }

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  struct Free {
    void operator()(sqlite3_stmt*) const;
  };
  Result<Done> checkpoint(int mode, int wait_ms);
  sqlite3* db_;
  std::int64_t wal_pages_ = 0, tried_pages_ = 0;  // now, and when a checkpoint was last tried
  std::int64_t put_off_ = 0;                      // bytes: nobody is waited for below
  bool flush_failed_ = false;  // kept: a rollback makes SQLite forget it
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Free>, TextHash, std::equal_to<>> statements_;
};

/// begin immediate … commit; the destructor rolls back what was not committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database&, bool write = true);
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<Done> commit();

 private:
  explicit Transaction(Database& db) : db_(&db) {}
  Database* db_;
};

}  // namespace fechatter
