// The reference of the write benchmarks: rows of a database, inserted once more into an empty one of the same schema by bare SQLite.
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace bench {

class RawRows {
 public:
  explicit RawRows(const std::string& path);  ///< read only
  ~RawRows();
  RawRows(const RawRows&) = delete;
  RawRows& operator=(const RawRows&) = delete;
  std::size_t count(const std::string& table);
  /// Copies these tables (a name, or "name where …"; the first counts), `batch` rows of each in one transaction. Rows of the first
  /// table per second.
  double copy(const std::vector<std::string>& tables, const std::string& target, std::size_t batch, const std::string& synchronous);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bench
