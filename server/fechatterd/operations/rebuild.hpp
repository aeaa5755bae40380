// The projections once more, from the log alone, beside those that the server keeps.
#pragma once
#include "sdk/core/event.hpp"
#include "sdk/store/columns.hpp"
#include "server/fechatterd/operations/verify.hpp"

namespace fechatter {

/// Temporary tables of the names of the real ones, which SQLite takes for them where no schema is named: so the rows are written by the
/// server's own code, to where nothing is kept. In one transaction of the caller.
class Rebuild {
 public:
  explicit Rebuild(Database& db) : db_(db), rows_(db) {}
  Result<Done> begin();
  Result<Done> apply(const LogEvent&, VerifyReport&);
  /// Each row that differs, or that only one side has, is a finding. What a deleted message has taken along (its reactions and its
  /// mentions, the hash of its text) cannot be rebuilt, and is left out.
  Result<Done> compare(VerifyReport&);

 private:
  Result<Done> compare(const Type&, VerifyReport&);
  Result<Done> find(const std::string& sql, const Type&, std::string_view says, VerifyReport&);
  Database& db_;
  SqliteRows rows_;
};

}  // namespace fechatter
