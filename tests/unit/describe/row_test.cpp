// The SQL that a description makes, run on a real database; and the bytes of a key.
#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <memory>
#include "sdk/describe/row_key.hpp"
#include "sdk/describe/row_sql.hpp"
#include "tests/unit/describe/sample.hpp"

using namespace sample;

namespace {
struct Database {
  sqlite3* db = nullptr;
  Database() { REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK); }
  ~Database() { sqlite3_close(db); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  // The columns of the first row, with | between; empty: no row.
  std::string run(const std::string& sql, const std::vector<std::string>& values = {}) {
    sqlite3_stmt* s = nullptr;
    INFO(sql);
    INFO(sqlite3_errmsg(db));
    REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &s, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> own(s, sqlite3_finalize);
    REQUIRE(sqlite3_bind_parameter_count(s) == static_cast<int>(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) bind(s, static_cast<int>(i) + 1, values[i]);
    std::string out;
    const int code = sqlite3_step(s);
    REQUIRE((code == SQLITE_ROW || code == SQLITE_DONE));
    for (int i = 0; code == SQLITE_ROW && i < sqlite3_column_count(s); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, i));
      (out += i ? "|" : "") += text ? text : "null";
    }
    return out;
  }
  static void bind(sqlite3_stmt* s, int i, const std::string& v) {  // "#…": a blob, "null", digits, else text
    if (v == "null") sqlite3_bind_null(s, i);
    else if (v.starts_with('#')) sqlite3_bind_blob(s, i, v.data() + 1, static_cast<int>(v.size()) - 1, SQLITE_TRANSIENT);
    else if (v.find_first_not_of("0123456789") == v.npos) sqlite3_bind_int64(s, i, std::stoll(v));
    else sqlite3_bind_text(s, i, v.data(), static_cast<int>(v.size()), SQLITE_TRANSIENT);
  }
};
}  // namespace

TEST_CASE("rows are created, upserted by their columns' rules, and found by key") {
  Database d;
  const Type& t = type_of<Row>;
  d.run(create_table_sql(t, Dialect::sqlite));
  d.run(create_table_sql(type_of<Mark>, Dialect::sqlite));
  const auto upsert = [&](std::string rev, std::string seq, std::string best, std::string title, std::string owner) {
    d.run(upsert_sql(t, Dialect::sqlite), {"#c", "n x", "1", rev, "9", seq, best, title, "1", "2", "5", owner, "[\"a\"]", "group"});
  };
  const auto row = [&] { return d.run(select_sql(t, Dialect::sqlite), {"#c", "n x", "1"}); };
  CHECK(row().empty());
  upsert("5", "10", "null", "first", "#o");
  CHECK(row() == "c|n x|1|5|9|10|null|first|1|2|5|o|[\"a\"]|group");
  upsert("4", "7", "3", "second", "null");  // a lower rev is the working set's to stop
  CHECK(row() == "c|n x|1|4|9|10|3|first|1|2|5|null|[\"a\"]|group");
  upsert("6", "11", "2", "third", "null");
  CHECK(row() == "c|n x|1|6|9|11|3|first|1|2|5|null|[\"a\"]|group");
  upsert("6", "11", "null", "third", "null");
  CHECK(row() == "c|n x|1|6|9|11|3|first|1|2|5|null|[\"a\"]|group");
  CHECK(d.run("select count(*) from row") == "1");

  d.run(upsert_sql(type_of<Mark>, Dialect::sqlite), {"#m"});
  d.run(upsert_sql(type_of<Mark>, Dialect::sqlite), {"#m"});  // nothing but a key
  CHECK(d.run(select_sql(type_of<Mark>, Dialect::sqlite), {"#m"}) == "m");
}

TEST_CASE("tables are strict, nullable only where empty is a value, and without rowid under a composite key") {
  Database d;
  d.run(create_table_sql(type_of<Row>, Dialect::sqlite));
  d.run(create_table_sql(type_of<Mark>, Dialect::sqlite));
  CHECK(
      d.run(
          "select group_concat(name || ' ' || type || ' ' || \"notnull\", ',') from pragma_table_info('row') where name in ('best','tags','open','chat_id')") ==
      "chat_id BLOB 1,best INTEGER 0,open INTEGER 1,tags TEXT 1");
  CHECK(d.run("select group_concat(wr || strict, ',') from (select wr, strict from pragma_table_list where name in ('row','mark') order by name)") == "01,11");
  CHECK(d.run("select group_concat(name, ',') from (select name from pragma_table_info('row') where pk > 0 order by pk)") == "chat_id,name,shard");
}

TEST_CASE("the PostgreSQL forms take arrays, and positions count from the batch's base") {
  CHECK(create_table_sql(type_of<Mark>, Dialect::postgres) == "create table \"mark\"(\n  \"id\" uuid not null,\n  primary key(\"id\"));\n");
  CHECK(upsert_sql(type_of<Mark>, Dialect::postgres) ==
        "insert into \"mark\"(\"id\") select \"id\" from unnest($1::uuid[]) u(\"id\") on conflict(\"id\") do nothing");
  CHECK(select_sql(type_of<Mark>, Dialect::postgres) == "select \"id\" from \"mark\" join unnest($1::uuid[]) k(\"id\") using(\"id\")");
  const std::string upsert = upsert_sql(type_of<Row>, Dialect::postgres);
  CHECK(upsert.find("case when \"pos\"<0 then $15::bigint-\"pos\" else \"pos\" end") != upsert.npos);
  CHECK(upsert.find("\"best\"=greatest(excluded.\"best\",\"row\".\"best\")") != upsert.npos);
  CHECK(upsert.find("\"first_title\"=") == upsert.npos);
  std::string types;
  for (const Field& f : type_of<Row>.fields) (types += types.empty() ? "" : " ") += column_type(f, Dialect::postgres);
  CHECK(types == "uuid text integer bigint bigint bigint bigint text boolean smallint bigint uuid jsonb text");
}

TEST_CASE("a key is the same bytes from a row and from its parts") {
  Row row;
  row.chat_id = *ChatId::parse(kId);
  row.name = "ab";
  row.shard = 258;
  const RowKey key = row_key(type_of<Row>, &row);
  CHECK(key == make_key(row.chat_id, std::string_view("ab"), std::int64_t{258}));
  REQUIRE(key.size() == 16 + 4 + 2 + 8);
  CHECK(key.substr(16, 4) == std::string("\0\0\0\2", 4));
  CHECK(key.substr(22) == std::string("\0\0\0\0\0\0\1\2", 8));
  CHECK(make_key(std::int64_t{255}) < make_key(std::int64_t{256}));
  CHECK(make_key(std::string_view("a"), std::string_view("bc")) != make_key(std::string_view("ab"), std::string_view("c")));
}

TEST_CASE("a key of one byte is read as one byte") {
  struct Small {
    Role role;
    bool flag;
  };
  static constexpr Field fields[] = {{"role", &type_of<Role>, 0, {.key = true}}, {"flag", &type_of<bool>, 1, {.key = true}}};
  const Type t{Kind::record, sizeof(Small), alignof(Small), "small", fields};
  const auto small = std::make_unique<Small>(Small{Role::member, true});
  CHECK(row_key(t, small.get()) == make_key(std::int64_t{2}, std::int64_t{1}));
}
