#include "tests/sim/people/listener.hpp"
#include "sdk/client/session/web.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/protocol/cursor.hpp"
#include "tests/sim/judge/membership.hpp"
#include "tests/sim/machines/server_node.hpp"

namespace fechatter::sim {
namespace {
constexpr std::int64_t kSilentMs = 40000;
const char* const kBase = "http://sim/api/v1";
template <class T> std::optional<T> parsed(const std::string& json) {
  T value;
  return read_json(json, value, Reading::tolerant) ? std::nullopt : std::optional<T>(std::move(value));
}
}  // namespace

Listener::Listener(World& world, Network& network, Ledger& ledger, Town& town, std::size_t number, std::string email)
    : world_(world), network_(network), ledger_(ledger), town_(town), number_(number), email_(std::move(email)), random_(world.random().next()),
      loop_(world.loop("listener")), http_(network.http(number, *loop_)) {
  go_on(1);
}
Listener::~Listener() { loop_->stop(); }

void Listener::ask(const std::string& method, const std::string& path, const std::string& body, const std::string& key, Answer done) {
  HttpRequest r;
  r.method = method, r.url = kBase + path, r.body = body;
  if (!access_.empty()) r.headers.emplace_back("authorization", "Bearer " + access_);
  if (!key.empty()) r.headers.emplace_back("idempotency-key", key);
  if (!body.empty()) r.headers.emplace_back("content-type", "application/json");
  asked_ =
      http_->request(std::move(r), [done = std::move(done)](Result<HttpResponse> answer) { done(answer ? answer->status : 0, answer ? answer->body : ""); });
}
void Listener::go_on(std::int64_t after_ms) {
  next_ = loop_->after(after_ms, [this] { connect(); });
}

void Listener::connect() {
  stream_.reset(), connection_id_ = polls_ ? connection_id_ : "", hello_ = hello_ && polls_;
  if (access_.empty()) return refresh_.empty() ? log_in() : renew();
  if (polls_) return poll();
  if (lot(3)) return open("");
  ask("POST", "/stream/tickets", "{}", "", [this](int status, const std::string& body) {
    const auto ticket = parsed<TicketView>(body);
    if (status == 201 && ticket) return open(ticket->ticket);
    if (status == 401) access_.clear();
    go_on(500);
  });
}

// --- the session ---

void Listener::log_in() {
  const auto known = town_.passwords.find(email_);
  const std::string password = known == town_.passwords.end() ? "correct horse" : known->second[known->second.size() - 1 - guesses_ % known->second.size()];
  ask("POST", "/login", to_json(LoginRequest{email_, password, "listener"}), "", [this](int status, const std::string& body) { signed_in(status, body); });
}
void Listener::renew() {
  if (rotation_key_.empty()) {
    CommandId key;
    random_.fill(key.bytes.data(), key.bytes.size());
    rotation_key_ = key.str();
  }
  ask("POST", "/refresh", to_json(RefreshRequest{refresh_}), rotation_key_, [this](int status, const std::string& body) { signed_in(status, body); });
}
void Listener::signed_in(int status, const std::string& body) {
  const auto s = status == 200 ? parsed<SignedIn>(body) : std::nullopt;
  guesses_ += status == 401;
  if (s && !s->access_token.empty()) {
    access_ = s->access_token, refresh_ = s->refresh_token, rotation_key_.clear(), user_ = s->user.id;
    ledger_.user_of(number_, user_);
  } else if (status == 401) {
    refresh_.clear(), rotation_key_.clear();
  }
  go_on(s ? 1 : 700);
}

// --- long poll ---

void Listener::poll() {
  std::string path = "/poll?wait=" + std::to_string(lot(4) ? 5 : 0);
  if (cursor_) path += "&cursor=" + *cursor_;
  if (!connection_id_.empty()) path += "&connection_id=" + connection_id_;
  ask("GET", path, "", "", [this](int status, const std::string& body) { take_page(status, body); });
}
void Listener::take_page(int status, const std::string& body) {
  const auto page = status == 200 ? parsed<PollPage>(body) : std::nullopt;
  if (status == 401) access_.clear();
  if (status == 400) cursor_.reset();
  if (page) {
    for (const Frame& f : page->items) frame(f);
    if (hello_) cursor_ = page->cursor;
  }
  polls_ = lot(20) != 0;
  go_on(page ? 1 + static_cast<std::int64_t>(lot(300)) : 500);
}

// --- WebSocket ---

void Listener::open(const std::string& ticket) {
  HttpRequest r;
  r.url = std::string(kBase) + "/ws" + (cursor_ ? "?cursor=" + *cursor_ : "") + (ticket.empty() ? "" : (cursor_ ? "&ticket=" : "?ticket=") + ticket);
  if (ticket.empty()) r.headers.emplace_back("authorization", "Bearer " + access_);
  HttpStreamHandlers handlers;
  handlers.on_head = [this](int status, const HttpHeaders&) { status_ = status; };
  handlers.on_data = [this](std::string_view text) {
    heard_ = true;
    if (const auto f = status_ == 200 ? parsed<Frame>(std::string(text)) : std::nullopt) frame(*f);
  };
  handlers.on_end = [this](Result<Done>) {
    if (status_ == 401) access_.clear();
    polls_ = lot(4) == 0, watchdog_.reset();
    go_on(300 + static_cast<std::int64_t>(lot(1200)));
  };
  status_ = 0;
  stream_ = http_->stream(std::move(r), std::move(handlers));
  watch();
}
void Listener::watch() {
  heard_ = false;
  watchdog_ = loop_->after(kSilentMs, [this] {
    if (heard_) return watch();
    go_on(1);
  });
}

// --- what it hears ---

void Listener::frame(const Frame& f) {
  if (f.event == "hello") {
    const auto h = parsed<HelloFrame>(f.data.text);
    if (!h) return ledger_.blame("a hello that is none: " + f.data.text);
    connection_id_ = h->connection_id, hello_ = true;
    if (h->resumed) return;
    const auto c = decode_cursor(h->cursor);
    heads_.clear(), since_ = c ? c->base : 0, cursor_ = h->cursor;
  } else if (f.event == "event") {
    if (const auto e = parsed<EventView>(f.data.text)) event(*e);
  } else if (f.event == "nudge") {
    if (const auto n = parsed<NudgeFrame>(f.data.text)) heads_[n->chat_id] = std::max(heads_[n->chat_id], n->head_rev);
  } else if (f.event == "resync") {
    cursor_.reset(), heads_.clear();
  } else if (f.event == "cursor") {
    if (const auto c = parsed<CursorFrame>(f.data.text)) cursor_ = c->cursor;
  }
  if (f.id) cursor_ = *f.id;
}

// Every event of a chat after the first one that was heard; where it may be large, nudges stand for them.
void Listener::event(const EventView& e) {
  const auto stream = parse_stream(e.stream);
  if (!stream) return ledger_.blame("an event of no stream: " + e.stream);
  if (stream->kind == StreamKind::user && e.type == "chat_removed") {
    if (const auto gone = parsed<ChatRemoved>(e.payload.text)) heads_.erase(gone->chat_id);
  } else if (stream->kind == StreamKind::workspace && e.type == "member_left") {
    if (const auto left = parsed<WorkspaceMemberLeft>(e.payload.text); left && left->user_id == user_) heads_.clear();
  } else if (stream->kind == StreamKind::chat && e.rev > 0) {
    const auto id = id_cast<ChatId>(stream->id);
    const auto known = heads_.find(id);
    if (known != heads_.end() && e.rev > known->second + 1 && !ledger_.ever_large(id))
      ledger_.blame("listener " + std::to_string(number_) + " hears rev " + std::to_string(e.rev) + " of " + id.str() + " after " +
                    std::to_string(known->second));
    heads_[id] = std::max(e.rev, known == heads_.end() ? 0 : known->second);
  }
}

void Listener::focus() {
  std::string chats, users;
  const auto add = [](std::string& list, const std::string& id) { list += (list.empty() ? "\"" : ",\"") + id + '"'; };
  if (!heads_.empty() && lot(3)) add(chats, std::next(heads_.begin(), static_cast<std::ptrdiff_t>(lot(heads_.size())))->first.str());
  for (const UserId& u : town_.users)
    if (lot(2)) add(users, u.str());
  HttpRequest r;
  r.method = "PUT", r.url = std::string(kBase) + "/stream/" + connection_id_ + "/focus", r.body = "{\"chats\":[" + chats + "],\"users\":[" + users + "]}";
  r.headers = {{"authorization", "Bearer " + access_}, {"content-type", "application/json"}};
  looked_ = http_->request(std::move(r), [](const Result<HttpResponse>&) {});
}

void Listener::act() {
  if (!connection_id_.empty() && !access_.empty() && lot(3)) return focus();
  if (lot(6) == 0 && !polls_) go_on(1);
}

std::string Listener::difference(ServerNode& server) {
  const std::string name = "listener " + std::to_string(number_) + " ";
  if (access_.empty() || !hello_) return name + "is not connected";
  auto db = server.snapshot();
  WorkingSet rows(*db);
  auto mine = db->rows<Membership>("memberships", {value(user_)});
  if (!mine) return "the server's memberships cannot be read";
  for (const auto& m : *mine) {
    const ChatRow* chat = rows.find<ChatRow>(m->chat_id);
    const auto head = heads_.find(m->chat_id);
    const std::int64_t heard = head == heads_.end() ? 0 : head->second;
    if (chat->head_pos.value > since_ && heard != chat->head_rev)
      return name + "has heard of " + m->chat_id.str() + " up to rev " + std::to_string(heard) + " of " + std::to_string(chat->head_rev);
  }
  return {};
}

}  // namespace fechatter::sim
