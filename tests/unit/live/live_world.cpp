#include "live_world.hpp"
#include <algorithm>

namespace fechatter::live_test {
namespace {
std::string number(const AnyId& i) { return std::to_string(i.bytes[15] | i.bytes[14] << 8 | i.bytes[13] << 16); }
template <class T> T parse(const Frame& f) {
  T value;
  if (read_json(f.data.text, value, Reading::tolerant)) throw std::runtime_error("bad frame: " + f.data.text);
  return value;
}
Frame from_sse(const std::string& text) {
  Frame f;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.rfind("id: ", 0) == 0) f.id = line.substr(4);
    if (line.rfind("event: ", 0) == 0) f.event = line.substr(7);
    if (line.rfind("data: ", 0) == 0) f.data.text = line.substr(6);
    at = end + 1;
  }
  return f;
}
}  // namespace

std::string line_of(const Frame& f) {
  if (f.event == "hello") {
    const auto h = parse<HelloFrame>(f);
    return std::string("hello ") + (h.resumed ? "resumed " : "fresh ") + std::to_string(decode_cursor(h.cursor)->base);
  }
  if (f.event == "event") {
    const auto e = parse<EventView>(f);
    const auto stream = *parse_stream(e.stream);
    const std::string kind = e.stream.substr(0, e.stream.find(':'));
    const std::string pos = f.id ? std::to_string(decode_cursor(*f.id)->base) : "-";
    return pos + ' ' + kind + ' ' + number(stream.id) + ' ' + e.type + (e.payload.text == "{}" ? " clipped" : "");
  }
  if (f.event == "nudge") {
    const auto n = parse<NudgeFrame>(f);
    return "nudge " + number(id_cast<AnyId>(n.chat_id)) + " seq " + std::to_string(n.head_seq) + " rev " + std::to_string(n.head_rev);
  }
  if (f.event == "typing") {
    const auto t = parse<TypingFrame>(f);
    return "typing " + number(id_cast<AnyId>(t.user_id)) + " in " + number(id_cast<AnyId>(t.chat_id));
  }
  if (f.event == "presence") {
    const auto p = parse<PresenceFrame>(f);
    constexpr const char* names[] = {"online", "away", "offline"};
    return "presence " + number(id_cast<AnyId>(p.user_id)) + ' ' + names[static_cast<int>(p.state)];
  }
  if (f.event == "cursor") return "cursor " + std::to_string(decode_cursor(parse<CursorFrame>(f).cursor)->base);
  if (f.event == "resync") return "resync " + parse<ResyncFrame>(f).reason;
  if (f.event == "closing") return "closing " + parse<ClosingFrame>(f).reason;
  return f.event;
}

Timer ManualLoop::after(std::int64_t ms, std::function<void()> f) {
  struct Pending final : Timer::Entry {
    bool cancelled = false;
    void cancel() override { cancelled = true; }
  };
  auto entry = std::make_shared<Pending>();
  jobs_.emplace(std::pair(now_ + ms, next_++), [entry, f = std::move(f)] {
    if (!entry->cancelled) f();
  });
  return Timer(std::move(entry));
}

void ManualLoop::run_for(std::int64_t ms) {
  const std::int64_t until = now_ + ms;
  while (!jobs_.empty() && jobs_.begin()->first.first <= until) {
    auto job = jobs_.extract(jobs_.begin());
    now_ = std::max(now_, job.key().first);
    job.mapped()();
  }
  now_ = until;
}

bool Ear::send(const SharedText& text) {
  if (dead) return false;
  texts.push_back(text);
  ++frames_, bytes_ += text->size();
  Frame f;
  if (format_ == Format::sse) f = from_sse(*text);
  else if (read_json(*text, f, Reading::tolerant)) throw std::runtime_error("no JSON: " + *text);
  if (f.id) last_id = *f.id;
  if (f.event == "hello") connection_id = parse<HelloFrame>(f).connection_id, hello_cursor = parse<HelloFrame>(f).cursor;
  lines_.push_back(line_of(f));
  return true;
}

// --- the log ---
template <class E> LogEvent& World::add(Committed& batch, StreamId stream, std::int64_t rev, const E& body) {
  LogEvent e;
  e.pos = static_cast<std::int64_t>(log.size()) + 1, e.stream = stream, e.rev = rev, e.type = std::string(type_of<E>.name);
  e.command_id = id<CommandId>(0x100000u + static_cast<std::uint64_t>(e.pos) * 7), e.at = {1}, e.payload = to_json(body);
  if (batch.events.empty()) batch.from = e.pos - 1;
  batch.to = e.pos;
  log.push_back(e);
  batch.events.push_back(e);
  states_.push_back(states_.back());
  return log.back();
}
World::State& World::changed() {
  if (states_.back().use_count() > 1) states_.back() = std::make_shared<State>(*states_.back());
  return *states_.back();
}
World::Batch World::done(Committed& b) { return std::make_shared<const Committed>(std::move(b)); }

World::Batch World::join_space(std::uint64_t w, std::uint64_t u) {
  Committed b;
  add(b, workspace_stream(space(w)), ++space_revs_[space(w)], WorkspaceMemberJoined{user(u), "name", WorkspaceRole::member, 1, 1, 1});
  changed().spaces[space(w)].insert(user(u));
  return done(b);
}
World::Batch World::leave_space(std::uint64_t w, std::uint64_t u) {
  Committed b;
  add(b, workspace_stream(space(w)), ++space_revs_[space(w)], WorkspaceMemberLeft{user(u), 1, 1});
  changed().spaces[space(w)].erase(user(u));
  return done(b);
}
World::Batch World::create(std::uint64_t c, std::uint64_t w, std::vector<std::uint64_t> people) {
  ChatCreated body{chat(c), space(w), ChatKind::group, "name", "", History::all, {}, {1}, ""};
  for (const auto u : people) body.members.push_back({user(u), ChatRole::member});
  Committed b;
  add(b, chat_stream(chat(c)), ++revs_[chat(c)], body);
  auto& there = changed().chats[chat(c)];
  there.first = space(w);
  for (const auto u : people) there.second.insert(user(u));
  for (const auto u : people) add(b, user_stream(user(u)), 0, ChatAdded{chat(c), space(w), ChatKind::group, "name", "", ChatRole::member, 1, 0, 1});
  return done(b);
}
World::Batch World::join(std::uint64_t c, std::uint64_t u, std::int64_t visible_from) {
  Committed b;
  const auto count = static_cast<std::int32_t>(changed().chats[chat(c)].second.size()) + 1;
  add(b, chat_stream(chat(c)), ++revs_[chat(c)], MemberJoined{user(u), ChatRole::member, visible_from, count, 1});
  State& now = changed();
  now.chats[chat(c)].second.insert(user(u)), now.visible_from[{chat(c), user(u)}] = visible_from;
  add(b, user_stream(user(u)), 0, ChatAdded{chat(c), now.chats[chat(c)].first, ChatKind::group, "name", "", ChatRole::member, visible_from, 0, 1});
  return done(b);
}
World::Batch World::leave(std::uint64_t c, std::uint64_t u) {
  Committed b;
  const auto count = static_cast<std::int32_t>(changed().chats[chat(c)].second.size()) - 1;
  add(b, chat_stream(chat(c)), ++revs_[chat(c)], MemberLeft{user(u), count, 1});
  changed().chats[chat(c)].second.erase(user(u));
  add(b, user_stream(user(u)), 0, ChatRemoved{chat(c)});
  return done(b);
}
World::Batch World::post(std::uint64_t c, std::uint64_t u, std::vector<std::uint64_t> mentions) {
  MessagePosted body;
  body.message.id = id<MessageId>(static_cast<std::uint64_t>(head()) + 1), body.message.chat_id = chat(c), body.message.author_id = user(u);
  body.message.seq = ++seqs_[chat(c)], body.message.rev = ++revs_[chat(c)], body.message.body = "a\nb";
  for (const auto m : mentions) body.message.mentions.push_back(user(m));
  Committed b;
  LogEvent& e = add(b, chat_stream(chat(c)), revs_[chat(c)], body);
  e.seq = seqs_[chat(c)], e.subject = id_cast<AnyId>(body.message.id);
  messages_[{chat(c), e.seq}] = body.message.id;
  b.events.back() = e;
  return done(b);
}
World::Batch World::edit(std::uint64_t c, std::uint64_t u, std::int64_t seq) {
  MessageEdited body;
  body.message.id = messages_[{chat(c), seq}];
  body.message.chat_id = chat(c), body.message.author_id = user(u), body.message.seq = seq, body.message.body = "changed";
  Committed b;
  LogEvent& e = add(b, chat_stream(chat(c)), ++revs_[chat(c)], body);
  e.subject = id_cast<AnyId>(body.message.id), b.events.back() = e;
  return done(b);
}
World::Batch World::erase(std::uint64_t c, std::uint64_t u, std::int64_t seq) {
  const MessageId message = messages_[{chat(c), seq}];
  for (LogEvent& e : log)
    if (e.subject == id_cast<AnyId>(message)) e.payload.clear();
  Committed b;
  LogEvent& e = add(b, chat_stream(chat(c)), ++revs_[chat(c)], MessageDeleted{message, seq, {}, false});
  e.subject = id_cast<AnyId>(message), e.actor = user(u), b.events.back() = e;
  return done(b);
}
World::Batch World::react(std::uint64_t c, std::uint64_t u, std::int64_t seq, bool on) {
  const MessageId message = messages_[{chat(c), seq}];
  Committed b;
  LogEvent& e = on ? add(b, chat_stream(chat(c)), ++revs_[chat(c)], ReactionAdded{message, "+1", 1, seq})
                   : add(b, chat_stream(chat(c)), ++revs_[chat(c)], ReactionRemoved{message, "+1", 0, seq});
  e.subject = id_cast<AnyId>(message), e.actor = user(u), b.events.back() = e;
  return done(b);
}
World::Batch World::revoke(std::uint64_t u, std::uint64_t s) {
  Committed b;
  add(b, user_stream(user(u)), 0, SessionRevoked{session(s), "signed_out"});
  return done(b);
}

// --- the store's side ---
Memberships World::memberships_of(UserId u) const {
  Memberships m;
  const State& s = *states_.back();
  m.position = head();
  for (const auto& [w, people] : s.spaces)
    if (people.count(u)) m.workspaces.push_back(w);
  for (const auto& [c, chat] : s.chats) {
    const auto space = s.spaces.find(chat.first);
    if (!chat.second.count(u) || space == s.spaces.end() || !space->second.count(u)) continue;
    const auto from = s.visible_from.find({c, u});
    const auto seq = seqs_.find(c);
    m.chats.push_back({c, chat.first, static_cast<std::int32_t>(chat.second.size()), from == s.visible_from.end() ? 1 : from->second,
                       seq == seqs_.end() ? 0 : seq->second, revs_.at(c)});
  }
  return m;
}

bool World::is_for(UserId u, std::int64_t pos, std::int64_t as_of) const {
  const LogEvent& e = log[static_cast<std::size_t>(pos - 1)];
  const State& s = *states_[static_cast<std::size_t>(as_of)];
  const auto in_space = [&](WorkspaceId w) {
    const auto it = s.spaces.find(w);
    return it != s.spaces.end() && it->second.count(u) > 0;
  };
  if (e.stream.kind == StreamKind::user) return e.stream.id == id_cast<AnyId>(u);
  if (e.stream.kind == StreamKind::workspace) return in_space(id_cast<WorkspaceId>(e.stream.id));
  const auto chat = s.chats.find(id_cast<ChatId>(e.stream.id));
  return chat != s.chats.end() && chat->second.second.count(u) > 0 && in_space(chat->second.first);
}

std::string World::cursor_at(std::int64_t pos) const {
  const CommandId command = pos > 0 ? log[static_cast<std::size_t>(pos - 1)].command_id : CommandId{};
  return encode_cursor({epoch, pos, cursor_check(command), 0, {}});
}

void World::answer_read(std::vector<LogEvent> page, std::function<void(Result<std::vector<LogEvent>>)> answer) {
  if (!hold_reads) return loop.post([page = std::move(page), answer = std::move(answer)] { answer(page); });
  timers_.push_back(loop.after(1, [this, page = std::move(page), answer = std::move(answer)] { answer_read(page, answer); }));
}

Hub& World::start() {
  const auto read_log = [this](std::int64_t after, std::function<void(Result<std::vector<LogEvent>>)> answer) {
    ++log_reads;
    const auto begin = log.begin() + std::min<std::int64_t>(after, head());
    std::vector<LogEvent> page(begin, log.end() - begin > 500 ? begin + 500 : log.end());
    answer_read(std::move(page), std::move(answer));
  };
  const auto memberships = [this](UserId u, std::function<void(Result<Memberships>)> answer) {
    const auto early = memberships_of(u);
    timers_.push_back(loop.after(membership_delay, [this, u, early, answer] {
      if (memberships_fail) return answer(Error{Code::unavailable, "down", {}, 0});
      answer(snapshot_early ? early : memberships_of(u));
    }));
  };
  const CommandId head_command = log.empty() ? CommandId{} : log.back().command_id;
  hub_ = std::make_unique<Hub>(HubPorts{loop, *this, *this, *this, read_log, memberships, epoch, head(), head_command, limits});
  return *hub_;
}

std::shared_ptr<Ear> World::listen(std::uint64_t u, std::optional<std::string> cursor, std::uint64_t s, Format format) {
  auto ear = std::make_shared<Ear>(format);
  auto c = hub_->attach({user(u), session(s), std::move(cursor), ear});
  if (!c) throw std::runtime_error(c.error().message);
  connections[ear.get()] = *c;
  loop.run_for(membership_delay + 1);
  return ear;
}

}  // namespace fechatter::live_test
