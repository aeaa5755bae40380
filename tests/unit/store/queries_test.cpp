// What the named queries cost: which of them read a whole table, and how the rest grow with what they do not answer.
#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <map>
#include "sdk/store/embedded.hpp"
#include "sdk/store/functions.hpp"
#include "sdk/store/migrate.hpp"

using namespace fechatter;

namespace {
// SQLite itself, with the real schema: what is measured is asked of it, not of our own layer.
class Tables {
 public:
  Tables() {
    REQUIRE(sqlite3_open(":memory:", &db_) == SQLITE_OK);
    add_functions(db_);
    for (const EmbeddedSql& file : embedded_files())
      if (file.name.starts_with("server/")) run(std::string(file.text));
  }
  ~Tables() { sqlite3_close(db_); }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  void run(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) FAIL(error << " in " << sql);
  }
  std::int64_t number(const std::string& sql) {
    Prepared s(db_, sql);
    REQUIRE(sqlite3_step(s.get) == SQLITE_ROW);
    return sqlite3_column_int64(s.get, 0);
  }
  /// With every parameter bound to a number that is not 0: SQLite looks at values where an index is partial, and 0 is a lucky one.
  std::vector<std::string> plan(std::string_view sql) {
    Prepared s(db_, "explain query plan " + std::string(sql));
    for (int i = 1; i <= sqlite3_bind_parameter_count(s.get); ++i) sqlite3_bind_int64(s.get, i, 7);
    std::vector<std::string> lines;
    while (sqlite3_step(s.get) == SQLITE_ROW) lines.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(s.get, 3)));
    return lines;
  }
  struct Cost {
    int rows = 0, steps = 0;  // of SQLite's virtual machine
  };
  /// `values`: numbers, and texts as SQL has them ("x'00'", "'a'").
  Cost cost(std::string_view sql, const std::vector<std::string>& values) {
    Prepared s(db_, sql);
    for (std::size_t i = 0; i < values.size(); ++i) bind(s.get, static_cast<int>(i) + 1, values[i]);
    Cost c;
    while (sqlite3_step(s.get) == SQLITE_ROW) ++c.rows;
    c.steps = sqlite3_stmt_status(s.get, SQLITE_STMTSTATUS_VM_STEP, 0);
    return c;
  }
  Cost query(const std::string& name, const std::vector<std::string>& values) { return cost(embedded_sql("queries/" + name), values); }

 private:
  struct Prepared {
    sqlite3_stmt* get = nullptr;
    Prepared(sqlite3* db, std::string_view sql) {
      if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &get, nullptr) != SQLITE_OK) FAIL(sqlite3_errmsg(db) << " in " << sql);
    }
    ~Prepared() { sqlite3_finalize(get); }
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
  };
  void bind(sqlite3_stmt* s, int i, const std::string& text) {
    Prepared value(db_, "select " + text);
    REQUIRE(sqlite3_step(value.get) == SQLITE_ROW);
    sqlite3_bind_value(s, i, sqlite3_column_value(value.get, 0));
  }

  sqlite3* db_ = nullptr;
};

constexpr int kMany = 20'000;
constexpr int kFew = 3'000;  // steps: what some rows cost, and far less than one step for each of many
std::string n_rows(const std::string& insert) {
  return "with recursive n(i) as (select 1 union all select i + 1 from n where i < " + std::to_string(kMany) + ") insert into " + insert + " from n;";
}
std::string id(const std::string& n) { return "cast(printf('%016d', " + n + ") as blob)"; }
std::string message(const std::string& i, const std::string& reactions) {
  return "messages select " + id(i) + ", x'01', " + i + ", " + i + ", x'02', 'text', null, 0, null, 0, '" + reactions + "', '[]', 0, " + i + ", ''";
}
std::string event(const std::string& type, const std::string& subject) {
  return "log select i, 1, x'01', i, 0, '" + type + "', x'02', x'03', 0, " + subject + ", 0, '{}'";
}

// Those that read a whole table, and why they may.
const std::map<std::string, std::string> kMayScan = {
    {"log_head", "from its end, one row"},
    {"left_memberships", "once at every start"},
    {"workspace_owners", "an operator's command, by hand"},
};
// A table, or an index from end to end; not what was just computed, nor what is looked up in a virtual table.
bool scans(const std::vector<std::string>& plan) {
  const auto has = [&](const std::string& line) { return std::find(plan.begin(), plan.end(), line) != plan.end(); };
  return std::any_of(plan.begin(), plan.end(), [&](const std::string& line) {
    if (!line.starts_with("SCAN ") || line.find("VIRTUAL TABLE") != line.npos) return false;
    const std::string what = line.substr(5);
    return !has("CO-ROUTINE " + what) && !has("MATERIALIZE " + what);
  });
}
}  // namespace

TEST_CASE("no query reads a whole table, whatever it is asked, but for those that may") {
  Tables t;
  std::size_t queries = 0;
  for (const EmbeddedSql& file : embedded_files()) {
    if (!file.name.starts_with("queries/")) continue;
    ++queries;
    const std::string name(file.name.substr(8));
    std::string text = name;
    const auto plan = t.plan(file.text);
    for (const std::string& line : plan) text += "\n  " + line;
    INFO(text);
    REQUIRE_FALSE(plan.empty());
    CHECK(scans(plan) == (kMayScan.count(name) > 0));
  }
  CHECK(queries > 30);
}

TEST_CASE("the events of a chat cost what they are, not what the chat or the log has") {
  Tables t;
  t.run(n_rows(event("message_posted", "null")));
  const auto newest = t.query("chat_events", {"x'01'", std::to_string(kMany - 10), "1", "50"});
  CHECK(newest.rows == 10);
  CHECK(newest.steps < kFew);
  CHECK(t.query("chat_events", {"x'09'", "5", "1", "50"}).steps < kFew);
  const auto last = t.query("sync_events", {"x'01'", "1", "8", std::to_string(kMany / 2)});
  CHECK(last.rows == 8);
  CHECK(last.steps < kFew);
}

TEST_CASE("what changed costs what changed or what is in the range, whichever is less") {
  Tables t;
  t.run(n_rows(message("i", "[]")));
  const auto head = std::to_string(kMany), before = std::to_string(kMany - 1);
  const auto lately = t.query("messages_changed_lately", {"x'01'", before, "1", head, "200"});
  CHECK(lately.rows == 1);
  CHECK(lately.steps < kFew);
  const auto near = t.query("messages_changed", {"x'01'", "1", "100", "110", "200"});
  CHECK(near.rows == 11);
  CHECK(near.steps < kFew);
}

TEST_CASE("my reactions to two messages cost nothing for what lies between them") {
  Tables t;
  t.run(n_rows(message("i", "[{}]")));
  t.run(n_rows("reactions select " + id("i") + ", x'05', 'a', x'01', 1, 1"));
  const auto mine = t.query("my_reactions", {"x'01'", "x'05'", "'[1," + std::to_string(kMany) + "]'"});
  CHECK(mine.rows == 2);
  CHECK(mine.steps < kFew);
}

TEST_CASE("the channels of a workspace cost nothing for its other chats") {
  Tables t;
  const std::string columns = ", x'01', KIND, 'name', '', 0, 0, 2, 1, 0, 1, 1, 0, x'02', 0, ''";
  const auto chats = [&](const char* kind) { return std::string(columns).replace(columns.find("KIND"), 4, kind); };
  t.run(n_rows("chats select " + id("i") + chats("0")));
  for (int i = 1; i <= 5; ++i) t.run("insert into chats select " + id(std::to_string(i * 1000) + " + 1000000") + chats("3"));
  const auto channels = t.query("list_channels", {"x'01'", "x'02'", "x'00'", "50"});
  CHECK(channels.rows == 5);
  CHECK(channels.steps < kFew);
}

TEST_CASE("the rest of a leave costs nothing for all who left before") {
  Tables t;
  t.run(n_rows("workspace_members select x'01', " + id("i") + ", 2, 1, 0, i, i"));
  t.run(n_rows("members select x'09', " + id("i") + ", 2, 1, 1, 0, i, i"));
  CHECK(t.query("left_memberships_of", {"200", "x'01'", id("77")}).steps < kFew);
}

namespace {
std::string session(const std::string& n, std::int64_t made, std::int64_t expires, const char* revoked) {
  return "sessions select " + id(n) + ", x'02', '', " + std::to_string(made) + ", 0, " + std::to_string(expires) + ", 0, '', '', " + revoked;
}
constexpr std::int64_t kDay = 24 * 3600 * 1000;
}  // namespace

TEST_CASE("a person's live sessions cost nothing for those that ended") {
  Tables t;
  t.run(n_rows(session("i", 0, kDay, "1")));
  t.run(n_rows(session("i + 1000000", 0, 2, "0")));
  t.run("insert into " + session("5000000", 0, kDay, "0"));
  for (const auto& [name, values] :
       {std::pair<std::string, std::vector<std::string>>{"user_sessions", {"x'02'", "5"}}, {"list_sessions", {"x'02'", "5", "null", "null", "50"}}}) {
    const auto live = t.query(name, values);
    CHECK(live.rows == 1);
    CHECK(live.steps < kFew);
  }
}

TEST_CASE("what expired a month ago goes, a few with each new session, and what may still be of use stays") {
  Tables t;
  t.run(n_rows(session("i", 0, 10 * kDay, "i % 2")));
  t.run("insert into " + session("1000000", 0, 11 * kDay, "0"));
  const auto held = [&](const char* more = "") { return t.number(std::string("select count(*) from sessions where 1 ") + more); };
  REQUIRE(held() == kMany + 1);
  t.run("insert into " + session("2000000", 40 * kDay, 70 * kDay, "0"));  // not yet
  CHECK(held() == kMany + 2);
  t.run("insert into " + session("2000001", 40 * kDay + 1, 70 * kDay, "0"));
  CHECK(held() == kMany + 3 - 10);
  for (int i = 2; held("and expires_at = 10*24*3600*1000") > 0; ++i) {
    REQUIRE(i < 3 + kMany / 10);
    t.run("insert into " + session(std::to_string(2'000'000 + i), 40 * kDay + 1, 70 * kDay, "0"));
  }
  CHECK(held("and expires_at = 11*24*3600*1000") == 1);
}

TEST_CASE("a message's versions and its deletion cost nothing for the reactions it has had") {
  Tables t;
  t.run(n_rows(event("reaction_added", "x'07'")));
  t.run("insert into log select 1000000, 1, x'01', 1000000, 9, 'message_posted', x'02', x'03', 0, x'07', 0, '{}'");
  const auto versions = t.query("message_versions", {"x'07'", "1", "51"});
  CHECK(versions.rows == 1);
  CHECK(versions.steps < kFew);
}
