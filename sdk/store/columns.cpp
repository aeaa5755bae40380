#include "sdk/store/columns.hpp"
#include <cstring>
#include "sdk/core/text/tokens.hpp"
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
const Field* search_field(const Type& type) {
  for (const Field& f : type.fields)
    if (f.rules.search) return &f;
  return nullptr;
}
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
    case Kind::id: s.bind_blob(i, p, 16); break;
    case Kind::text: s.bind(i, std::string_view(*static_cast<const std::string*>(p))); break;
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
      s.bind_blob(i, p, 16), p += 16;
    } else if (f.type->kind == Kind::text) {
      const auto* n = reinterpret_cast<const unsigned char*>(p);
      const std::size_t size = static_cast<std::size_t>(n[0]) << 24 | static_cast<std::size_t>(n[1]) << 16 | static_cast<std::size_t>(n[2]) << 8 | n[3];
      s.bind(i, std::string_view(p + 4, size)), p += 4 + size;
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

struct SqliteRows::Texts {
  std::string select, upsert, remove;
  const Field* search = nullptr;
};

const SqliteRows::Texts& SqliteRows::texts(const Type& type) {
  auto& kept = texts_[&type];
  if (kept) return *kept;
  auto t = std::make_shared<Texts>();
  t->select = select_sql(type, Dialect::sqlite);
  t->upsert = upsert_sql(type, Dialect::sqlite);
  t->search = search_field(type);
  if (t->search) t->upsert += " returning rowid";
  std::string where;
  int i = 0;
  for (const Field& f : type.fields)
    if (f.rules.key) where += (i ? " and \"" : "\"") + std::string(f.name) + "\"=?" + std::to_string(i + 1), ++i;
  t->remove = "delete from \"" + std::string(type.name) + "\" where " + where + (t->search ? " returning rowid" : "");
  kept = std::move(t);
  return *kept;
}

std::shared_ptr<void> SqliteRows::load(const Type& type, const RowKey& key) {
  auto s = db_.statement(texts(type).select);
  if (!s) return failed_ = s.error(), nullptr;
  bind_key(*s, type, key);
  auto row = s->step();
  if (!row) return failed_ = row.error(), nullptr;
  auto found = *row ? read_row(*s, type) : nullptr;
  s->reset();
  return found;
}

Result<Done> SqliteRows::upsert(const Type& type, const void* row, std::int64_t base) {
  if (failed_) return *std::exchange(failed_, std::nullopt);
  const Texts& t = texts(type);
  auto s = db_.statement(t.upsert);
  if (!s) return s.error();
  int i = 0;
  for (const Field& f : type.fields) bind_field(*s, ++i, *f.type, member(f, row), base);
  auto stepped = s->step();
  if (!stepped) return stepped.error();
  const std::int64_t rowid = *stepped ? s->integer(0) : 0;
  s->reset();
  return t.search ? index(type, *t.search, row, rowid) : Result<Done>(Done{});
}

// The index has the folded words of the text, every CJK character by itself; an emptied text leaves it.
Result<Done> SqliteRows::index(const Type& type, const Field& field, const void* row, std::int64_t rowid) {
  const auto& body = *static_cast<const std::string*>(member(field, row));
  const std::string table = std::string(type.name) + "_text";
  if (body.empty()) {
    auto s = db_.statement("delete from " + table + " where rowid=?1");
    return s ? s->bind(1, rowid).run() : Result<Done>(s.error());
  }
  auto s = db_.statement("insert or replace into " + table + "(rowid,text) values(?1,?2)");
  return s ? s->bind(1, rowid).bind(2, std::string_view(text::index_text(body))).run() : Result<Done>(s.error());
}

Result<Done> SqliteRows::upsert(const RowChanges& changes, std::int64_t base) {
  for (const auto& [type, rows] : changes)
    for (const auto& row : rows)
      if (auto done = upsert(*type, row.get(), base); !done) return done;
  return Done{};
}

Result<Done> SqliteRows::erase(const Type& type, const RowKey& key) {
  const Texts& t = texts(type);
  auto s = db_.statement(t.remove);
  if (!s) return s.error();
  bind_key(*s, type, key);
  auto gone = s->step();
  if (!gone) return gone.error();
  const std::int64_t rowid = *gone && t.search ? s->integer(0) : 0;
  s->reset();
  if (rowid == 0) return Done{};
  auto text = db_.statement("delete from " + std::string(type.name) + "_text where rowid=?1");
  return text ? text->bind(1, rowid).run() : Result<Done>(text.error());
}

}  // namespace fechatter
