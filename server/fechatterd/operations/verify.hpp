// Does a database hold what its log says? Reads only.
#pragma once
#include <vector>
#include "sdk/store/sqlite.hpp"

namespace fechatter {

struct VerifyReport {
  std::vector<std::string> findings;  ///< one line each; at most kFindings
  std::int64_t more = 0;              ///< findings beyond those
  std::int64_t version = 0;           ///< of the schema
  bool rebuilt = false;               ///< false: of an older schema or too damaged, so only the file and the log were looked at
  std::int64_t positions = 0, messages = 0;
  bool clean() const { return findings.empty(); }
  void add(std::string finding);
};
constexpr std::size_t kFindings = 100;

/// Of one state of the database, also while a server writes to it (its WAL cannot be cut off meanwhile): SQLite's own integrity check;
/// positions, revs and seqs without holes; every projection row against what the log rebuilds, in temporary tables on disk; the
/// full-text index against the messages; that deleted texts are gone; and the queries of sql/verify. An error: it could not be read; not_found:
/// it is no database of ours, such as an empty file.
Result<VerifyReport> verify(Database&);

}  // namespace fechatter
