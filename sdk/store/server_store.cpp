#include "sdk/store/server_store.hpp"
#include "sdk/describe/json.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {

/// One read transaction on a connection of its own.
class ServerSnapshot : public Snapshot {
 public:
  ServerSnapshot(ServerStore& store, std::unique_ptr<Database> db) : store_(store), db_(std::move(db)), rows_(*db_) { (void)db_->run("begin"); }
  ~ServerSnapshot() override {
    (void)db_->run("rollback");
    std::lock_guard lock(store_.idle_mutex_);
    if (store_.idle_.size() < 8) store_.idle_.push_back(std::move(db_));
  }
  std::shared_ptr<void> load(const Type& type, const RowKey& key) override { return rows_.load(type, key); }
  std::optional<Error> take_failure() override { return rows_.take_failure(); }
  Result<std::vector<std::shared_ptr<void>>> query(std::string_view name, const Type& row, std::span<const Value> values) override {
    auto found = look_up(name, row, values);
    if (!found) rows_.fail(found.error());
    return found;
  }

 private:
  Result<std::vector<std::shared_ptr<void>>> look_up(std::string_view name, const Type& row, std::span<const Value> values) {
    const auto sql = embedded_sql("queries/" + std::string(name));
    if (sql.empty()) return Error{Code::internal, "no query named " + std::string(name), {}};
    auto s = db_->statement(sql);
    if (!s) return s.error();
    int i = 0;
    for (const Value& v : values) {
      ++i;
      if (const auto* n = std::get_if<std::int64_t>(&v)) s->bind(i, *n);
      else if (const auto* text = std::get_if<std::string>(&v)) s->bind(i, std::string_view(*text));
      else if (const auto* id = std::get_if<AnyId>(&v)) s->bind(i, *id);
      else s->bind_null(i);
    }
    std::vector<std::shared_ptr<void>> rows;
    for (;;) {
      auto more = s->step();
      if (!more) return more.error();
      if (!*more) break;
      rows.push_back(read_row(*s, row));
    }
    s->reset();
    return rows;
  }

  ServerStore& store_;
  std::unique_ptr<Database> db_;
  SqliteRows rows_;
};

namespace {
constexpr std::int64_t kMergePages = 100;                       // of the full-text index, in one piece
constexpr std::int64_t kPieceMs = 20, kBusyMs = 500, kTidyMs = 10'000;

/// When the store cannot be read: every question is answered with why.
class NoSnapshot : public Snapshot {
 public:
  explicit NoSnapshot(Error error) : error_(std::move(error)) {}
  std::shared_ptr<void> load(const Type&, const RowKey&) override { return nullptr; }
  std::optional<Error> take_failure() override { return error_; }
  Result<std::vector<std::shared_ptr<void>>> query(std::string_view, const Type&, std::span<const Value>) override { return error_; }

 private:
  Error error_;
};
}  // namespace

Result<std::unique_ptr<ServerStore>> ServerStore::open(Options o) {
  auto db = Database::open({o.path, o.vfs, Database::Sync::full});
  if (!db) return db.error();
  std::unique_ptr<ServerStore> store(new ServerStore(std::move(o), std::move(*db)));
  if (auto done = store->prepare(); !done) return done.error();
  return store;
}

Result<Done> ServerStore::prepare() {
  if (auto done = migrate(*db_, "server"); !done) return done;
  auto insert = db_->statement("insert or ignore into log_epoch(one,epoch) values(1,?1)");
  if (!insert) return insert.error();
  if (auto done = insert->bind(1, options_.fresh_epoch).run(); !done) return done;
  auto s = db_->statement("select (select epoch from log_epoch), (select coalesce(max(position),0) from log), (select count(*) from untidy)");
  if (!s) return s.error();
  if (auto row = s->step(); !row) return row.error();
  epoch_ = s->id<AnyId>(0), head_ = s->integer(1), untidy_ = s->integer(2) > 0;
  s->reset();
  return Done{};
}

std::shared_ptr<void> ServerStore::load(const Type& type, const RowKey& key) { return rows_.load(type, key); }

void ServerStore::open_batch() {
  auto t = Transaction::begin(*db_);
  if (t) open_.emplace(std::move(*t));
  else rows_.fail(t.error());
}

Result<Committed> ServerStore::commit(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) {
  auto done = write(events, rows, redactions);
  open_.reset();
  stop_if_unflushed();
  if (!done) return done;
  head_ = done->to;
  untidy_ |= !redactions.empty();
  db_->maintain(options_.wal_limit);
  stop_if_unflushed();
  return done;
}

void ServerStore::stop_if_unflushed() {
  if (db_->flush_failed() && options_.fatal) options_.fatal("flushing the database failed; what it holds is unknown");
}

Result<Committed> ServerStore::write(const std::vector<Event>& events, const RowChanges& rows, const std::vector<AnyId>& redactions) {
  if (!open_) open_batch();
  if (auto failure = rows_.take_failure()) return *failure;
  if (auto done = redact(redactions); !done) return done.error();
  Committed c{head_, head_, {}};
  c.events.reserve(events.size());
  for (const Event& e : events)
    if (auto done = append(e, ++c.to, c); !done) return done.error();
  if (auto done = rows_.upsert(rows, head_); !done) return done.error();
  if (auto done = open_->commit(); !done) return done.error();
  return c;
}

// With a mark that outlives the process: what was deleted has yet to leave the files.
Result<Done> ServerStore::redact(const std::vector<AnyId>& subjects) {
  for (const AnyId& subject : subjects) {
    auto s = db_->statement("update log set payload='' where subject=?1 and type not in ('reaction_added', 'reaction_removed')");
    if (!s) return s.error();
    if (auto done = s->bind(1, subject).run(); !done) return done;
  }
  return subjects.empty() ? Result<Done>(Done{}) : db_->run("insert or ignore into untidy values(1)");
}

Result<Done> ServerStore::append(const Event& e, std::int64_t position, Committed& out) {
  LogEvent l{position, e.stream, e.rev, e.seq, std::string(e.body.type->name), e.actor, e.command_id, e.subject, e.at, {}};
  if (e.body.value) write_json(*e.body.type, e.body.value.get(), l.payload);
  auto s = db_->statement(
      "insert into log(position,stream_kind,stream,rev,seq,type,actor,command_id,ord,subject,at,payload) "
      "values(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
  if (!s) return s.error();
  const auto lend = [&](int i, const auto& id) { s->lend_blob(i, id.bytes.data(), id.bytes.size()); };
  s->bind(1, l.pos).bind(2, static_cast<std::int64_t>(l.stream.kind)).bind(4, l.rev).bind(5, l.seq).bind(9, e.ord).bind(11, l.at.ms);
  s->lend(6, l.type).lend(12, l.payload);
  lend(3, l.stream.id), lend(7, l.actor), lend(8, l.command_id);
  if (l.subject) lend(10, l.subject);
  else s->bind_null(10);
  auto done = s->run();
  out.events.push_back(std::move(l));
  return done;
}

// An index entry that was deleted stays in its old segment until that is merged with the deletion, and any page stays in the WAL until that
// is used again or cut off. One round merges everything that is there when it begins: new segments would keep it busy for ever.
std::int64_t ServerStore::tidy() {
  if (tidying_ == Tidying::idle && !untidy_) return 0;
  if (tidying_ != Tidying::emptying) {
    const auto more = merge_text();
    stop_if_unflushed();
    if (!more) return kBusyMs;
    if (*more) return kPieceMs;
    tidying_ = Tidying::emptying;
  }
  const bool empty = db_->empty_wal();
  stop_if_unflushed();
  return empty ? tidied() : kBusyMs;
}

// The first piece makes all segments one merge; the later ones go on with it. A piece that changes nothing was the last.
Result<bool> ServerStore::merge_text() {
  const bool begins = tidying_ == Tidying::idle;
  const std::int64_t before = db_->total_changes();
  auto merge = db_->statement("insert into messages_text(messages_text, rank) values('merge', ?1)");
  if (!merge) return merge.error();
  if (auto done = merge->bind(1, begins ? -kMergePages : kMergePages).run(); !done) return done.error();
  if (begins) tidying_ = Tidying::merging, untidy_ = false;
  return db_->total_changes() - before >= 2;
}

std::int64_t ServerStore::tidied() {
  tidying_ = Tidying::idle;
  if (untidy_) return kTidyMs;  // more was deleted meanwhile
  if (db_->run("delete from untidy")) return 0;
  stop_if_unflushed();
  untidy_ = true;
  return kTidyMs;
}

std::unique_ptr<Snapshot> ServerStore::snapshot() {
  std::unique_ptr<Database> db;
  {
    std::lock_guard lock(idle_mutex_);
    if (!idle_.empty()) db = std::move(idle_.back()), idle_.pop_back();
  }
  if (!db) {
    auto opened = Database::open({options_.path, options_.vfs, Database::Sync::full, true});
    if (!opened) return std::make_unique<NoSnapshot>(opened.error());
    db = std::move(*opened);
  }
  return std::make_unique<ServerSnapshot>(*this, std::move(db));
}

}  // namespace fechatter
