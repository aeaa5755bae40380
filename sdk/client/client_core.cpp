#include "sdk/client/client_core.hpp"
#include <algorithm>
#include "sdk/client/session/home_server.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kPagesAtOnce = 6;
constexpr std::int64_t kBlockedMs = 3000;
constexpr std::int64_t kUnreadableMs = 5000;
constexpr std::int64_t kNoFileMs = 60'000;
constexpr std::int64_t kTidyMs = 250;
constexpr std::size_t kThere = 1000;
constexpr std::size_t kFocusChats = 20, kFocusPeople = 200;

void remove_all(Files& files, const std::string& path) {
  for (const char* tail : {"", "-wal", "-shm"}) (void)files.remove(path + tail);
}
// For whoever wants to know what happened: cache.db.bad-1 is the first that was damaged, -2 the last.
void set_aside(Files& files, const std::string& path) {
  const std::string first = path + ".bad-1", to = files.exists(first) ? path + ".bad-2" : first;
  remove_all(files, to);
  (void)files.rename(path, to);
  for (const char* tail : {"-wal", "-shm"})
    if (files.exists(path + tail) && !files.rename(path + tail, to + tail)) (void)files.remove(path + tail);
}

// SQLite would let everybody read the file, where the app has made the directory and lets everybody in.
Result<Done> make_private(Files& files, const std::string& path) { return files.exists(path) ? Result<Done>(Done{}) : files.write_atomic(path, {}); }

// How many event types this version knows: more than the cache's writer did, and what that one skipped is asked for again.
std::string known_events() {
  std::size_t n = 0;
  for (const Feature* f : features()) n += f->events.size();
  return std::to_string(n);
}
}  // namespace

Result<std::shared_ptr<ClientCore>> ClientCore::open(const Ports& ports, ClientOptions options) {
  if (options.server.empty()) return Error{Code::invalid_argument, "which server?", "server"};
  auto desk = std::make_shared<Desk>(ports, std::move(options));
  const std::string dir = desk->options.directory.empty() ? "." : desk->options.directory;
  if (auto made = ports.files->create_directories(dir); !made) return made.error();
  auto lock = ports.files->lock(dir + "/lock");
  if (!lock) return lock.error().code == Code::locked ? Error{Code::locked, "another client uses " + dir} : lock.error();
  if (auto made = make_private(*ports.files, dir + "/core.db"); !made) return made.error();
  auto local = Local::open(dir + "/core.db", ports.vfs);
  if (!local) return local.error();
  if (auto done = bind_to_server(**local, desk->options.server); !done) return done.error();
  (void)make_private(*ports.files, dir + "/cache.db");
  const auto anew = [files = ports.files](void (*clear)(Files&, const std::string&)) {
    return [files, clear](const std::string& path) {
      clear(*files, path);
      (void)make_private(*files, path);
    };
  };
  auto cache = Cache::open({dir + "/cache.db", ports.vfs, anew(set_aside), anew(remove_all)});
  if (!cache) return cache.error();
  desk->local = std::move(*local), desk->cache = std::move(*cache);
  std::shared_ptr<ClientCore> core(new ClientCore(desk, std::move(*lock)));
  return core;
}

ClientCore::ClientCore(std::shared_ptr<Desk> desk, std::unique_ptr<FileLock> lock)
    : desk_(std::move(desk)), lock_(std::move(lock)), web_(*desk_), session_(*desk_, web_), pages_(*desk_, session_), follower_(*desk_, session_, web_),
      sender_(*desk_, session_), book_(*desk_),
      typists_(*desk_, [this](ChatId chat, UserId user, bool active) { desk_->to_app(typing->tell(chat, user, active)); }), answered_(*desk_) {
  wire();
}

ClientCore::~ClientCore() { close(); }

void ClientCore::wire() {
  desk_->turn = [this] { turn(); };
  desk_->committed = [this](const Batch& b) { committed(b); };
  desk_->damaged = [this] { damaged(); };
  session_.on_signed_in = [this] { account_changed(); };
  session_.on_signed_out = [this] {
    follower_.stop(), sender_.stop();
    refusal_.reset();
    connection_changed();
  };
  session_.on_success = [this] {
    if (follower_.connection() == Connection::live && !sender_.waiting() && desk_->last_error->retryable()) desk_->last_error.reset();
  };
  follower_.on_change = [this] { connection_changed(); };
  follower_.on_history = [this](const AnyId& epoch) { met_history(epoch); };
  follower_.on_forget = [this] { begin_history(); };
  pages_.on_other_history = [this] { follower_.other_history(); };
  pages_.on_gone = [this](ChatId id) { sender_.chat_gone(id); };
  follower_.on_typing = [this](const TypingFrame& f) {
    if (f.user_id != desk_->self()) typists_.heard(f);
  };
  follower_.on_look = [this] { look_away(); };
  follower_.on_presence = [this](const PresenceFrame& f) { heard_presence(f); };
  sender_.on_settled = [this](const OutboxRow& row, const Result<std::string>& answer) { settled(row, answer); };
}

void ClientCore::start() {
  with([this] {
    look_for_file();
    take_skipped();
    pages_.restore();
    everything_changed();
    if (session_.signed_in()) account_changed();
    told_ = follower_.connection();
  });
}

void ClientCore::close() {
  desk_->close();  // from here on nothing of ours runs
  if (!lock_) return;
  web_.close_stream();
  end_wakes();
  timelines_.clear(), feeds_.clear();
  settling.clear(), until_sent.clear(), until_synced.clear();
  desk_->cache.reset(), desk_->local.reset();
  lock_.reset();
}

// Also those on their way to the executor: an app whose views outlive its client hears nothing of them.
void ClientCore::end_wakes() {
  for (const auto& t : timelines_) t->shared()->list.wake->end();
  for (const auto& f : feeds_) f->shared()->wake->end();
  for (const auto& v : book_.views)
    if (const auto view = v.lock()) view->wake->end();
}

// --- what changed ---

// An older version skipped events that this one understands: what they touched may be stale.
void ClientCore::take_skipped() {
  if (desk_->cache->meta("events") == known_events()) return;
  std::optional<Error> unread;
  const auto skipped = desk_->cache->ids("select chat_id from chat_sync where skipped_rev > 0", &unread);
  if (unread) return desk_->failed(*unread);  // the next start looks again
  Batch batch(*desk_->cache, desk_->self());
  for (const ChatId& id : skipped) batch.doubt(id);
  if (desk_->commit(batch)) (void)desk_->cache->set_meta("events", known_events());
}

void ClientCore::account_changed() {
  sender_.stop();  // what is under way may be another account's
  if (const std::string self = desk_->self().str(); desk_->cache->meta("owner") != self) empty_cache(self);
  follower_.restart();
  follower_.start();
  sender_.hurry();
  connection_changed();
}

void ClientCore::forget_account() {
  empty_cache({});
  follower_.restart();
}

// What is held is not this account's, or of another history.
void ClientCore::empty_cache(const std::string& owner) {
  if (auto done = desk_->cache->wipe(owner); !done) desk_->note(done.error());
  look_for_file();
  pages_.reset();
  marks.clear(), answered_.clear();
  everything_changed();
}

// Which of another history's messages a feed has seen nobody can say: it begins again where it was opened.
bool ClientCore::begin_feeds_anew() {
  const auto done = desk_->local->drop_floors();
  if (!done) desk_->note(done.error());
  for (const auto& f : feeds_) f->begin_anew();
  return static_cast<bool>(done);
}

// Also where the cache, or only its cursor, is gone meanwhile, and nothing else remembers the one before.
void ClientCore::met_history(const AnyId& epoch) {
  const auto before = desk_->local->setting("history");
  if (!before) return desk_->note(before.error());  // the next stream asks again
  if (*before == epoch.str() || (!before->empty() && !begin_feeds_anew())) return;
  if (!before->empty() && follower_.position() == 0) begin_history();  // rows without a cursor would pass for the new one's
  (void)desk_->local->set("history", epoch.str());
}

void ClientCore::begin_history() {
  (void)begin_feeds_anew();
  sender_.stop();  // answers on their way speak of the old one: what they are to is sent again
  empty_cache(desk_->self().str());
}

void ClientCore::damaged() {
  const bool no_file_before = desk_->cache->in_memory();
  const auto done = desk_->cache->rebuild(desk_->self().str());
  if (!done) desk_->note(done.error());
  look_for_file();
  if (!done && no_file_before) return;
  pages_.reset();
  follower_.restart();
  if (session_.signed_in()) follower_.start();  // the failure may have stopped it
  everything_changed();
}

// The disk lets us have no file now: the cache is in memory until it does.
void ClientCore::look_for_file() {
  if (!desk_->cache->in_memory() || std::exchange(looking_for_file_, true)) return;
  desk_->delay(kNoFileMs, [this] {
    looking_for_file_ = false;
    if (desk_->cache->in_memory()) damaged();
  });
}

void ClientCore::everything_changed() {
  book_.forget();
  std::optional<Error> unread;
  for (const ChatId& id : desk_->cache->ids("select chat_id from coverage where stale_rev > 0", &unread)) background_.insert(id);
  for (const auto& t : timelines_) t->dirty = true;
  std::set<ChatId> all;
  if (desk_->options.hold == Hold::all || !feeds_.empty())
    for (const ChatId& id : desk_->cache->ids("select chat_id from chat_sync", &unread)) all.insert(id);
  if (unread) desk_->failed(*unread), desk_->delay(kUnreadableMs, [this] { everything_changed(); });
  for (const auto& f : feeds_) f->changed(all);
  if (desk_->options.hold == Hold::all) background_ = std::move(all);
  else if (auto held = desk_->local->chats_with_setting("hold:", "all")) background_.merge(*held);
  else desk_->note(held.error());  // what is missing there is fetched when the chat changes
  book_.publish();
  people_dirty_ = true;
  turn();
}

void ClientCore::committed(const Batch& batch) {
  pages_.missing(batch);
  dirty_.insert(batch.changed.begin(), batch.changed.end());
  background_.insert(batch.changed.begin(), batch.changed.end());
  people_dirty_ = people_dirty_ || batch.people_changed;
  for (const auto& t : timelines_) t->dirty = t->dirty || batch.changed.contains(t->chat());
  for (const auto& f : feeds_) f->changed(batch.changed);
  typists_.posted(batch.authors), answered_.met(batch);
  for (const ChatId& id : batch.removed) marks.erase(id);
  for (const ChatId& id : batch.removed)
    if (!batch.unknown.contains(id) && !desk_->cache->chat(id)) sender_.chat_gone(id);  // one that is asked for may be ours still
  if (batch.other_history) desk_->post([this] { follower_.other_history(); });
  turn();
}

void ClientCore::queued(ChatId chat) {
  dirty_.insert(chat);
  for (const auto& t : timelines_) t->dirty = t->dirty || t->chat() == chat;
  turn();
}

void ClientCore::settled(const OutboxRow& row, const Result<std::string>& answer) {
  queued(row.chat_id);
  if (answer && answered_.add(row)) desk_->delay(Answered::kWaitMs, [this] { lapse_answered(); });
  if (!answer && row.method == "mark_read") marks.erase(row.chat_id);
  if (answer && row.method == "add_member") pages_.chat(row.chat_id);
  const auto it = settling.find(row.ord);
  if (it == settling.end()) {
    const bool own = row.method == "mark_read" || (row.method == "post_message" && !answers_once(row));  // nobody is told; it stays, or was deleted by the app
    if (!answer && !own && !refusal_ && !desk_->local->entry(row.ord)) refusal_ = answer.error();
    return;
  }
  desk_->answer(it->second, answer ? Result<Done>(Done{}) : Result<Done>(answer.error()));
  settling.erase(it);
}

// While the stream is away their events cannot come.
void ClientCore::lapse_answered() {
  if (follower_.connection() != Connection::live) return desk_->delay(Answered::kWaitMs, [this] { lapse_answered(); });
  for (const ChatId& chat : answered_.lapse()) queued(chat);
}

// Of who leaves while the stream is away, or looks elsewhere, nobody tells: whoever was there is told of anew when it is back, or is not there.
void ClientCore::heard_presence(const PresenceFrame& f) {
  if (!follower_.looks_at(f.user_id)) return;
  if (f.state == Presence::offline) there_.erase(f.user_id);
  else if (there_.size() < kThere) there_.insert(f.user_id);
  desk_->to_app(presence->tell(f.user_id, static_cast<Availability>(f.state)));
}

void ClientCore::look_away() {
  std::erase_if(there_, [this](UserId id) {
    const bool away = !follower_.looks_at(id);
    if (away) desk_->to_app(presence->tell(id, Availability::offline));
    return away;
  });
}

void ClientCore::connection_changed() {
  const Connection now = follower_.connection();
  if (!follower_.online()) typists_.forget();
  if (now == Connection::live && told_ != Connection::live) sender_.hurry(), keep_server(*desk_->local, desk_->options.server);
  if (std::exchange(told_, now) != now) {
    for (const auto& wake : connection_wakes) desk_->to_app(wake->signal());
    for (const auto& t : timelines_) t->dirty = true;
  }
  turn();
}

// --- one look at everything ---

void ClientCore::turn() {
  if (std::exchange(turn_posted_, true)) return;
  desk_->post([this] { run_turn(); });
}

void ClientCore::run_turn() {
  turn_posted_ = false;
  if (std::exchange(people_dirty_, false)) {
    book_.forget_people();
    for (const auto& t : timelines_) t->dirty = true;
    dirty_.insert(ChatId{});
  }
  if (!dirty_.empty()) {
    book_.forget(std::exchange(dirty_, {}));
    book_.publish();
  }
  for (const auto& t : timelines_)
    if (t->dirty) t->refresh();
  look();
  plan();
  pages_.pump(follower_.online());
  sender_.pump();
  answer_waiting();
  if (desk_->cache->untidy()) tidy_later();
}

// The server takes no more: those that were opened last, and the people in them before those of the lists.
void ClientCore::look() {
  std::vector<ChatId> chats;
  std::set<UserId> people;
  const auto meet = [&, self = desk_->self()](const std::vector<UserId>& ids) {
    for (const UserId& id : ids)
      if (id != self && people.size() < kFocusPeople) people.insert(id);
  };
  for (auto t = timelines_.rbegin(); t != timelines_.rend() && chats.size() < kFocusChats; ++t) {
    if (std::find(chats.begin(), chats.end(), (*t)->chat()) != chats.end()) continue;
    chats.push_back((*t)->chat()), meet((*t)->people());
  }
  for (const auto& v : book_.views)
    if (const auto view = v.lock()) meet(view->peers);
  follower_.focus(std::move(chats), {people.begin(), people.end()});
}

// Piece by piece, while no history is being fetched: its last page ends with a turn.
void ClientCore::tidy_later() {
  if (std::exchange(tidying_, true)) return;
  desk_->delay(kTidyMs, [this] {
    tidying_ = false;
    if (pages_.in_flight() == 0 && desk_->cache->tidy()) tidy_later();
  });
}

void ClientCore::plan() {
  std::vector<PageWant> wants;
  for (const auto& t : timelines_)
    if (auto w = t->want()) wants.push_back(*w);
  for (const auto& f : feeds_) f->refresh(wants);
  if (!follower_.online()) return;
  for (const PageWant& w : wants) (void)ask(w);
  for (auto it = background_.begin(); it != background_.end() && pages_.in_flight() < kPagesAtOnce;) {
    const auto want = behind(*it);
    if (want) (void)ask(*want);
    it = want ? std::next(it) : background_.erase(it);
  }
}

// False: not now; a later turn asks again.
bool ClientCore::ask(const PageWant& w) {
  if (pages_.busy(w.chat) || pages_.in_flight() >= kPagesAtOnce) return false;
  if (const auto it = blocked_until_.find(w.chat); it != blocked_until_.end() && it->second > desk_->steady()) return false;
  blocked_until_.erase(w.chat);
  pages_.fetch(w, [this, chat = w.chat](const Result<Done>& done) {
    if (done) return;
    desk_->note(done.error());
    blocked_until_[chat] = desk_->steady() + kBlockedMs;
    if (done.error().code != Code::not_found) desk_->delay(kBlockedMs + 1, [this] { turn(); });
  });
  return true;
}

// What a chat that nobody looks at still lacks.
std::optional<PageWant> ClientCore::behind(ChatId id) {
  const ChatState* s = desk_->cache->chat(id);
  if (!s) return std::nullopt;
  if (const HeldRange* r = s->coverage.stale()) return PageWant{PageWant::changed, id, 0, r->lo, r->hi, r->stale_rev, 200};
  if (hold_of(id) != Hold::all) return std::nullopt;
  const auto hole = s->coverage.hole(std::max<std::int64_t>(1, s->sync.visible_from), s->sync.known_seq);
  if (!hole) return std::nullopt;
  return PageWant{PageWant::before, id, hole->hi + 1, 0, 0, 0, std::min<std::int64_t>(200, hole->hi - hole->lo + 1)};
}

Hold ClientCore::hold_of(ChatId id) {
  const auto own = desk_->local->setting("hold:" + id.str());
  return !own || own->empty() ? desk_->options.hold : *own == "all" ? Hold::all : Hold::recent;
}

// Signed out nobody waits for the server: what is queued stays queued.
void ClientCore::answer_waiting() {
  const bool in = session_.signed_in();
  const Error out{Code::unauthenticated, "signed out"};
  if (follower_.connection() == Connection::live && pages_.settled()) tell(until_synced, Done{});
  else if (!in) tell(until_synced, out);
  std::erase_if(settling, [&](const auto& e) {
    const auto row = desk_->local->entry(e.first);
    if (in && row && row->account == desk_->self()) return false;
    desk_->answer(e.second, Result<Done>(row ? out : Error{Code::cancelled, "discarded"}));
    return true;
  });
  if (!until_sent.empty()) answer_sent(in ? std::nullopt : std::optional(out));
}

void ClientCore::tell(std::vector<std::shared_ptr<Pending<Done>>>& waiting, const Result<Done>& outcome) {
  for (const auto& p : std::exchange(waiting, {})) desk_->answer(p, outcome);
}

void ClientCore::answer_sent(const std::optional<Error>& out) {
  std::set<QueueKey> stopped;
  std::optional<Error> first = refusal_;
  for (const OutboxRow& row : desk_->local->entries()) {
    if (row.failed && !first) first = error_from(row.error);
    if (row.failed) stopped.insert(queue_of(row));
    else if (!stopped.contains(queue_of(row))) return out ? tell(until_sent, *out) : void();  // still on its way
  }
  refusal_.reset();
  tell(until_sent, first ? Result<Done>(*first) : Result<Done>(Done{}));
}

ClientStatus ClientCore::status() {
  ClientStatus s;
  s.connection = follower_.connection(), s.position = follower_.position(), s.synced = follower_.synced(), s.last_error = desk_->last_error;
  for (const OutboxRow& row : desk_->local->entries()) {
    ++s.pending, s.failed += row.failed;
    if (row.failed) s.refused.push_back(row.target ? row.target : id_cast<MessageId>(row.chat_id));
  }
  return s;
}

// --- what is open ---

std::shared_ptr<TimelineModel> ClientCore::add_timeline(ChatId chat) {
  TimelineModel::Around around{*desk_,
                               pages_,
                               [this](UserId id) {
                                 auto name = book_.name_of(id);
                                 if (name.empty()) pages_.person(id);
                                 return name;
                               },
                               [this](std::int64_t ord) { return sender_.sending(ord); },
                               [this] { return follower_.online(); },
                               answered_};
  auto model = std::make_shared<TimelineModel>(std::move(around), chat);
  timelines_.push_back(model);
  model->refresh();
  turn();
  return model;
}
void ClientCore::remove_timeline(const std::shared_ptr<TimelineModel>& model) {
  std::erase(timelines_, model);
  turn();
}

Result<std::shared_ptr<FeedModel>> ClientCore::add_feed(const std::string& name) {
  const auto row = desk_->local->feed(name, desk_->server_now().value_or(Time{-desk_->now().ms}));
  if (!row) return row.error();
  auto floors = desk_->local->floors(name);
  if (!floors) return floors.error();
  auto model = std::make_shared<FeedModel>(*desk_, *row, std::move(*floors));
  feeds_.push_back(model);
  std::optional<Error> unread;
  const auto all = desk_->cache->ids("select chat_id from chat_sync", &unread);
  if (unread) desk_->failed(*unread), desk_->delay(kUnreadableMs, [this] { everything_changed(); });
  model->changed({all.begin(), all.end()});
  turn();
  return model;
}
void ClientCore::remove_feed(const std::shared_ptr<FeedModel>& model) { std::erase(feeds_, model); }

}  // namespace fechatter
