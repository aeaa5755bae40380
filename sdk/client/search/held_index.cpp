#include "sdk/client/search/held_index.hpp"
#include <algorithm>
#include "sdk/core/text/query.hpp"
#include "sdk/core/text/tokens.hpp"

namespace fechatter {
namespace {
constexpr const char* kMark = "\u00ac";  // no letter and no separator of the tokenizer's
constexpr std::int64_t kSeconds = (std::int64_t{1} << 33) - 1;

template <class I> std::string id_mark(char kind, const I& id) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text = std::string(kMark) + kind;
  for (std::size_t i = 12; i < 16; ++i) text += hex[id.bytes[i] >> 4], text += hex[id.bytes[i] & 15];
  return text;
}

struct Entry {
  std::int64_t place = 0;
  std::string before, now;
};
Result<Done> write(Database& db, std::string_view sql, std::int64_t place, const std::string& text) {
  if (text.empty()) return Done{};
  auto s = db.statement(sql);
  return s ? s->bind(1, place).lend(2, text).run() : Result<Done>(s.error());
}
}  // namespace

std::int64_t last_place(Time t) { return (kSeconds - std::clamp<std::int64_t>(t.ms / 1000, 0, kSeconds)) << kRowBits | kRows; }
std::int64_t search_place(Time created_at, std::int64_t rowid) { return (last_place(created_at) & ~kRows) | (rowid & kRows); }

std::string everything_mark() { return kMark; }
std::string author_mark(UserId id) { return id_mark('a', id); }
std::string chat_mark(ChatId id) { return id_mark('c', id); }

std::string search_text(const MessageRow& m) {
  if (m.deleted) return {};
  std::string text = text::index_text(m.body);
  text += ' ' + everything_mark() + ' ' + author_mark(m.author_id) + ' ' + chat_mark(m.chat_id);
  const auto put = [&](bool holds, const char* mark) {
    if (holds) text += ' ', text += mark;
  };
  put(m.body.find("://") != std::string::npos && text::has_link(m.body), mark::link);
  put(!m.reactions.empty(), mark::reaction);
  put(!m.mentions.empty() || m.mentions_everyone, mark::mention);
  put(m.reply_to.has_value(), mark::reply);
  put(m.edited_at.has_value(), mark::edited);
  return text;
}

// In the order of the places: the index gathers what it is told in memory, and writes that out when it must go back.
Result<Done> HeldIndex::apply(Database& db, const Type&, std::vector<Change>& changes) {
  std::vector<Entry> entries;
  for (const Change& c : changes) {
    const auto *before = static_cast<const MessageRow*>(c.before.get()), *now = static_cast<const MessageRow*>(c.now);
    Entry e{search_place((before ? before : now)->created_at, c.rowid), before ? search_text(*before) : std::string{}, now ? search_text(*now) : std::string{}};
    if (e.before != e.now) entries.push_back(std::move(e));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.place < b.place; });
  for (const Entry& e : entries) {
    if (auto done = write(db, "insert into messages_text(messages_text,rowid,text) values('delete',?1,?2)", e.place, e.before); !done) return done;
    if (auto done = write(db, "insert into messages_text(rowid,text) values(?1,?2)", e.place, e.now); !done) return done;
  }
  return Done{};
}

}  // namespace fechatter
