#pragma once
#include "server/fechatterd/data_directory.hpp"

namespace fechatter {

struct Migrated {
  std::int64_t from = 0, to = 0;
};
/// Brings the database to this program's schema, or with `dry` only says what that would do. locked: a server has it. corrupt: it is newer.
Result<Migrated> migrate_database(Files&, const DataDirectory&, bool dry);

}  // namespace fechatter
