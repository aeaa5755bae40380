// fts_match on a real FTS5 table says what matches() says.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <set>

#include "sdk/core/text/query.hpp"
#include "sdk/core/text/tokens.hpp"

using namespace fechatter::text;

namespace {
class Table {
 public:
  Table() {
    REQUIRE(sqlite3_open(":memory:", &db_) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db_, "create virtual table t using fts5(text, tokenize='ascii')", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~Table() { sqlite3_close(db_); }
  void add(int id, const std::string& body) {
    const std::string text = index_text(body);
    each("insert into t(rowid, text) values(" + std::to_string(id) + ", ?1)", text);
  }
  std::set<int> rows(const std::string& sql, const std::string& match) { return each(sql, match); }

 private:
  std::set<int> each(const std::string& sql, const std::string& text) {
    sqlite3_stmt* s = nullptr;
    CAPTURE(sql, text);
    REQUIRE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) == SQLITE_OK);
    sqlite3_bind_text(s, 1, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    std::set<int> ids;
    int rc = 0;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) ids.insert(sqlite3_column_int(s, 0));
    CHECK(rc == SQLITE_DONE);
    sqlite3_finalize(s);
    return ids;
  }
  sqlite3* db_ = nullptr;
};

using Rng = std::mt19937;
std::string pick(Rng& rng, const std::vector<std::string>& from) { return from[rng() % from.size()]; }
const std::vector<std::string> kPieces = {"a",
                                          "ab",
                                          "abc",
                                          "Abc",
                                          "\u00E9",
                                          "e\u0301",
                                          "\u4E16",
                                          "\u754C",
                                          "\u4EBA",
                                          "\u3042",
                                          "\uFF21",
                                          "\u0401",
                                          "\U0001F468\u200D\U0001F469",
                                          "\U0001F44D\U0001F3FD",
                                          "_",
                                          "-x",
                                          ".",
                                          "\u3002",
                                          "\xFF",
                                          "\xE4\xBD",
                                          "'",
                                          "0",
                                          "\u0E01\u0E34",
                                          " ",
                                          " ",
                                          " ",
                                          " ",
                                          "\u200B",
                                          "OR",
                                          "NOT",
                                          ")"};

std::string body(Rng& rng) {
  std::string out;
  for (auto n = rng() % 12; n-- > 0;) out += pick(rng, kPieces);
  return out;
}
std::string query(Rng& rng) {
  std::string out;
  for (auto n = 1 + rng() % 4; n-- > 0;) {
    if (rng() % 4 == 0) out += '-';
    const bool quoted = rng() % 4 == 0;
    if (quoted) out += '"';
    for (auto m = 1 + rng() % 3; m-- > 0;) out += pick(rng, kPieces);
    if (quoted) out += '"';
    if (rng() % 4 == 0) out += '*';
    out += ' ';
  }
  return out;
}
}  // namespace

TEST_CASE("FTS5 finds what matches() finds, on a random corpus") {
  Rng rng(20240229);
  Table table;
  std::vector<std::string> bodies;
  for (int id = 0; id < 400; ++id) {
    bodies.push_back(body(rng));
    table.add(id, bodies.back());
  }
  std::size_t found = 0, excluded = 0, contradictions = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string text = query(rng);
    const auto q = parse_query(text);
    REQUIRE(q);
    std::set<int> expected;
    for (int id = 0; id < 400; ++id)
      if (matches(*q, bodies[static_cast<std::size_t>(id)])) expected.insert(id);
    contradictions += contradicts_itself(*q);
    REQUIRE((expected.empty() || !contradicts_itself(*q)));
    const std::string match = fts_match(*q), exclude = fts_exclude(*q);
    if (match.empty() && exclude.empty()) continue;
    const auto rows = match.empty() ? table.rows("select rowid from t where rowid not in (select rowid from t where t match ?1)", exclude)
                                    : table.rows("select rowid from t where t match ?1", match);
    CAPTURE(text, match, exclude);
    REQUIRE(rows == expected);
    found += rows.size(), excluded += !exclude.empty();
    for (int id : rows)
      for (const auto& h : highlights(*q, bodies[static_cast<std::size_t>(id)]))
        REQUIRE((h.begin < h.end && h.end <= bodies[static_cast<std::size_t>(id)].size()));
  }
  CHECK(found > 5000);
  CHECK(excluded > 100);
  CHECK(contradictions > 5);
}

TEST_CASE("the longest query is one FTS5 takes") {
  Table table;
  table.add(1, "a b");
  std::string many, cjk;
  for (int i = 0; i < 16; ++i) many += "a -z ";
  for (int i = 0; i < 170; ++i) cjk += "\u4E16";
  for (const auto& text : {many, cjk}) {
    const auto q = parse_query(text);
    REQUIRE(q);
    CHECK(table.rows("select rowid from t where t match ?1", fts_match(*q)).size() == matches(*q, "a b"));
  }
}
