#include "sdk/client/sync/cache.hpp"
#include <algorithm>
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

// Any change of a description is another version: the cache is built anew, nothing is migrated.
std::int64_t schema_version(const std::string& sql) {
  std::uint32_t h = 2166136261u;  // FNV-1a
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
}  // namespace

std::vector<ChatId> ids_of(Result<Statement> s) {
  std::vector<ChatId> list;
  if (!s) return list;
  for (auto more = s->step(); more && *more; more = s->step()) list.push_back(s->id<ChatId>(0));
  s->reset();
  return list;
}

Result<std::unique_ptr<Cache>> Cache::open(Options options) {
  std::unique_ptr<Cache> cache(new Cache(std::move(options)));
  auto done = cache->attach();
  if (!done && done.error().code == Code::corrupt) done = cache->rebuild();
  if (!done) return Error{done.error().code, "cache.db: " + done.error().message};
  return cache;
}

Result<Done> Cache::attach() {
  Database::Options o{options_.path, options_.vfs, Database::Sync::normal};
  o.exclusive = true;
  auto db = Database::open(o);
  if (!db) return db.error();
  db_ = std::move(*db);
  rows_ = std::make_unique<SqliteRows>(*db_);
  chats_.clear();
  return prepare();
}

Result<Done> Cache::prepare() {
  const std::string sql = schema();
  const std::int64_t have = db_->version(), want = schema_version(sql);
  if (have == want) return sound(*db_) ? Result<Done>(Done{}) : Result<Done>(Error{Code::corrupt, "the file is damaged"});
  if (have != 0 || single(*db_, "select count(*) from sqlite_schema") != 0) return Error{Code::corrupt, "of another version"};
  auto t = Transaction::begin(*db_);
  if (!t) return t.error();
  if (auto done = db_->run(sql); !done) return done;
  if (auto done = db_->run("pragma user_version=" + std::to_string(want)); !done) return done;
  return t->commit();
}

Result<Done> Cache::rebuild() {
  rows_.reset(), db_.reset();
  options_.set_aside(options_.path);
  return attach();
}

Result<Done> Cache::wipe() {
  auto t = Transaction::begin(*db_);
  if (!t) return t.error();
  for (const Type* type : tables())
    if (auto done = db_->run("delete from \"" + std::string(type->name) + '"'); !done) return done;
  if (auto done = db_->run("delete from messages_text"); !done) return done;
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

std::vector<std::shared_ptr<const MessageRow>> Cache::messages(ChatId chat, std::int64_t lo, std::int64_t hi, std::size_t limit) {
  auto s = db_->statement("select * from messages where chat_id=?1 and seq between ?2 and ?3 order by seq desc limit ?4");
  if (s) s->bind(1, chat).bind(2, lo).bind(3, hi).bind(4, limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit));
  auto list = rows_of<MessageRow>(std::move(s));
  std::reverse(list.begin(), list.end());
  return list;
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
