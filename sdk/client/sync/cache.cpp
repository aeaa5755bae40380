#include "sdk/client/sync/cache.hpp"
#include <algorithm>
#include <new>
#include "sdk/client/search/held_index.hpp"
#include "sdk/describe/row_sql.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kCheckedPages = 4096;  // a file up to 16 MB is read through when it is opened
const Type* const kOwnTypes[] = {&type_of<MetaRow>, &type_of<ChatSyncRow>, &type_of<CoverageRow>, &type_of<WantedChatRow>, &type_of<SpaceRow>};

std::vector<const Type*> tables() {
  std::vector<const Type*> list(std::begin(kOwnTypes), std::end(kOwnTypes));
  for (const RowEntry& r : all_rows())
    if (!r.secret) list.push_back(r.type);
  return list;
}

std::string schema() {
  std::string sql;
  for (const Type* t : tables()) sql += create_table_sql(*t, Dialect::sqlite) + ";\n";
  return sql + std::string(embedded_sql("cache/indexes"));
}

// Any change of a description, or of the words of a message, is another version: the cache is built anew, nothing is migrated.
std::int64_t schema_version(const std::string& sql) {
  std::uint32_t h = 2166136261u + kWordsVersion;  // FNV-1a
  for (const char c : sql) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::int64_t>(h & 0x7fffffffu) | 1;
}

std::int64_t single(Database& db, std::string_view sql) {
  auto s = db.statement(sql);
  if (!s) return -1;
  auto row = s->step();
  const std::int64_t n = row && *row ? s->integer(0) : -1;
  s->reset();
  return n;
}
bool sound(Database& db) {
  if (single(db, "pragma page_count") > kCheckedPages) return true;
  auto s = db.statement("pragma quick_check(1)");
  if (!s) return false;
  auto row = s->step();
  const bool ok = row && *row && s->text(0) == "ok";
  s->reset();
  return ok;
}

Result<Done> create(Database& db, const std::string& sql, std::int64_t version, const std::string& owner) {
  auto t = Transaction::begin(db);
  if (!t) return t.error();
  if (auto done = db.run(sql); !done) return done;
  if (auto done = db.run("pragma user_version=" + std::to_string(version)); !done) return done;
  if (!owner.empty())
    if (auto done = SqliteRows(db).set(MetaRow{"owner", owner}); !done) return done;
  return t->commit();
}

const std::string kInMemory = ":memory:";  // in place of a path

// A file of ours, or one that is ours from now on. `fresh`: an old one must not be there any more.
Result<std::unique_ptr<Database>> opened(const std::string& path, const std::string& vfs, bool fresh, const std::string& owner) {
  Database::Options o{path, vfs, Database::Sync::normal};
  o.exclusive = true, o.in_memory = path == kInMemory;
  auto db = Database::open(o);
  if (!db) return db;
  const std::string sql = schema();
  const std::int64_t have = (*db)->version(), want = schema_version(sql);
  if (!fresh && have == want) {
    if (!sound(**db)) return Error{Code::corrupt, "the file is damaged"};
    return db;
  }
  if (have != 0 || single(**db, "select count(*) from sqlite_schema") != 0) return Error{Code::corrupt, "of another version"};
  if (auto done = create(**db, sql, want, owner); !done) return done.error();
  return db;
}
}  // namespace

std::vector<ChatId> ids_of(Result<Statement> s, std::optional<Error>* failed) {
  std::vector<ChatId> list;
  if (!s) return *failed = s.error(), list;
  for (;;) {
    auto more = s->step();
    if (!more) *failed = more.error();
    if (!more || !*more) break;
    list.push_back(s->id<ChatId>(0));
  }
  s->reset();
  return list;
}

std::vector<ChatId> Cache::ids(std::string_view sql, std::optional<Error>* failed) {
  std::optional<Error> unread;
  auto list = ids_of(db_->statement(sql), &unread);
  if (unread) rows_->fail(*unread);
  if (unread && failed) *failed = unread;
  return list;
}

Cache::Cache(Options o) : options_(std::move(o)) {
  if (!options_.remove) options_.remove = options_.set_aside;
}

Result<std::unique_ptr<Cache>> Cache::open(Options options) {
  std::unique_ptr<Cache> cache(new Cache(std::move(options)));
  auto db = opened(cache->options_.path, cache->options_.vfs, false, {});
  if (db) cache->use(std::move(*db));
  else if (db.error().code == Code::corrupt) (void)cache->rebuild({});
  else return Error{db.error().code, "cache.db: " + db.error().message};
  return cache;
}

void Cache::use(std::unique_ptr<Database> db) {
  rows_.reset(), chats_.clear(), tidied_ = 0;
  db_ = std::move(db);
  rows_ = std::make_unique<SqliteRows>(*db_, std::make_unique<HeldIndex>());
}

// What stands in the way once more is a file that could not be moved, or one of ours that was not finished.
Result<std::unique_ptr<Database>> Cache::new_file(const std::string& owner) {
  auto db = opened(options_.path, options_.vfs, true, owner);
  if (db) return db;
  options_.remove(options_.path);
  return opened(options_.path, options_.vfs, true, owner);
}

Result<Done> Cache::begin_anew(const TakeAway& take_away, const std::string& owner) {
  rows_.reset(), db_.reset();
  take_away(options_.path);
  auto db = new_file(owner);
  in_memory_ = !db;
  const auto outcome = db ? Result<Done>(Done{}) : Result<Done>(db.error());
  if (!db) db = opened(kInMemory, options_.vfs, true, owner);
  if (!db) throw std::bad_alloc();  // it needs nothing else
  use(std::move(*db));
  return outcome;
}

Result<Done> Cache::rebuild(const std::string& owner) {
  if (!in_memory_) return begin_anew(options_.set_aside, owner);
  auto db = new_file(owner);
  if (!db) return db.error();
  in_memory_ = false;
  use(std::move(*db));
  return Done{};
}

// A loss of power brings back what only the log of the file has forgotten.
Result<Done> Cache::wipe(const std::string& owner) { return clear(owner) && db_->empty_wal() ? Result<Done>(Done{}) : begin_anew(options_.remove, owner); }

Result<Done> Cache::clear(const std::string& owner) {
  auto t = Transaction::begin(*db_);
  if (!t) return t.error();
  for (const Type* type : tables())
    if (auto done = db_->run("delete from \"" + std::string(type->name) + '"'); !done) return done;
  if (auto done = db_->run("insert into messages_text(messages_text) values('delete-all')"); !done) return done;
  if (!owner.empty())
    if (auto done = set_meta("owner", owner); !done) return done;
  if (auto done = t->commit(); !done) return done;
  chats_.clear();
  return Done{};
}

ChatState* Cache::chat(ChatId id) {
  if (const auto it = chats_.find(id); it != chats_.end()) return &it->second;
  const auto sync = rows_->get<ChatSyncRow>(id);
  if (!sync) return nullptr;
  std::vector<HeldRange> ranges;
  auto s = db_->statement("select * from coverage where chat_id=?1");
  if (s) s->bind(1, id);
  std::optional<Error> failed;
  for (const auto& row : rows_of<CoverageRow>(std::move(s), &failed)) ranges.push_back({row->lo, row->hi, row->stale_rev});
  if (failed) return rows_->fail(*failed), nullptr;
  return &(chats_[id] = ChatState{*sync, Coverage(std::move(ranges))});
}

std::string Cache::meta(const std::string& name) {
  const auto row = rows_->get<MetaRow>(name);
  return row ? row->value : std::string{};
}
Result<Done> Cache::set_meta(const std::string& name, const std::string& value) { return rows_->set(MetaRow{name, value}); }

std::vector<std::shared_ptr<const MessageRow>> Cache::messages(ChatId chat, std::int64_t lo, std::int64_t hi, std::size_t limit, std::optional<Error>* unread) {
  auto s = db_->statement("select * from messages where chat_id=?1 and seq between ?2 and ?3 order by seq desc limit ?4");
  if (s) s->bind(1, chat).bind(2, lo).bind(3, hi).bind(4, limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit));
  std::optional<Error> failed;
  auto list = rows_of<MessageRow>(std::move(s), &failed);
  if (failed) rows_->fail(*failed);
  if (failed && unread) *unread = failed;
  std::reverse(list.begin(), list.end());
  return list;
}

// In pieces: their texts are read once more, to leave the index.
Result<Done> Cache::drop_messages(ChatId chat, std::int64_t below) {
  constexpr std::size_t kPiece = 500;
  for (;;) {
    auto s = db_->statement("select * from messages where chat_id=?1 and seq<?2 order by seq limit ?3");
    if (s) s->bind(1, chat).bind(2, below).bind(3, static_cast<std::int64_t>(kPiece));
    std::optional<Error> unread;
    const auto piece = rows_of<MessageRow>(std::move(s), &unread);
    if (unread) return *unread;
    for (const auto& row : piece)
      if (auto done = rows_->remove<MessageRow>(row->id); !done) return done;
    if (piece.size() < kPiece) return Done{};
  }
}

// A piece that changes nothing (but the index's own account of it) was the last.
bool Cache::tidy() {
  constexpr std::int64_t kPages = 64;
  const std::int64_t before = db_->total_changes();
  auto s = db_->statement("insert into messages_text(messages_text,rank) values('merge',?1)");
  if (!s || !s->bind(1, kPages).run()) return false;
  db_->maintain(kWal);
  tidied_ = db_->total_changes();
  return tidied_ - before >= 2;
}

std::shared_ptr<const MessageRow> Cache::newest(ChatId chat) {
  auto s = db_->statement("select * from messages where chat_id=?1 and deleted=0 order by seq desc limit 1");
  if (s) s->bind(1, chat);
  const auto list = rows_of<MessageRow>(std::move(s));
  return list.empty() ? nullptr : list.front();
}

std::int64_t Cache::count(std::string_view sql, ChatId chat, UserId user, std::int64_t after) {
  auto s = db_->statement(sql);
  if (!s) return 0;
  s->bind(1, chat).bind(2, user).bind(3, after);
  auto row = s->step();
  const std::int64_t n = row && *row ? s->integer(0) : 0;
  s->reset();
  return n;
}

}  // namespace fechatter
