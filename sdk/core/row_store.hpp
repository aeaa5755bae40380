// The store's port: what a batch hands over, and reading what is not by key.
#pragma once
#include <variant>
#include "fechatter/result.hpp"
#include "sdk/core/event.hpp"
#include "sdk/core/working_set.hpp"

namespace fechatter {

/// What became durable: positions (from, to] and the events as the log has them.
struct Committed {
  std::int64_t from = 0, to = 0;
  std::vector<LogEvent> events;
};

/// Server store. One writer thread. Row types, not event types: it loads by key and upserts what changed.
class RowStore : public RowSource {
 public:
  /// Around the loads and the commit of one batch: a store may read all of it in the transaction that stores it. What was not committed
  /// by close_batch is gone. A batch that could not be opened says so by take_failure.
  virtual void open_batch() {}
  virtual void close_batch() {}
  /// One transaction: empties the payloads of the redacted subjects, appends the events at dense positions, upserts the rows.
  /// storage_full and unavailable: nothing of the batch is stored. Anything that leaves the outcome unknown does not return.
  virtual Result<Committed> commit(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) = 0;
  /// Between batches, some time after one with redactions: a short piece of what makes deleted texts leave the files. In how many ms it
  /// wants to be called again; 0: not before the next redaction.
  virtual std::int64_t tidy() { return 0; }
};

/// A parameter of a named query.
using Value = std::variant<std::monostate, std::int64_t, std::string, AnyId>;
template <class Tag> Value value(const Id<Tag>& id) { return id_cast<AnyId>(id); }
inline Value value(std::int64_t n) { return n; }
inline Value value(std::string text) { return text; }

/// Reading by named queries (one .sql file each). A snapshot sees one state of the database; none lives longer than a second.
/// Each snapshot belongs to one thread; different threads take different ones.
class Snapshot : public RowSource {
 public:
  /// Rows of a query, each a described struct filled by column name; columns that the struct lacks are ignored.
  virtual Result<std::vector<std::shared_ptr<void>>> query(std::string_view name, const Type& row, std::span<const Value> parameters) = 0;

  template <class Row> Result<std::vector<std::shared_ptr<const Row>>> rows(std::string_view name, std::initializer_list<Value> parameters) {
    auto found = query(name, type_of<Row>, std::span(parameters.begin(), parameters.size()));
    if (!found) return found.error();
    std::vector<std::shared_ptr<const Row>> list;
    for (auto& r : *found) list.push_back(std::static_pointer_cast<const Row>(std::move(r)));
    return list;
  }
};
class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::unique_ptr<Snapshot> snapshot() = 0;
};

}  // namespace fechatter
