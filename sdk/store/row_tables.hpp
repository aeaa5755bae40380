#pragma once
#include <string>
#include "sdk/describe/row_sql.hpp"

namespace fechatter {
/// The tables of all row types of the catalog, ordered by name: what the first migration of a store holds.
/// `secrets`: also those that never leave a server.
std::string row_tables_sql(Dialect, bool secrets);
}  // namespace fechatter
