// The search language: what it makes is taken by FTS5, and FTS5 finds what the language means.
#include "sdk/core/text/query.hpp"
#include <sqlite3.h>
#include "sdk/core/text/tokens.hpp"
#include "sdk/core/text/utf8.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;
using namespace fechatter::text;

namespace {
// One row, for as long as one input.
class Table {
 public:
  Table() {
    HOLDS(sqlite3_open(":memory:", &db_) == SQLITE_OK);
    HOLDS(sqlite3_exec(db_, "create virtual table t using fts5(text, tokenize='ascii')", nullptr, nullptr, nullptr) == SQLITE_OK);
    put_ = prepare("insert into t(rowid, text) values(1, ?1)"), begin_ = prepare("begin"), back_ = prepare("rollback");
    match_ = prepare("select count(*) from t where t match ?1");
    exclude_ = prepare("select count(*) from t where rowid not in (select rowid from t where t match ?1)");
  }
  void put(const std::string& text) {
    (void)run(begin_, {});
    (void)run(put_, text);
  }
  void take_back() { (void)run(back_, {}); }
  bool finds(const std::string& match) { return run(match_, match) == 1; }
  bool spares(const std::string& exclude) { return run(exclude_, exclude) == 1; }

 private:
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* s = nullptr;
    HOLDS(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr) == SQLITE_OK);
    return s;
  }
  int run(sqlite3_stmt* s, const std::string& text) {
    if (sqlite3_bind_parameter_count(s) > 0) sqlite3_bind_text(s, 1, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    const int rc = sqlite3_step(s);
    HOLDS(rc == SQLITE_ROW || rc == SQLITE_DONE);
    const int n = rc == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_reset(s);
    return n;
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt *put_, *begin_, *back_, *match_, *exclude_;
};

void check_highlights(const Query& q, std::string_view body) {
  std::size_t at = 0;
  for (const Highlight& h : highlights(q, body)) {
    HOLDS(h.begin >= at && h.begin < h.end && h.end <= body.size());
    at = h.end;
  }
}
}  // namespace

FUZZ_TARGET(query) {
  static Table table;
  const auto split = std::min(bytes.find('\0'), bytes.size());
  const std::string_view asked = bytes.substr(0, split), body = bytes.substr(std::min(split + 1, bytes.size()));
  const auto q = parse_query(asked);
  if (!q) {
    HOLDS(q.error().code == Code::invalid_argument && q.error().field == "q" && !q.error().message.empty());
    return;
  }
  HOLDS(asked.size() <= kMaxQueryBytes);
  HOLDS(q->terms.size() + q->from.size() + q->in.size() <= kMaxQueryTerms);
  for (const Term& t : q->terms) HOLDS(!tokenise(t.text).empty() && is_valid(t.text));
  check_highlights(*q, body);
  const std::string match = fts_match(*q), exclude = fts_exclude(*q);
  HOLDS(is_valid(match) && is_valid(exclude));
  if (match.empty() && exclude.empty()) return HOLDS(matches(*q, body));
  table.put(index_text(body));
  const bool found = match.empty() ? table.spares(exclude) : table.finds(match);
  table.take_back();
  HOLDS(found == matches(*q, body));
}
