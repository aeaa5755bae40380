// SQL from the description: the only place that knows how a row type becomes a table.
#pragma once
#include "sdk/describe/describe.hpp"

namespace fechatter {

enum class Dialect { sqlite, postgres };
/// create table: the type's name, its fields quoted, the key as primary key; SQLite tables are strict, those with a composite key without rowid.
std::string create_table_sql(const Type& row, Dialect);
/// sqlite: one row, ?1…?n. postgres: any number, one array per column, $1…$n, and, where the row has a position, $n+1: the log's last position
/// before the batch (in SQLite whoever binds adds it). Columns meet as their rules say; a row's rev is not compared: the working set has done so.
std::string upsert_sql(const Type& row, Dialect);
/// By key; parameters as above.
std::string select_sql(const Type& row, Dialect);
/// "integer", "text", … of a field.
std::string_view column_type(const Field&, Dialect);

}  // namespace fechatter
