#include "server/fechatterd/operations/rebuild.hpp"
#include "sdk/core/catalog.hpp"
#include "sdk/core/fold.hpp"
#include "sdk/describe/row_sql.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
// What cannot be rebuilt after a deletion.
struct LeftOut {
  std::string_view table, column, rows;
};
constexpr LeftOut kLeftOut[] = {
    {"messages", "create_hash", ""},
    {"reactions", "", R"( where "message_id" not in (select id from main.messages where deleted))"},
    {"mentions", "", R"( where ("chat_id","seq") not in (select chat_id, seq from main.messages where deleted))"},
};

// select … from <schema>.<table>, with the same text for both sides.
enum class Columns { all, key };
std::string rows_of(std::string_view schema, const Type& type, Columns wanted) {
  std::string columns, where;
  for (const LeftOut& left : kLeftOut)
    if (left.table == type.name) where = left.rows;
  for (const Field& f : type.fields) {
    if (wanted == Columns::key && !f.rules.key) continue;
    const std::string name = '"' + std::string(f.name) + '"';
    bool blank = false;
    for (const LeftOut& left : kLeftOut) blank |= left.table == type.name && left.column == f.name;
    columns += (columns.empty() ? "" : ",") + (blank ? "case when deleted then '' else " + name + " end as " + name : name);
  }
  return "select " + columns + " from " + std::string(schema) + ".\"" + std::string(type.name) + '"' + where;
}

// "id 0190…, emoji x": the key of the row that the statement stands on.
std::string key_text(Statement& s, const Type& type) {
  std::string text;
  for (int c = 0; c < s.columns(); ++c)
    for (const Field& f : type.fields) {
      if (!f.rules.key || f.name != s.column_name(c)) continue;
      text += (text.empty() ? "" : ", ") + std::string(f.name) + ' ';
      text += f.type->kind == Kind::id ? s.id<AnyId>(c).str() : std::string(s.text(c));
    }
  return text;
}
}  // namespace

Result<Done> Rebuild::begin() {
  std::string sql = "pragma temp.journal_mode=off;create temp table messages_text(text);";
  for (const RowEntry& row : all_rows()) {
    if (row.secret) continue;
    const std::string table = create_table_sql(*row.type, Dialect::sqlite);
    sql += "create temp" + table.substr(std::string_view("create").size());
  }
  return db_.run(sql);
}

Result<Done> Rebuild::apply(const LogEvent& logged, VerifyReport& report) {
  auto event = event_of(view_of(logged));
  if (!event) {
    report.add("log " + std::to_string(logged.pos) + ": " + logged.type + " of " + stream_text(logged.stream) + " cannot be read");
    return Done{};
  }
  event->pos = {logged.pos};
  WorkingSet set(rows_);
  fechatter::apply(set, *event);
  return rows_.upsert(set.changes(), 0);
}

Result<Done> Rebuild::compare(VerifyReport& report) {
  for (const RowEntry& row : all_rows())
    if (!row.secret)
      if (auto done = compare(*row.type, report); !done) return done;
  return Done{};
}

Result<Done> Rebuild::compare(const Type& type, VerifyReport& report) {
  const auto differing = rows_of("main", type, Columns::all) + " except " + rows_of("temp", type, Columns::all);
  if (auto done = find(differing, type, "is not what the log says", report); !done) return done;
  return find(rows_of("temp", type, Columns::key) + " except " + rows_of("main", type, Columns::key), type, "is missing", report);
}

Result<Done> Rebuild::find(const std::string& sql, const Type& type, std::string_view says, VerifyReport& report) {
  auto s = db_.statement(sql);
  if (!s) return s.error();
  for (;;) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) break;
    report.add(std::string(type.name) + " (" + key_text(*s, type) + ") " + std::string(says));
  }
  s->reset();
  return Done{};
}

}  // namespace fechatter
