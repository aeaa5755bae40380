#include "sdk/store/row_tables.hpp"
#include <map>
#include "sdk/core/catalog.hpp"

namespace fechatter {

std::string row_tables_sql(Dialect dialect, bool secrets) {
  std::map<std::string_view, const Type*> types;
  for (const RowEntry& row : all_rows())
    if (secrets || !row.secret) types.emplace(row.type->name, row.type);
  std::string sql = "-- Written from the descriptions of the row types; a test fails when it differs from them.\n";
  for (const auto& [name, type] : types) sql += create_table_sql(*type, dialect);
  return sql;
}

}  // namespace fechatter
