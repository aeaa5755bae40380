#include "server/fechatterd/operations/restore.hpp"
#include "server/fechatterd/operations/backup.hpp"

namespace fechatter {
namespace {
using Keys = std::vector<std::pair<std::string, std::string>>;

// A backup is read, never written: opened for writing it would get a WAL.
Result<Keys> copy_backup(Files& files, const std::string& backup, const std::string& to) {
  auto db = Database::open({backup, {}, Database::Sync::full, true});
  if (!db) return db.error();
  auto keys = backup_keys(**db);
  if (!keys) return Error{keys.error().code, backup + ": " + keys.error().message, {}};
  if (auto done = files.write_atomic(to, ""); !done) return done.error();
  if (auto done = (*db)->copy_to(to); !done) return done.error();
  return keys;
}

// The keys leave the database, and the history gets a new name. Its commit flushes the whole file.
Result<Done> rename_history(const std::string& file, AnyId epoch) {
  Database::Options options{file};
  options.alone = true;
  auto db = Database::open(options);
  if (!db) return db.error();
  auto t = Transaction::begin(**db);
  if (!t) return t.error();
  if (auto done = (*db)->run("drop table backup_keys;drop table backup"); !done) return done;
  auto s = (*db)->statement("update log_epoch set epoch=?1");
  if (!s) return s.error();
  if (auto done = s->bind(1, epoch).run(); !done) return done;
  return t->commit();
}

Result<Done> check(const std::string& file, Restored& restored) {
  auto db = Database::open({file, {}, Database::Sync::full, true});
  if (!db) return db.error();
  auto report = verify(**db);
  if (!report) return report.error();
  if (!report->clean()) return Error{Code::corrupt, "the backup is not sound: " + report->findings.front(), {}};
  restored.position = report->positions;
  return Done{};
}

// From the first removal until the last flush the mark stands: in between, the directory is of two histories.
Result<Done> replace_files(Files& files, const DataDirectory& directory, const std::string& fresh, const Keys& keys) {
  if (auto done = files.write_atomic(directory.unfinished(), ""); !done) return done;
  for (const char* of_the_old : {"-wal", "-shm"})
    if (auto done = files.remove(directory.database() + of_the_old); !done) return done;
  if (auto done = files.rename(fresh, directory.database()); !done) return done;
  if (auto done = files.create_directories(directory.keys()); !done) return done;
  auto old = files.list(directory.keys());
  if (!old) return old.error();
  for (const std::string& name : *old)
    if (auto done = files.remove(directory.keys() + '/' + name); !done) return done;
  for (const auto& [name, bytes] : keys)
    if (auto done = files.write_atomic(directory.keys() + '/' + name, bytes); !done) return done;
  if (auto done = flush(directory.path); !done) return done;
  if (auto done = files.remove(directory.unfinished()); !done) return done;
  return flush(directory.path);
}

bool holds_data(Files& files, const DataDirectory& directory) {
  auto keys = files.list(directory.keys());
  return files.exists(directory.database()) || (keys && !keys->empty());
}

Result<Done> put_in_place(Files& files, const std::string& backup, const DataDirectory& directory, const std::string& fresh, Restored& restored) {
  auto keys = copy_backup(files, backup, fresh);
  if (!keys) return keys.error();
  restored.keys = keys->size();
  if (auto done = rename_history(fresh, restored.epoch); !done) return done;
  if (auto done = check(fresh, restored); !done) return done;
  return replace_files(files, directory, fresh, *keys);
}
}  // namespace

Result<Restored> restore(Files& files, IdSource& ids, const std::string& backup, const DataDirectory& directory, bool replace) {
  auto held = lock(files, directory);
  if (!held) return held.error();
  if (!replace && !files.exists(directory.unfinished()) && holds_data(files, directory))
    return Error{Code::conflict, directory.path + " holds a server's data; --force replaces it", {}};
  Restored restored{ids.next<AnyId>()};
  const std::string fresh = directory.database() + ".part";
  if (auto done = put_in_place(files, backup, directory, fresh, restored); !done) return (void)files.remove(fresh), done.error();
  return restored;
}

}  // namespace fechatter
