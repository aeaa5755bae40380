#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "fechatter/result.hpp"

namespace fechatter {

/// Held while it lives; the file stays.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Files beside the databases. Paths are UTF-8. Any thread. Errors: not_found, storage_full, locked, internal (with the reason).
class Files {
 public:
  virtual ~Files() = default;
  virtual bool exists(const std::string& path) = 0;
  /// With parents, mode 0700.
  virtual Result<Done> create_directories(const std::string& path) = 0;
  virtual Result<Done> rename(const std::string& from, const std::string& to) = 0;
  /// Absent: done.
  virtual Result<Done> remove(const std::string& path) = 0;
  virtual Result<std::string> read(const std::string& path) = 0;
  /// All or nothing, also over a power loss: temporary file, flush, rename, flush of the directory. Mode 0600.
  virtual Result<Done> write_atomic(const std::string& path, std::string_view bytes) = 0;
  /// Names in a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Exclusive between processes and within one; Code::locked when somebody has it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

}  // namespace fechatter
