// Described fields to SQLite columns and back: the one place that knows how.
#pragma once
#include <vector>
#include "sdk/core/row_store.hpp"
#include "sdk/store/text_index.hpp"

namespace fechatter {

/// Binds one field, whose value must stay until the statement is reset. Relative positions become base − position.
void bind_field(Statement&, int parameter, const Type&, const void* value, std::int64_t base);
void read_field(Statement&, int column, const Type&, void* value);
/// Binds the key fields of a row key, in order, from parameter 1; the key must stay until the statement is reset.
void bind_key(Statement&, const Type& row, const RowKey&);
/// A row from the present columns, by name; columns without a field are ignored, fields without a column keep their default.
std::shared_ptr<void> read_row(Statement&, const Type& row);

/// Rows of any described type in one database: load and upsert by key. Keeps the full-text index of types that have a `search` field.
class SqliteRows : public RowSource {
 public:
  explicit SqliteRows(Database& db, std::unique_ptr<TextIndex> index = words_by_row()) : db_(db), index_(std::move(index)) {}
  std::shared_ptr<void> load(const Type&, const RowKey&) override;  ///< a failed read counts as a failure of the next `upsert`
  void fail(Error e) { failed_ = std::move(e); }                    ///< the same for a read that was made beside this
  std::optional<Error> take_failure() override { return std::exchange(failed_, std::nullopt); }
  Result<Done> upsert(const Type&, const void* row, std::int64_t base = 0);
  Result<Done> upsert(const RowChanges&, std::int64_t base);
  /// Leaves rows alone whose key is held already; how many were new. Only types with a rowid.
  Result<std::size_t> add(const Type&, const std::vector<const void*>& rows);
  Result<Done> erase(const Type&, const RowKey&);

  template <class Row, class... P> std::shared_ptr<const Row> get(const P&... parts) {
    return std::static_pointer_cast<const Row>(load(type_of<Row>, make_key(parts...)));
  }
  template <class Row> Result<Done> set(const Row& row) { return upsert(type_of<Row>, &row); }
  template <class Row> Result<std::size_t> add(const std::vector<Row>& rows) {
    std::vector<const void*> all;
    for (const Row& row : rows) all.push_back(&row);
    return add(type_of<Row>, all);
  }
  template <class Row, class... P> Result<Done> remove(const P&... parts) { return erase(type_of<Row>, make_key(parts...)); }

 private:
  struct Table;
  using Changes = std::vector<TextIndex::Change>;
  Table& table(const Type&);
  template <class Text> Result<Statement> ready(Text&);
  template <class Text> Result<std::int64_t> store(Text&, const Type&, const void* row, std::int64_t base);
  Result<TextIndex::Change> find(Table&, const Type&, const RowKey&);
  Result<bool> insert(Table&, const Type&, const void* row, std::int64_t base, Changes&);
  Result<Done> write(const Type&, const void* row, std::int64_t base, Changes&);
  Result<Done> index(const Type&, Changes&);

  Database& db_;
  std::unique_ptr<TextIndex> index_;
  std::unordered_map<const Type*, std::shared_ptr<Table>> tables_;
  std::optional<Error> failed_;
};

}  // namespace fechatter
