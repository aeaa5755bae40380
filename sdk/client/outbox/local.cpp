#include "sdk/client/outbox/local.hpp"
#include <algorithm>
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
using Lock = std::lock_guard<std::mutex>;

// A run of statements that is durable as one when it returns.
template <class F> Result<Done> in_transaction(Database& db, F&& write) {
  auto t = Transaction::begin(db);
  if (!t) return t.error();
  if (Result<Done> done = write(); !done) return done;
  auto done = t->commit();
  if (done) db.maintain(1 << 20);
  return done;
}
}  // namespace

Result<std::unique_ptr<Local>> Local::open(const std::string& path, const std::string& vfs) {
  Database::Options options{path, vfs, Database::Sync::full};
  options.exclusive = true;
  auto db = Database::open(options);
  if (!db) return Error{db.error().code, "core.db: " + db.error().message};
  std::unique_ptr<Local> local(new Local(std::move(*db)));
  if (auto done = migrate(*local->db_, "local"); !done) return Error{done.error().code, "core.db: " + done.error().message};
  if (auto done = local->load(); !done) return Error{done.error().code, "core.db: " + done.error().message};
  return local;
}

Result<Done> Local::load() {
  const auto account = read<AccountRow>(std::int64_t{1});
  if (!account) return account.error();
  if (*account) account_ = **account;
  auto s = db_->statement("select * from outbox order by ord");
  if (!s) return s.error();
  for (;;) {
    auto more = s->step();
    if (!more) return more.error();
    if (!*more) break;
    const auto row = std::static_pointer_cast<OutboxRow>(read_row(*s, type_of<OutboxRow>));
    last_ord_ = row->ord, outbox_[row->ord] = *row;
  }
  s->reset();
  return Done{};
}

template <class Row, class Key> Result<std::shared_ptr<const Row>> Local::read(const Key& key) const {
  auto row = rows_.get<Row>(key);
  if (auto failed = rows_.take_failure()) return *failed;
  return row;
}

std::optional<AccountRow> Local::account() const {
  Lock lock(mutex_);
  return account_;
}
Result<Done> Local::save(const AccountRow& row) {
  Lock lock(mutex_);
  auto done = in_transaction(*db_, [&] { return rows_.set(row); });
  if (done) account_ = row;
  return done;
}

Result<Done> Local::write(const OutboxRow& row) {
  auto done = in_transaction(*db_, [&] { return rows_.set(row); });
  if (done) outbox_[row.ord] = row;
  return done;
}

Result<OutboxRow> Local::enqueue(OutboxRow row) {
  Lock lock(mutex_);
  if (!account_) return Error{Code::unauthenticated, "sign in first"};
  row.account = account_->user_id;
  row.ord = last_ord_ + 1;
  if (row.method == "mark_read")
    for (const auto& [ord, old] : outbox_)
      if (old.method == row.method && old.chat_id == row.chat_id && old.account == row.account && !old.attempted) row.ord = ord, row.id = old.id;
  if (auto done = write(row); !done) return done.error();
  last_ord_ = std::max(last_ord_, row.ord);
  return row;
}

std::vector<OutboxRow> Local::entries() const {
  Lock lock(mutex_);
  return queue();
}
Queue Local::queue() const {
  Queue list;
  for (const auto& [ord, row] : outbox_)
    if (account_ && row.account == account_->user_id) list.push_back(row);
  return list;
}
std::optional<OutboxRow> Local::entry(std::int64_t ord) const {
  Lock lock(mutex_);
  const auto it = outbox_.find(ord);
  return it == outbox_.end() ? std::nullopt : std::optional(it->second);
}
OutboxRow* Local::find_post(MessageId id) {
  for (auto& [ord, row] : outbox_)
    if (row.target == id && row.method == "post_message") return &row;
  return nullptr;
}
std::optional<OutboxRow> Local::post_of(MessageId id) const {
  Lock lock(mutex_);
  const OutboxRow* row = const_cast<Local*>(this)->find_post(id);
  return row ? std::optional(*row) : std::nullopt;
}

Result<std::optional<OutboxRow>> Local::attempt(std::int64_t ord) {
  Lock lock(mutex_);
  const auto it = outbox_.find(ord);
  if (it == outbox_.end() || it->second.failed) return std::optional<OutboxRow>();
  if (it->second.attempted) return std::optional(it->second);
  OutboxRow row = it->second;
  row.attempted = true;
  if (auto done = write(row); !done) return done.error();
  return std::optional(row);
}
Result<Done> Local::fail(std::int64_t ord, const std::string& error) {
  Lock lock(mutex_);
  const auto it = outbox_.find(ord);
  if (it == outbox_.end()) return Done{};
  OutboxRow row = it->second;
  row.failed = true, row.error = error;
  const auto deletes = [&](const auto& e) { return e.second.target == row.target && e.second.method == "delete_message"; };
  if (row.method != "post_message" || std::none_of(outbox_.begin(), outbox_.end(), deletes)) return write(row);
  Queue now = queue();
  std::replace_if(now.begin(), now.end(), [&](const OutboxRow& old) { return old.ord == ord; }, row);
  const auto gone = removed(now, row.target);
  return gone ? apply(*gone) : write(row);
}
Result<Done> Local::erase(std::int64_t ord) {
  Lock lock(mutex_);
  auto done = in_transaction(*db_, [&] { return rows_.remove<OutboxRow>(ord); });
  if (done) outbox_.erase(ord);
  return done;
}
Result<std::optional<Rewrite>> Local::rewrite(const Decide& decide) {
  Lock lock(mutex_);
  auto change = decide(queue());
  if (!change) return change;
  if (auto done = apply(*change); !done) return done.error();
  return change;
}
Result<Done> Local::apply(const Rewrite& change) {
  auto done = in_transaction(*db_, [&]() -> Result<Done> {
    for (const std::int64_t ord : change.erased)
      if (auto gone = rows_.remove<OutboxRow>(ord); !gone) return gone;
    for (const OutboxRow& row : change.put)
      if (auto put = rows_.set(row); !put) return put;
    return Done{};
  });
  if (!done) return done;
  for (const std::int64_t ord : change.erased) outbox_.erase(ord);
  for (const OutboxRow& row : change.put) outbox_[row.ord] = row;
  return done;
}

Result<Done> Local::set_draft(ChatId chat, const std::string& body) {
  Lock lock(mutex_);
  return in_transaction(*db_, [&] { return body.empty() ? rows_.remove<DraftRow>(chat) : rows_.set(DraftRow{chat, body}); });
}
Result<std::string> Local::draft(ChatId chat) const {
  Lock lock(mutex_);
  const auto row = read<DraftRow>(chat);
  if (!row) return row.error();
  return *row ? (*row)->body : std::string{};
}
Result<Done> Local::set(const std::string& name, const std::string& value) {
  Lock lock(mutex_);
  return in_transaction(*db_, [&] { return rows_.set(SettingRow{name, value}); });
}
Result<std::string> Local::setting(const std::string& name) const {
  Lock lock(mutex_);
  const auto row = read<SettingRow>(name);
  if (!row) return row.error();
  return *row ? (*row)->value : std::string{};
}
Result<std::set<ChatId>> Local::chats_with_setting(const std::string& prefix, const std::string& value) const {
  Lock lock(mutex_);
  auto s = db_->statement("select name from settings where substr(name, 1, length(?1))=?1 and value=?2");
  if (!s) return s.error();
  s->bind(1, std::string_view(prefix)).bind(2, std::string_view(value));
  std::set<ChatId> list;
  for (;;) {
    const auto more = s->step();
    if (!more) return more.error();
    if (!*more) break;
    if (const auto id = ChatId::parse(std::string(s->text(0)).substr(prefix.size()))) list.insert(*id);
  }
  s->reset();
  return list;
}

Result<FeedRow> Local::feed(const std::string& name, Time now) {
  Lock lock(mutex_);
  const auto held = read<FeedRow>(name);
  if (!held) return held.error();
  if (*held) return **held;
  const FeedRow row{name, now};
  if (auto done = in_transaction(*db_, [&] { return rows_.set(row); }); !done) return done.error();
  return row;
}
Result<Done> Local::save(const FeedRow& row) {
  Lock lock(mutex_);
  return in_transaction(*db_, [&] { return rows_.set(row); });
}
Result<std::map<ChatId, std::int64_t>> Local::floors(const std::string& feed) const {
  Lock lock(mutex_);
  auto s = db_->statement("select chat_id,seq from feed_floors where name=?1");
  if (!s) return s.error();
  s->bind(1, std::string_view(feed));
  std::map<ChatId, std::int64_t> found;
  for (;;) {
    const auto more = s->step();
    if (!more) return more.error();
    if (!*more) break;
    found[s->id<ChatId>(0)] = s->integer(1);
  }
  s->reset();
  return found;
}
Result<Done> Local::drop_floors() {
  Lock lock(mutex_);
  return in_transaction(*db_, [&] { return db_->run("delete from feed_floors"); });
}
Result<Done> Local::set_floors(const std::string& feed, const std::map<ChatId, std::int64_t>& floors) {
  Lock lock(mutex_);
  return in_transaction(*db_, [&]() -> Result<Done> {
    for (const auto& [chat, seq] : floors)
      if (auto done = rows_.set(FeedFloorRow{feed, chat, seq}); !done) return done;
    return Done{};
  });
}

}  // namespace fechatter
