// The files of a data directory, and who may touch them.
#pragma once
#include <memory>
#include <string_view>
#include "sdk/runtime/files.hpp"

namespace fechatter {

struct DataDirectory {
  std::string path;
  std::string database() const { return path + "/server.db"; }
  std::string keys() const { return path + "/keys"; }
  /// There while a restore is under way: what lies beside it belongs to two histories.
  std::string unfinished() const { return path + "/restore.unfinished"; }
  /// Names in it that nothing but the server and its commands may write: its own, and those of SQLite and of restoring beside them.
  static bool is_own(std::string_view name) { return name == "keys" || name.starts_with("server.") || name.starts_with("restore."); }
};

/// Makes the directory where there is none, and keeps every other server and command that writes out of it. locked: one is there.
Result<std::unique_ptr<FileLock>> lock(Files&, const DataDirectory&);
/// corrupt: a restore was interrupted, and nothing may be served or copied from here until it is run again; or there are keys without
/// a database, which has vanished: the first start makes keys only when the database is on the disk, so one that was interrupted passes.
Result<Done> check_whole(Files&, const DataDirectory&);
/// What was written to a file, or which names a directory has, is on the disk.
Result<Done> flush(const std::string& path);

}  // namespace fechatter
