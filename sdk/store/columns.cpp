#include "sdk/store/columns.hpp"
#include <algorithm>
#include <cstring>
#include "sdk/core/text/utf8.hpp"
#include "sdk/describe/json.hpp"
#include "sdk/describe/row_sql.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
const void* member(const Field& f, const void* row) { return static_cast<const char*>(row) + f.offset; }
void* member(const Field& f, void* row) { return static_cast<char*>(row) + f.offset; }
std::int64_t number(const Type& t, const void* p) {
  if (t.size == 8) return *static_cast<const std::int64_t*>(p);
  return t.size == 4 ? *static_cast<const std::int32_t*>(p) : *static_cast<const std::uint8_t*>(p);
}
// What a damaged file holds must not reach a reader as broken JSON.
std::string readable(std::string_view text) {
  if (valid_utf8(text)) return std::string(text);
  std::string out;
  for (const auto& c : text::CodePoints(text)) text::append(out, c.value);
  return out;
}
constexpr std::uint8_t kNoChoice = 255;  // a number that a damaged file has for a role, a state: equal to none, weaker than all
std::uint64_t big_endian(const char* p) {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | static_cast<unsigned char>(p[i]);
  return n;
}
}  // namespace

void bind_field(Statement& s, int i, const Type& t, const void* p, std::int64_t base) {
  switch (t.kind) {
    case Kind::maybe:
      if (const void* v = t.at(p, 0)) bind_field(s, i, *t.item, v, base);
      else s.bind_null(i);
      break;
    case Kind::id: s.lend_blob(i, p, 16); break;
    case Kind::text: s.lend(i, *static_cast<const std::string*>(p)); break;
    case Kind::position: {
      const std::int64_t v = *static_cast<const std::int64_t*>(p);
      s.bind(i, v < 0 ? base - v : v);
      break;
    }
    case Kind::list:
    case Kind::record:
    case Kind::json: {
      std::string json;
      write_json(t, p, json);
      s.bind(i, std::string_view(json));
      break;
    }
    default: s.bind(i, number(t, p));
  }
}

void read_field(Statement& s, int c, const Type& t, void* p) {
  switch (t.kind) {
    case Kind::maybe:
      if (!s.is_null(c)) read_field(s, c, *t.item, t.add(p));
      break;
    case Kind::id: {
      const auto bytes = s.text(c);
      if (bytes.size() == 16) std::memcpy(p, bytes.data(), 16);
      break;
    }
    case Kind::text: *static_cast<std::string*>(p) = readable(s.text(c)); break;
    case Kind::boolean: *static_cast<bool*>(p) = s.integer(c) != 0; break;
    case Kind::choice: {
      const auto n = s.integer(c);
      *static_cast<std::uint8_t*>(p) = n >= 0 && n < static_cast<std::int64_t>(t.choices.size()) ? static_cast<std::uint8_t>(n) : kNoChoice;
      break;
    }
    case Kind::list:
    case Kind::record:
    case Kind::json: (void)read_json(s.text(c), t, p, Reading::tolerant); break;
    default:
      if (t.size == 8) *static_cast<std::int64_t*>(p) = s.integer(c);
      else if (t.size == 4) *static_cast<std::int32_t*>(p) = static_cast<std::int32_t>(s.integer(c));
      else *static_cast<std::uint8_t*>(p) = static_cast<std::uint8_t>(s.integer(c));
  }
}

void bind_key(Statement& s, const Type& type, const RowKey& key) {
  const char* p = key.data();
  int i = 0;
  for (const Field& f : type.fields) {
    if (!f.rules.key) continue;
    ++i;
    if (f.type->kind == Kind::id) {
      s.lend_blob(i, p, 16), p += 16;
    } else if (f.type->kind == Kind::text) {
      const auto* n = reinterpret_cast<const unsigned char*>(p);
      const std::size_t size = static_cast<std::size_t>(n[0]) << 24 | static_cast<std::size_t>(n[1]) << 16 | static_cast<std::size_t>(n[2]) << 8 | n[3];
      s.lend(i, std::string_view(p + 4, size)), p += 4 + size;
    } else {
      s.bind(i, static_cast<std::int64_t>(big_endian(p))), p += 8;
    }
  }
}

std::shared_ptr<void> read_row(Statement& s, const Type& type) {
  auto row = type.make();
  const auto fields = type.fields;
  std::size_t next = 0;
  for (int c = 0; c < s.columns(); ++c) {
    const auto name = s.column_name(c);
    for (std::size_t n = 0; n < fields.size(); ++n) {
      const Field& f = fields[(next + n) % fields.size()];
      if (f.name != name) continue;
      read_field(s, c, *f.type, member(f, row.get()));
      next = (next + n + 1) % fields.size();
      break;
    }
  }
  return row;
}

/// The statements of one row type.
struct SqliteRows::Table {
  struct Text {
    std::string sql;
    std::optional<Statement> ready{};  // looked up once: the connection finds statements by their text, which is long
  };
  Text select, upsert, remove;
  bool searched = false;
  Text insert, find;  // of one that is searched: where the row is new, and what it was before where it is not
};

SqliteRows::Table& SqliteRows::table(const Type& type) {
  auto& kept = tables_[&type];
  if (kept) return *kept;
  auto t = std::make_shared<Table>();
  t->select.sql = select_sql(type, Dialect::sqlite), t->upsert.sql = upsert_sql(type, Dialect::sqlite);
  const std::string& select = t->select.sql;
  t->remove.sql = "delete " + select.substr(select.find("from"));
  t->searched = std::any_of(type.fields.begin(), type.fields.end(), [](const Field& f) { return f.rules.search; });
  t->insert.sql = t->upsert.sql.substr(0, t->upsert.sql.find(" on conflict(")) + " on conflict do nothing";
  t->find.sql = "select rowid," + select.substr(select.find(' '));
  kept = std::move(t);
  return *kept;
}

template <class Text> Result<Statement> SqliteRows::ready(Text& text) {
  if (text.ready) return text.ready->reset(), *text.ready;
  auto s = db_.statement(text.sql);
  if (s) text.ready = *s;
  return s;
}

std::shared_ptr<void> SqliteRows::load(const Type& type, const RowKey& key) {
  auto s = ready(table(type).select);
  if (!s) return failed_ = s.error(), nullptr;
  bind_key(*s, type, key);
  auto row = s->step();
  if (!row) return failed_ = row.error(), nullptr;
  auto found = *row ? read_row(*s, type) : nullptr;
  s->reset();
  return found;
}

Result<Done> SqliteRows::upsert(const Type& type, const void* row, std::int64_t base) {
  Changes texts;
  if (auto done = write(type, row, base, texts); !done) return done;
  return index(type, texts);
}
Result<Done> SqliteRows::upsert(const RowChanges& changes, std::int64_t base) {
  std::vector<Changes> texts(changes.size());
  std::size_t n = 0;
  for (const auto& [type, rows] : changes) {
    Changes& mine = texts[n++];
    for (const auto& row : rows)
      if (auto done = write(*type, row.get(), base, mine); !done) return done;
  }
  n = 0;
  for (const auto& [type, rows] : changes)
    if (auto done = index(*type, texts[n++]); !done) return done;
  return Done{};
}

template <class Text> Result<std::int64_t> SqliteRows::store(Text& text, const Type& type, const void* row, std::int64_t base) {
  auto s = ready(text);
  if (!s) return s.error();
  int i = 0;
  for (const Field& f : type.fields) bind_field(*s, ++i, *f.type, member(f, row), base);
  return s->insert();
}

Result<std::size_t> SqliteRows::add(const Type& type, const std::vector<const void*>& rows) {
  Table& t = table(type);
  Changes texts;
  std::size_t added = 0;
  for (const void* row : rows) {
    const auto fresh = insert(t, type, row, 0, texts);
    if (!fresh) return fresh.error();
    added += *fresh;
  }
  const auto done = index(type, texts);
  return done ? Result<std::size_t>(added) : Result<std::size_t>(done.error());
}

// False: its key is held.
Result<bool> SqliteRows::insert(Table& t, const Type& type, const void* row, std::int64_t base, Changes& texts) {
  if (failed_) return *std::exchange(failed_, std::nullopt);
  const auto rowid = store(t.insert, type, row, base);
  if (!rowid) return rowid.error();
  if (*rowid && t.searched) texts.push_back({*rowid, nullptr, row});
  return *rowid != 0;
}

Result<Done> SqliteRows::write(const Type& type, const void* row, std::int64_t base, Changes& texts) {
  if (failed_) return *std::exchange(failed_, std::nullopt);
  Table& t = table(type);
  if (t.searched) {
    const auto fresh = insert(t, type, row, base, texts);
    if (!fresh) return fresh.error();
    if (*fresh) return Done{};
    auto held = find(t, type, row_key(type, row));
    if (!held) return held.error();
    texts.push_back({held->rowid, std::move(held->before), row});
  }
  const auto done = store(t.upsert, type, row, base);
  return done ? Result<Done>(Done{}) : Result<Done>(done.error());
}

Result<TextIndex::Change> SqliteRows::find(Table& t, const Type& type, const RowKey& key) {
  auto s = ready(t.find);
  if (!s) return s.error();
  bind_key(*s, type, key);
  auto row = s->step();
  if (!row) return row.error();
  TextIndex::Change held;
  if (*row) held = {s->integer(0), read_row(*s, type), nullptr};
  s->reset();
  return held;
}

Result<Done> SqliteRows::index(const Type& type, Changes& texts) { return texts.empty() ? Result<Done>(Done{}) : index_->apply(db_, type, texts); }

Result<Done> SqliteRows::erase(const Type& type, const RowKey& key) {
  Table& t = table(type);
  Changes texts;
  if (t.searched) {
    auto held = find(t, type, key);
    if (!held) return held.error();
    if (held->before) texts.push_back(std::move(*held));
  }
  auto s = ready(t.remove);
  if (!s) return s.error();
  bind_key(*s, type, key);
  if (auto done = s->run(); !done) return done;
  return index(type, texts);
}

}  // namespace fechatter
