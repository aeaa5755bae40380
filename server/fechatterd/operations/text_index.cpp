#include "server/fechatterd/operations/text_index.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kLongestWord = 32768;  // bytes; the index keeps no more of one (FTS5_MAX_TOKEN_SIZE)

// An order-free sum over (word, document, place), and how many there were.
struct Sum {
  std::uint64_t hash = 0;
  std::int64_t words = 0;
  bool operator==(const Sum&) const = default;
  void add(std::string_view word, std::int64_t document, std::int64_t place) {
    word = word.substr(0, kLongestWord);
    std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a, then a finaliser: sums of plain FNV would cancel out
    for (const char c : word) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    for (const auto n : {static_cast<std::uint64_t>(document), static_cast<std::uint64_t>(place)}) {
      h = (h ^ n) * 0xff51afd7ed558ccd;
      h ^= h >> 33;
    }
    hash += h, ++words;
  }
};

bool in_word(char c) { return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// As FTS5's tokenizer `ascii` does it.
void add_words(std::string_view text, std::int64_t document, Sum& sum) {
  std::int64_t place = 0;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && in_word(text[i])) word += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    else if (!word.empty()) sum.add(word, document, place++), word.clear();
  }
}

template <class F> Result<Done> each(Database& db, std::string_view sql, F take) {
  auto s = db.statement(sql);
  if (!s) return s.error();
  for (;;) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) break;
    take(*s);
  }
  s->reset();
  return Done{};
}
}  // namespace

Result<Done> check_text_index(Database& db, VerifyReport& report) {
  if (auto done = db.run("create virtual table temp.indexed using fts5vocab(main, messages_text, instance)"); !done) return done;
  Sum index, texts;
  if (auto done = each(db, "select term, doc, offset from temp.indexed", [&](Statement& s) { index.add(s.text(0), s.integer(1), s.integer(2)); }); !done)
    return done;
  if (auto done = each(db, "select rowid, text from main.messages_text", [&](Statement& s) { add_words(s.text(1), s.integer(0), texts); }); !done) return done;
  if (index != texts)
    report.add("the full-text index has other words (" + std::to_string(index.words) + ") than the messages (" + std::to_string(texts.words) + ")");
  return Done{};
}

}  // namespace fechatter
