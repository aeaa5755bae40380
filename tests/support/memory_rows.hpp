// A store in memory for tests of the domain: rows by type and key, and the log.
#pragma once
#include "sdk/core/fold.hpp"
#include "sdk/core/row_store.hpp"

namespace fechatter {

class MemoryRows : public RowStore {
 public:
  std::shared_ptr<void> load(const Type&, const RowKey&) override;
  Result<Committed> commit(const std::vector<Event>&, const RowChanges&, const std::vector<AnyId>& redactions) override;
  /// Every row as JSON, ordered by type and key; positions are left out (they depend on the batches).
  std::string dump(bool with_secrets = true) const;
  std::vector<std::pair<const Type*, RowKey>> keys() const;
  std::vector<LogEvent> log;
  std::vector<LogEvent> unredacted;  ///< as it was appended

 private:
  std::map<const Type*, std::map<RowKey, std::shared_ptr<const void>>, ByName> tables_;
};

}  // namespace fechatter
