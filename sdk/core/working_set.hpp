// The rows that one batch (server) or one page of events (client) touches, and which of them changed.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include "fechatter/ids.hpp"
#include "fechatter/result.hpp"
#include "sdk/describe/describe.hpp"
#include "sdk/describe/row_key.hpp"

namespace fechatter {

/// Row types are ordered by name, never by address: the same order in every process and every run.
struct ByName {
  bool operator()(const Type* a, const Type* b) const { return a->name < b->name; }
};
using Keys = std::map<const Type*, std::set<RowKey>, ByName>;
using RowChanges = std::map<const Type*, std::vector<std::shared_ptr<const void>>, ByName>;

/// Where rows come from. `load` returns the row, or null: known absent. One thread: the lane's, or the client's.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::shared_ptr<void> load(const Type&, const RowKey&) = 0;
  /// Why a load since the last call could not be answered: its null said nothing. Who decides by rows asks before answering.
  virtual std::optional<Error> take_failure() { return std::nullopt; }
};

template <class Row, class... P> void need(Keys& keys, const P&... parts) { keys[&type_of<Row>].insert(make_key(parts...)); }

/// Three verbs: find (the row or known absent), edit (the row to change), put (create or replace).
/// A row with a `rev` column skips changes whose rev is not higher: a re-applied event changes nothing.
class WorkingSet {
 public:
  /// Client only: does this device keep that new row? A row that is already held is always updated.
  using Wants = std::function<bool(const Type&, const void* row)>;
  explicit WorkingSet(RowSource& source, Wants wants = {}) : source_(source), wants_(std::move(wants)) {}

  /// Loads what `needs` named, once. Keys touched later count as late.
  void load(const Keys&);

  template <class Row, class... P> const Row* find(const P&... parts) { return static_cast<const Row*>(slot(type_of<Row>, make_key(parts...)).row.get()); }
  /// The row to change; null: absent, not held, or already as new as `rev`. rev 0: no guard.
  template <class Row, class... P> Row* edit(std::int64_t rev, const P&... parts) { return static_cast<Row*>(editable(type_of<Row>, make_key(parts...), rev)); }
  template <class Row> void put(Row row) { put_row(type_of<Row>, std::make_shared<Row>(std::move(row))); }
  void put_row(const Type&, std::shared_ptr<void> row);

  /// The payloads of this subject's earlier events are to be emptied in the same transaction.
  void redact(AnyId subject) { redactions_.push_back(subject); }

  RowChanges changes() const;
  const std::vector<AnyId>& redactions() const { return redactions_; }
  /// Rows that were touched without having been named by `needs`. A property test holds this at zero on the server.
  std::size_t late_loads() const { return late_; }
  std::size_t size() const;

 private:
  struct Slot {
    std::shared_ptr<void> row;
    bool loaded = false, dirty = false;
  };
  Slot& slot(const Type&, const RowKey&);
  void* editable(const Type&, const RowKey&, std::int64_t rev);

  RowSource& source_;
  Wants wants_;
  std::map<const Type*, std::map<RowKey, Slot>, ByName> tables_;
  std::vector<AnyId> redactions_;
  std::size_t late_ = 0;
};

}  // namespace fechatter
