// A copy of all that a server would need to go on: one SQLite file with the database and, in a table of its own, the keys.
#pragma once
#include "sdk/runtime/clock.hpp"
#include "sdk/store/sqlite.hpp"
#include "server/fechatterd/data_directory.hpp"
#include "server/fechatterd/operations/verify.hpp"

namespace fechatter {

/// The format of the table of keys; docs/formats/disk.md.
constexpr std::int64_t kBackupFormat = 1;

struct BackupMade {
  std::string file;
  std::int64_t position = 0;  ///< everything up to there is in it
  std::size_t keys = 0;
  VerifyReport report;
};
/// While a server runs or not. `to`: a file, or a directory, in which the backup is named after the time. The file has mode 0600, and
/// exists under its name only when it is complete, verified and on the disk. A reader's snapshot stands as long as the copying takes:
/// nobody waits for it, but the WAL grows meanwhile. No text of a deleted message is in it.
/// conflict: it exists, and `replace` is false; it is no file, or one of the server's own. locked: another run writes it. corrupt: what was copied is not
/// sound; the first finding is said.
Result<BackupMade> back_up(Files&, Clock&, const DataDirectory&, const std::string& to, bool replace);

/// The keys of a backup: name and bytes. not_found: it is no backup.
Result<std::vector<std::pair<std::string, std::string>>> backup_keys(Database&);

}  // namespace fechatter
