// The reference of the write benchmarks: rows of a database, inserted once more into an empty one of the same schema by bare SQLite.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

class RawRows {
 public:
  explicit RawRows(const std::string& path);  ///< read only
  ~RawRows();
  RawRows(const RawRows&) = delete;
  RawRows& operator=(const RawRows&) = delete;
  std::size_t count(const std::string& table);
  /// What stands in messages_text, where that keeps no copy of it: copied instead of what reading it would give.
  void texts(std::vector<std::pair<std::int64_t, std::string>> rows) { texts_ = std::move(rows); }
  /// Copies these tables (a name, or "name where …"; the first counts), `batch` rows of each in one transaction. Rows of the first
  /// table per second.
  /// `pragmas`: what else the database that is compared with sets.
  double copy(const std::vector<std::string>& tables, const std::string& target, std::size_t batch, const std::string& synchronous,
              const std::string& pragmas = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<std::pair<std::int64_t, std::string>> texts_;
};

}  // namespace bench
