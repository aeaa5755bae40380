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
  const std::string columns = join(
      t, ",\n  ", [&](const Field& f, int) { return quoted(f) + ' ' + std::string(column_type(f, d)) + (f.type->kind == Kind::maybe ? "" : " not null"); });
  std::string sql = "create table " + table(t) + "(\n  " + columns + ",\n  primary key(" + keys(t) + "))";
  if (d == Dialect::sqlite) sql += key_count(t) > 1 ? " strict, without rowid" : " strict";
  return sql + ";\n";
}

namespace {
// A position of the open batch counts back from the parameter behind the columns.
std::string posed(const Type& t) {
  const std::string base = '$' + std::to_string(t.fields.size() + 1) + "::bigint";
  return join(t, ",", [&](const Field& f, int) {
    const std::string name = quoted(f);
    return plain(f).kind == Kind::position ? "case when " + name + "<0 then " + base + '-' + name + " else " + name + " end" : name;
  });
}
std::string upsert_values(const Type& t, Dialect d) {
  if (d == Dialect::sqlite) return "values(" + join(t, ",", [](const Field&, int i) { return '?' + std::to_string(i); }) + ')';
  const std::string arrays = join(t, ",", [&](const Field& f, int i) { return '$' + std::to_string(i) + "::" + std::string(column_type(f, d)) + "[]"; });
  return "select " + posed(t) + " from unnest(" + arrays + ") u(" + names(t) + ')';
}
std::string larger(const Type& t, const Field& f, Dialect d) {
  const std::string fresh = "excluded." + quoted(f), held = table(t) + '.' + quoted(f);
  if (d == Dialect::postgres) return "greatest(" + fresh + ',' + held + ')';
  if (f.type->kind != Kind::maybe) return "max(" + fresh + ',' + held + ')';
  return "coalesce(max(" + fresh + ',' + held + ")," + fresh + ',' + held + ')';  // SQLite's max of a null is null
}
}  // namespace

std::string upsert_sql(const Type& t, Dialect d) {
  const std::string set = join(t, ",", [&](const Field& f, int) -> std::string {
    if (f.rules.key || f.rules.merge == Merge::fixed) return {};
    return quoted(f) + '=' + (f.rules.merge == Merge::max ? larger(t, f, d) : "excluded." + quoted(f));
  });
  return "insert into " + table(t) + '(' + names(t) + ") " + upsert_values(t, d) + " on conflict(" + keys(t) + ") do " +
      (set.empty() ? "nothing" : "update set " + set);
}

std::string select_sql(const Type& t, Dialect d) {
  int n = 0;
  if (d == Dialect::sqlite)
    return "select " + names(t) + " from " + table(t) + " where " +
        join(t, " and ", [&](const Field& f, int) { return f.rules.key ? quoted(f) + "=?" + std::to_string(++n) : std::string(); });
  const std::string wanted =
      join(t, ",", [&](const Field& f, int) { return f.rules.key ? '$' + std::to_string(++n) + "::" + std::string(column_type(f, d)) + "[]" : std::string(); });
  return "select " + names(t) + " from " + table(t) + " join unnest(" + wanted + ") k(" + keys(t) + ") using(" + keys(t) + ')';
}

}  // namespace fechatter
