// A backup becomes a data directory.
#pragma once
#include "sdk/runtime/id_source.hpp"
#include "server/fechatterd/data_directory.hpp"
#include "server/fechatterd/operations/verify.hpp"

namespace fechatter {

struct Restored {
  AnyId epoch;                ///< the new name of the history: every client starts over
  std::int64_t position = 0;
  std::size_t keys = 0;
};
/// The backup is copied and verified beside what is there, and only then takes its place. A crash leaves either the old directory, or one
/// that nothing serves from until this is called again (then without `replace`), or the new one.
/// locked: a server runs there. conflict: the directory holds data, and `replace` is false. corrupt, not_found: no sound backup.
Result<Restored> restore(Files&, IdSource&, const std::string& backup, const DataDirectory&, bool replace);

}  // namespace fechatter
