#include "sdk/store/text_index.hpp"
#include <algorithm>
#include "sdk/core/text/tokens.hpp"

namespace fechatter {
namespace {
const std::string& text_of(const Type& type, const void* row) {
  static const std::string none;
  if (!row) return none;
  for (const Field& f : type.fields)
    if (f.rules.search) return *reinterpret_cast<const std::string*>(static_cast<const char*>(row) + f.offset);
  return none;
}

class WordsByRow : public TextIndex {
 public:
  Result<Done> apply(Database& db, const Type& type, std::vector<Change>& changes) override {
    std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.rowid < b.rowid; });  // one segment for all
    for (const Change& c : changes)
      if (auto done = apply(db, std::string(type.name) + "_text", c.rowid, text_of(type, c.before.get()), text_of(type, c.now)); !done) return done;
    return Done{};
  }

 private:
  static Result<Done> apply(Database& db, const std::string& table, std::int64_t rowid, const std::string& before, const std::string& now) {
    if (before == now) return Done{};
    if (!before.empty()) {
      auto s = db.statement("delete from " + table + " where rowid=?1");
      if (!s) return s.error();
      if (auto done = s->bind(1, rowid).run(); !done) return done;
    }
    if (now.empty()) return Done{};
    auto s = db.statement("insert into " + table + "(rowid,text) values(?1,?2)");
    return s ? s->bind(1, rowid).lend(2, text::index_text(now)).run() : Result<Done>(s.error());
  }
};
}  // namespace

std::unique_ptr<TextIndex> words_by_row() { return std::make_unique<WordsByRow>(); }

}  // namespace fechatter
