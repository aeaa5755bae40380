#include "server/fechatterd/operations/migration.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {

Result<Migrated> migrate_database(Files& files, const DataDirectory& directory, bool dry) {
  if (!files.exists(directory.database())) return Error{Code::not_found, directory.database() + ": no such database", {}};
  auto held = lock(files, directory);
  if (!held) return held.error();
  if (auto whole = check_whole(files, directory); !whole) return whole.error();
  auto db = Database::open({directory.database(), {}, Database::Sync::full, dry});
  if (!db) return db.error();
  Migrated done{(*db)->version(), newest_version("server")};
  if (auto refused = refuse_newer(done.from, "server")) return *refused;
  if (dry) return done;
  if (auto migrated = migrate(**db, "server"); !migrated) return migrated.error();
  return done;
}

}  // namespace fechatter
