#include "sdk/describe/row_sql.hpp"

namespace fechatter {
namespace {
const Type& plain(const Field& f) { return f.type->kind == Kind::maybe ? *f.type->item : *f.type; }
std::string quoted(const Field& f) { return '"' + std::string(f.name) + '"'; }

template <class F> std::string join(const Type& t, std::string_view separator, F f) {
  std::string out;
  int i = 0;
  for (const Field& field : t.fields) {
    const std::string part = f(field, ++i);
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}
std::string names(const Type& t) {
  return join(t, ",", [](const Field& f, int) { return quoted(f); });
}
std::string keys(const Type& t) {
  return join(t, ",", [](const Field& f, int) { return f.rules.key ? quoted(f) : std::string(); });
}
int key_count(const Type& t) {
  int n = 0;
  for (const Field& f : t.fields) n += f.rules.key;
  return n;
}
std::string table(const Type& t) { return '"' + std::string(t.name) + '"'; }
}  // namespace

std::string_view column_type(const Field& f, Dialect d) {
  const bool lite = d == Dialect::sqlite;
  const Type& t = plain(f);
  switch (t.kind) {
    case Kind::boolean: return lite ? "integer" : "boolean";
    case Kind::choice: return lite ? "integer" : "smallint";
    case Kind::integer: return lite || t.size == 4 ? "integer" : "bigint";
    case Kind::time:
    case Kind::position: return lite ? "integer" : "bigint";
    case Kind::id: return lite ? "blob" : "uuid";
    case Kind::text: return "text";
    default: return lite ? "text" : "jsonb";
  }
}

std::string create_table_sql(const Type& t, Dialect d) {
  const std::string columns = join(t, ",\n  ", [&](const Field& f, int) {
    return quoted(f) + ' ' + std::string(column_type(f, d)) + (f.type->kind == Kind::maybe ? "" : " not null");
  });
  std::string sql = "create table " + table(t) + "(\n  " + columns + ",\n  primary key(" + keys(t) + "))";
  if (d == Dialect::sqlite) sql += key_count(t) > 1 ? " strict, without rowid" : " strict";
  return sql + ";\n";
}

std::string upsert_sql(const Type& t, Dialect d) {
  const bool lite = d == Dialect::sqlite;
  const std::string values = lite ? "values(" + join(t, ",", [](const Field&, int i) { return '?' + std::to_string(i); }) + ')'
                                  : "select * from unnest(" + join(t, ",", [&](const Field& f, int i) {
                                      return '$' + std::to_string(i) + "::" + std::string(column_type(f, d)) + "[]";
                                    }) + ')';
  const std::string set = join(t, ",", [&](const Field& f, int) -> std::string {
    if (f.rules.key || f.rules.merge == Merge::fixed) return {};
    if (f.rules.merge == Merge::max) return quoted(f) + '=' + (lite ? "max" : "greatest") + "(excluded." + quoted(f) + ',' + table(t) + '.' + quoted(f) + ')';
    return quoted(f) + "=excluded." + quoted(f);
  });
  return "insert into " + table(t) + '(' + names(t) + ") " + values + " on conflict(" + keys(t) + ") do " +
         (set.empty() ? "nothing" : "update set " + set);
}

std::string select_sql(const Type& t, Dialect d) {
  int n = 0;
  if (d == Dialect::sqlite)
    return "select " + names(t) + " from " + table(t) + " where " +
           join(t, " and ", [&](const Field& f, int) { return f.rules.key ? quoted(f) + "=?" + std::to_string(++n) : std::string(); });
  const std::string wanted = join(t, ",", [&](const Field& f, int) {
    return f.rules.key ? '$' + std::to_string(++n) + "::" + std::string(column_type(f, d)) + "[]" : std::string();
  });
  return "select " + names(t) + " from " + table(t) + " join unnest(" + wanted + ") k(" + keys(t) + ") using(" + keys(t) + ')';
}

}  // namespace fechatter
