#include "sdk/client/sync/follower.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr std::int64_t kHelloMs = 20'000;
constexpr std::int64_t kUnwritableMs = 2000;
constexpr std::int64_t kPeopleMs = 1000;
constexpr std::int64_t kMaxAwayMs = 3'600'000;  // whatever the server asks for
constexpr std::size_t kAllWorkspaces = 200;  // a page names no more
template <class T> std::optional<T> read(const std::string& json) {
  T value;
  if (read_json(json, value, Reading::tolerant)) return std::nullopt;
  return value;
}
}  // namespace

Follower::Follower(Desk& desk, Session& session, Web& web) : desk_(desk), session_(session), web_(web), machine_(stored_cursor()) {}

// A first sync that was interrupted begins anew: at its end everything that it did not name goes.
std::string Follower::stored_cursor() {
  const std::string text = desk_.cache->meta("cursor");
  const auto c = decode_cursor(text);
  return c && (c->finished() || c->base > 0) ? text : std::string{};
}

void Follower::start() { perform(machine_.start()); }
void Follower::stop() {
  presence_.reset();
  perform(machine_.stop());
}
void Follower::restart() {
  const bool runs = machine_.phase() != SyncMachine::Phase::stopped;
  close_stream();
  machine_ = SyncMachine(stored_cursor()), named_.reset();
  if (runs) start();
}

// The cache could not be written (a full disk): no hurry.
void Follower::start_over_later() {
  close_stream();
  machine_ = SyncMachine(stored_cursor()), named_.reset();
  waiting_ = desk_.after(kUnwritableMs + desk_.draw(kUnwritableMs), [this] { start(); });
  if (on_change) on_change();
}

Connection Follower::connection() const {
  if (!session_.signed_in()) return Connection::signed_out;
  switch (machine_.phase()) {
    case SyncMachine::Phase::connecting: return Connection::connecting;
    case SyncMachine::Phase::catching_up: return Connection::catching_up;
    case SyncMachine::Phase::live: return replaying_ ? Connection::catching_up : Connection::live;
    default: return Connection::offline;
  }
}

void Follower::perform(const SyncMachine::Actions& actions) {
  for (const auto& a : actions) {
    switch (a.kind) {
      case SyncMachine::Action::open_stream: open_stream(); break;
      case SyncMachine::Action::close_stream: close_stream(); break;
      case SyncMachine::Action::fetch_page: fetch_page(); break;
      case SyncMachine::Action::wait_stream: waiting_ = desk_.after(a.floor_ms + desk_.draw(a.bound_ms), [this] { perform(machine_.wait_over()); }); break;
      case SyncMachine::Action::wait_page: page_wait_ = desk_.after(a.floor_ms + desk_.draw(a.bound_ms), [this] { perform(machine_.page_wait_over()); }); break;
      case SyncMachine::Action::forget:
        if (on_forget) on_forget();
        break;
      case SyncMachine::Action::went_live: synced_ |= !replaying_, desk_.last_error.reset(); break;
    }
  }
  if (!actions.empty() && on_change) on_change();
}

// --- the stream ---

void Follower::open_stream() {
  reader_ = {};
  const std::uint64_t stream = ++stream_;
  session_.with_token([this, stream](const std::string& token, const Error& why_not) {
    if (stream != stream_) return;
    if (!token.empty()) return opened(stream, token);
    if (why_not.code != Code::unauthenticated)
      desk_.post([this, stream, ms = why_not.retry_after_ms] {
        if (stream == stream_) perform(machine_.lost(ms));
      });
  });
}

void Follower::opened(std::uint64_t stream, const std::string& token) {
  const std::string cursor = machine_.stream_cursor();
  Web::Stream handlers;
  handlers.bytes = [this, stream](std::string_view bytes_) {
    if (stream == stream_) bytes(bytes_);
  };
  handlers.ended = [this, stream, token](int status, const std::string& body) {
    if (stream == stream_) ended(status, body, token);
  };
  heard_ms_ = desk_.steady();
  watch(kHelloMs);
  web_.open_stream("/stream" + (cursor.empty() ? std::string{} : "?cursor=" + percent(cursor)), token, std::move(handlers));
}

void Follower::close_stream() {
  ++stream_, ++round_;
  web_.close_stream();
  watchdog_ = {}, waiting_ = {}, page_wait_ = {};
  connection_id_.clear();
  looked_at({});
}

void Follower::ended(int status, const std::string& body, const std::string& token) {
  const Judgement j = judge(status == 200 ? 0 : status, body);
  desk_.note(j.error);
  if (j.verdict == Verdict::unauthenticated) session_.rejected(token);
  perform(machine_.lost(j.error.retry_after_ms));
}

// A silent connection is a dead one.
void Follower::watch(std::int64_t ms) {
  watchdog_ = desk_.after(ms, [this, ms] {
    const std::int64_t idle = desk_.steady() - heard_ms_;
    if (idle < ms) return watch(2 * heartbeat_ms_);
    desk_.note({Code::unavailable, "the server has fallen silent"});
    perform(machine_.lost());
  });
}

void Follower::bytes(std::string_view text) {
  heard_ms_ = desk_.steady();
  std::vector<SseFrame> frames;
  const std::uint64_t stream = stream_;
  if (auto done = reader_.feed(text, frames); !done) {
    desk_.note(done.error());
    return perform(machine_.lost());
  }
  std::optional<Batch> batch;
  int n = 0;
  for (const SseFrame& f : frames) {
    frame(f, batch);
    if (stream != stream_) return;  // the frame ended this stream
    if (++n % 200 == 0 && !write(batch)) return;
  }
  (void)write(batch);
}

bool Follower::write(std::optional<Batch>& batch) {
  if (!batch) return true;
  const auto done = desk_.commit(*batch);
  if (done) removed_.insert(batch->removed.begin(), batch->removed.end()), left_.insert(batch->left_workspaces.begin(), batch->left_workspaces.end());
  batch.reset();
  if (done) return true;
  start_over_later();  // what these frames said comes again, from the stored cursor
  return false;
}

void Follower::frame(const SseFrame& f, std::optional<Batch>& batch) {
  const auto open = [&]() -> Batch& { return batch ? *batch : batch.emplace(*desk_.cache, desk_.self()); };
  if (f.event == "event") {
    if (const auto e = read<EventView>(f.data)) open().event(*e);
  } else if (f.event == "nudge") {
    if (const auto n = read<NudgeFrame>(f.data)) open().nudge(*n);
  } else if (f.event == "typing") {
    if (const auto t = read<TypingFrame>(f.data); t && on_typing) on_typing(*t);
  } else if (f.event == "presence") {
    if (const auto p = read<PresenceFrame>(f.data); p && on_presence) on_presence(*p);
  }
  const bool cursor_only = f.event == "cursor";
  const auto cursor = cursor_only ? read<CursorFrame>(f.data) : std::nullopt;
  const std::string& id = cursor ? cursor->cursor : f.id;
  if (f.event != "hello" && !id.empty() && machine_.frame_cursor(id)) {
    open().set_cursor(id);
    if (cursor_only) batch->all_told();
  }
  const bool replayed = cursor_only && replaying_;
  if (f.event != "hello" && f.event != "resync" && f.event != "closing" && !replayed) return;
  if (!write(batch)) return;
  if (replayed) {  // what a resumed stream had missed has been told
    replaying_ = false, synced_ = true;
    if (on_change) on_change();
    return;
  }
  if (f.event == "hello") return hello(f);
  if (f.event == "resync") return perform(machine_.resync());
  const auto closing = read<ClosingFrame>(f.data);
  perform(machine_.lost(closing ? std::clamp<std::int64_t>(closing->reconnect_after_ms, 0, kMaxAwayMs) : 0));
}

void Follower::hello(const SseFrame& f) {
  const auto h = read<HelloFrame>(f.data);
  if (!h) return perform(machine_.lost());
  connection_id_ = h->connection_id;
  if (h->server_time.ms > 0) desk_.heard_time(h->server_time);
  heartbeat_ms_ = std::clamp<std::int64_t>(h->heartbeat_ms, 1000, 120'000);
  watch(2 * heartbeat_ms_);
  if (const auto c = decode_cursor(h->cursor); c && on_history) on_history(c->epoch);
  replaying_ = h->resumed;
  perform(machine_.hello(h->cursor, h->resumed));
  if (!focus_.chats.empty() || !focus_.users.empty()) send_focus();  // a new connection looks at nothing
  send_presence();
}

void Follower::focus(std::vector<ChatId> chats, std::vector<UserId> users) {
  const bool elsewhere = chats != focus_.chats, others = users != focus_.users;
  focus_.chats = std::move(chats), focus_.users = std::move(users);
  if (elsewhere) return send_focus();
  if (!others || std::exchange(focus_due_, true)) return;
  desk_.delay(kPeopleMs, [this] {
    if (focus_due_) send_focus();
  });
}
void Follower::send_focus() {
  focus_due_ = false;
  if (connection_id_.empty()) return;
  focus_.connection_id = connection_id_;
  if (auto call = api_call("set_focus", to_json(focus_))) session_.ask(*call, {}, [](const Judgement&, const std::string&) {});
  looked_at(focus_.users);
}
void Follower::looked_at(std::vector<UserId> users) {
  looked_at_ = std::move(users);
  if (on_look) on_look();
}
bool Follower::looks_at(UserId id) const { return std::binary_search(looked_at_.begin(), looked_at_.end(), id); }

void Follower::presence(Presence state) {
  presence_ = state;
  send_presence();
}
void Follower::send_presence() {
  if (connection_id_.empty() || !presence_) return;
  if (auto call = api_call("set_presence", to_json(SetPresence{*presence_}))) session_.ask(*call, {}, [](const Judgement&, const std::string&) {});
}

// --- the rounds ---

void Follower::fetch_page() {
  const std::uint64_t round = ++round_;
  removed_.clear(), left_.clear();
  const std::string path = "/sync" + (machine_.cursor().empty() ? std::string{} : "?cursor=" + percent(machine_.cursor()));
  session_.ask({"GET", path, {}}, {}, [this, round](const Judgement& j, const std::string& body) {
    if (round == round_) take_page(j, body);
  });
}

void Follower::take_page(const Judgement& j, const std::string& body) {
  if (j.verdict == Verdict::refused && (j.error.code == Code::reset || j.error.field == "cursor")) return perform(machine_.page_reset());
  SyncPage page;
  const bool ok = j.verdict == Verdict::acknowledged && !read_json(body, page, Reading::tolerant) && decode_cursor(page.cursor);
  if (!ok) {
    desk_.note(j.verdict == Verdict::acknowledged ? Error{Code::unavailable, "not a sync page"} : j.error);
    return perform(machine_.page_failed(j.error.retry_after_ms));
  }
  if (machine_.cursor().empty()) named_.emplace();
  if (!store_page(page)) return start_over_later();
  if (!page.more) named_.reset();
  perform(machine_.page(page.cursor, page.more));
}

bool Follower::store_page(const SyncPage& page) {
  Batch batch(*desk_.cache, desk_.self());
  for (const WorkspaceView& w : page.workspaces)
    if (!left_.contains(w.id)) batch.workspace(w);
  doubt_others(batch, page.workspaces);
  if (page.user.id) batch.user({page.user.id, page.user.name, page.user.created_at, 1});
  for (const Json& json : page.chats) {
    ChatView view;
    SyncChat more;
    if (read_json(json.text, more, Reading::tolerant) || !more.id) continue;
    if (named_) named_->insert(more.id);
    if (more.left) {
      remove(batch, more.id);
      continue;
    }
    if (read_json(json.text, view, Reading::tolerant)) continue;
    const bool held = desk_.cache->chat(view.id) != nullptr;
    if (removed_.contains(view.id)) {
      if (!held) batch.unknown[view.id] = 0;
      continue;
    }
    if (held)
      for (const EventView& e : more.events) batch.event(e);
    batch.summary(view, more.limited);
  }
  if (named_ && !page.more)
    for (const ChatId& id : desk_.cache->ids("select chat_id from chat_sync"))
      if (!named_->contains(id)) remove(batch, id);
  batch.set_cursor(page.cursor);
  return static_cast<bool>(desk_.commit(batch));
}

// A page names all workspaces of mine. What it lacks was left while this device was away, or joined since the page was read.
void Follower::doubt_others(Batch& batch, const std::vector<WorkspaceView>& mine) {
  if (mine.size() >= kAllWorkspaces) return;
  for (const auto& held : rows_of<WorkspaceRow>(desk_.cache->db().statement("select * from workspaces")))
    if (std::none_of(mine.begin(), mine.end(), [&](const WorkspaceView& w) { return w.id == held->id; })) batch.doubt(held->id);
}

// A frame, or the answer to a change of ours, may have brought it since this page was read: it is asked for.
void Follower::remove(Batch& batch, ChatId id) {
  const bool held = desk_.cache->chat(id) != nullptr;
  batch.remove_chat(id);
  if (held) batch.unknown[id] = 0;
}

}  // namespace fechatter
