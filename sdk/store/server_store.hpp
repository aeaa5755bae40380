// The embedded server's database: the log and the projections in one SQLite file.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include "sdk/core/row_store.hpp"
#include "sdk/store/columns.hpp"

namespace fechatter {

class ServerStore : public RowStore, public Reader {
 public:
  struct Options {
    std::string path;
    std::string vfs;
    AnyId fresh_epoch;                             ///< names the history of a new database
    std::function<void(std::string_view)> fatal;   ///< called when a flush failed: must not return
    std::int64_t wal_limit = 64 << 20;
  };
  static Result<std::unique_ptr<ServerStore>> open(Options);

  // RowStore: the lane's thread. A batch is one transaction from its first load on: each load by itself would lock and unlock the file.
  void open_batch() override;
  void close_batch() override { open_.reset(); }
  std::shared_ptr<void> load(const Type&, const RowKey&) override;
  std::optional<Error> take_failure() override { return rows_.take_failure(); }
  Result<Committed> commit(const std::vector<Event>&, const RowChanges&, const std::vector<AnyId>& redactions) override;
  std::int64_t tidy() override;

  // Reader: any thread; at most a few connections are kept.
  std::unique_ptr<Snapshot> snapshot() override;

  AnyId epoch() const { return epoch_; }
  std::int64_t head() const { return head_; }  ///< the lane's thread, or before it runs

 private:
  explicit ServerStore(Options o, std::unique_ptr<Database> db) : options_(std::move(o)), db_(std::move(db)), rows_(*db_) {}
  Result<Done> prepare();
  Result<Committed> write(const std::vector<Event>&, const RowChanges&, const std::vector<AnyId>&);
  Result<Done> redact(const std::vector<AnyId>& subjects);
  Result<Done> append(const Event&, std::int64_t position, Committed&);
  Result<bool> merge_text();
  std::int64_t tidied();
  void stop_if_unflushed();

  Options options_;
  std::unique_ptr<Database> db_;
  std::optional<Transaction> open_;
  SqliteRows rows_;
  AnyId epoch_;
  std::int64_t head_ = 0;
  enum class Tidying { idle, merging, emptying } tidying_ = Tidying::idle;
  bool untidy_ = false;  // something was deleted since the last tidying began
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<Database>> idle_;  // read connections
  friend class ServerSnapshot;
};

}  // namespace fechatter
