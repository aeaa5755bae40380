// Search in 1,000,000 held messages: words from the most common to the rarest, phrases, Chinese, every operator; the newest 50 hits of
// each query. Beside it a bare FTS5 MATCH with LIMIT 50 for the same words on the same file, in no order.
#include <sqlite3.h>
#include <cstdio>
#include <functional>
#include "sdk/client/client_impl.hpp"
#include "sdk/core/text/query.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/history.hpp"

namespace {
using namespace fechatter;
using bench::Speech;
constexpr std::size_t kQueries = 200, kHits = 50;

struct Sort {
  std::string name;
  std::function<std::string(Speech&)> query;
};
std::string person(Speech& s) { return "\"Person " + std::to_string(s.below(bench::kHeldPeople)) + '"'; }
// As often large as small.
std::string chat(Speech& s) { return "channel-" + std::to_string(s.once_in(2) ? s.below(20) : s.below(bench::kHeldChats)); }
std::string day(Speech& s) {
  const std::uint64_t n = s.below(730);
  char text[16];
  std::snprintf(text, sizeof text, "%d-%02d-%02d", n < 365 ? 2024 : 2025, static_cast<int>(n % 365 / 31) + 1, static_cast<int>(n % 28) + 1);
  return text;
}
std::string word_between(Speech& s, std::uint64_t from, std::uint64_t to) { return Speech::word(from + s.below(to - from)); }
// What somebody wrote, from the middle of it.
std::string said(Speech& s, std::size_t n) { return '"' + s.words(n) + '"'; }

std::vector<Sort> sorts() {
  return {
      {"a common word", [](Speech& s) { return word_between(s, 0, 50); }},
      {"a word", [](Speech& s) { return word_between(s, 50, 2000); }},
      {"a rare word", [](Speech& s) { return word_between(s, 2000, 30000); }},
      {"two common words", [](Speech& s) { return word_between(s, 0, 50) + ' ' + word_between(s, 0, 50); }},
      {"two words as people draw them", [](Speech& s) { return s.words(2); }},
      {"\"two words\"", [](Speech& s) { return said(s, 2); }},
      {"\"three words\"", [](Speech& s) { return said(s, 3); }},
      {"word -not", [](Speech& s) { return s.any_word() + " -" + s.any_word(); }},
      {"one Chinese character", [](Speech& s) { return s.characters(1); }},
      {"two Chinese characters", [](Speech& s) { return s.characters(2); }},
      {"three Chinese characters", [](Speech& s) { return s.characters(3); }},
      {"from:", [](Speech& s) { return "from:" + person(s); }},
      {"from: word", [](Speech& s) { return "from:" + person(s) + ' ' + s.any_word(); }},
      {"-from: word", [](Speech& s) { return "-from:" + person(s) + ' ' + s.any_word(); }},
      {"in: word", [](Speech& s) { return "in:" + chat(s) + ' ' + s.any_word(); }},
      {"in: Chinese", [](Speech& s) { return "in:" + chat(s) + ' ' + s.characters(2); }},
      {"before: word", [](Speech& s) { return "before:" + day(s) + ' ' + s.any_word(); }},
      {"after: word", [](Speech& s) { return "after:" + day(s) + ' ' + s.any_word(); }},
      {"on:", [](Speech& s) { return "on:" + day(s); }},
      {"has:link word", [](Speech& s) { return "has:link " + s.any_word(); }},
      {"has:reaction has:mention", [](Speech&) { return std::string("has:reaction has:mention"); }},
      {"has:reply word", [](Speech& s) { return "has:reply " + s.any_word(); }},
      {"is:edited word", [](Speech& s) { return "is:edited " + s.any_word(); }},
      {"is:unread word", [](Speech& s) { return "is:unread " + s.any_word(); }},
      {"from: in: after: word -not",
       [](Speech& s) { return "from:" + person(s) + " in:" + chat(s) + " after:" + day(s) + ' ' + s.any_word() + " -" + s.any_word(); }},
  };
}

class Bare {
 public:
  explicit Bare(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) bench::give_up("cannot open");
    if (sqlite3_prepare_v2(db_, "select rowid from messages_text where messages_text match ?1 limit 50", -1, &s_, nullptr) != SQLITE_OK)
      bench::give_up(sqlite3_errmsg(db_));
  }
  ~Bare() { sqlite3_finalize(s_), sqlite3_close(db_); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  /// The words of a query alone, in ms; nothing where it has none.
  std::optional<double> run(const std::string& query) {
    const std::string match = text::fts_match(*text::parse_query(query));
    if (match.empty()) return std::nullopt;
    const bench::Watch watch;
    sqlite3_bind_text(s_, 1, match.data(), static_cast<int>(match.size()), SQLITE_STATIC);
    while (sqlite3_step(s_) == SQLITE_ROW) {
    }
    sqlite3_reset(s_);
    return watch.seconds() * 1000;
  }

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* s_ = nullptr;
};

struct Times {
  std::vector<double> ours, bare;
  std::size_t hits = 0;
};
void print(const std::string& name, const Times& t) {
  bench::figure("  " + name + ", p99", bench::quantile(t.ours, 0.99), "ms", t.bare.empty() ? "" : "bare FTS5", bench::quantile(t.bare, 0.99));
}
}  // namespace

int main() {
  using namespace bench;
  Folder folder;
  write_history(folder.path + "/cache.db", {});
  std::vector<std::vector<std::string>> queries;
  Speech speech(2);
  for (const Sort& k : sorts()) {
    auto& mine = queries.emplace_back();
    for (std::size_t i = 0; i < kQueries; ++i) mine.push_back(k.query(speech));
  }
  std::vector<Times> times(queries.size());
  {
    Bare bare(folder.path + "/cache.db");
    for (std::size_t k = 0; k < queries.size(); ++k)
      for (const std::string& q : queries[k])
        if (const auto ms = bare.run(q)) times[k].bare.push_back(*ms);
  }
  const auto runtime = Runtime::host_driven();
  auto client = Client::open(*runtime, {"http://127.0.0.1:9", folder.path});
  if (!client) give_up(client.error().message);
  Times all;
  for (std::size_t k = 0; k < queries.size(); ++k)
    for (const std::string& q : queries[k]) {
      const Watch watch;
      const auto hits = (*client)->search_local(q, kHits);
      times[k].ours.push_back(watch.seconds() * 1000);
      if (!hits) give_up(q + ": " + hits.error().message);
      times[k].hits += hits->size();
    }
  for (std::size_t k = 0; k < queries.size(); ++k) {
    all.ours.insert(all.ours.end(), times[k].ours.begin(), times[k].ours.end()), all.bare.insert(all.bare.end(), times[k].bare.begin(), times[k].bare.end());
    if (times[k].hits == 0) give_up("nothing is found by " + sorts()[k].name + ", as in " + queries[k].front());
  }
  figure("search in 1,000,000 held messages, newest 50, p50", quantile(all.ours, 0.5), "ms", "bare FTS5 MATCH with LIMIT", quantile(all.bare, 0.5));
  figure("search in 1,000,000 held messages, newest 50, p99", quantile(all.ours, 0.99), "ms", "bare FTS5 MATCH with LIMIT", quantile(all.bare, 0.99));
  for (std::size_t k = 0; k < queries.size(); ++k) print(sorts()[k].name, times[k]);
}
