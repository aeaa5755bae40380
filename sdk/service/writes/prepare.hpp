// What a command needs from the outside before it can be decided: names looked up, codes made. Decides nothing itself.
#pragma once
#include "sdk/core/catalog.hpp"
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

struct PrepareContext {
  UserId actor;
  Time now;
  Random& random;
  Snapshot* db = nullptr;  ///< null in the first call; a preparation that needs it answers false and is called again with it
};
/// Fills the internal fields. False: needs the database.
using Prepare = bool (*)(PrepareContext&, void* command);
/// By the command's name; null: nothing to prepare.
Prepare find_prepare(std::string_view command);

/// A code of 20 characters of base32 (100 bits).
std::string random_code(Random&);

}  // namespace fechatter
