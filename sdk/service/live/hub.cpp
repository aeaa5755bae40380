#include "sdk/service/live/hub.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {
namespace {
bool opens(Stage s) { return s == Stage::waiting || s == Stage::catching_up; }
}  // namespace

Hub::Impl::Impl(HubPorts p)
    : ports(std::move(p)), ring(ports.head, ports.head_command, ports.limits.ring_bytes, ports.limits.ring_events),
      tail_({ports.loop, ports.clock, ports.log, ports.read_log, [this](const LogEvent& e) { deliver(e); }, [this] { caught_up(); }}, ports.head,
            {ports.limits.hold_ms, ports.limits.ask_ms}) {
  sweep_timer = ports.loop.after(ports.limits.ask_ms, [this] { sweep(); });
  cursor_timer = ports.loop.after(ports.limits.cursor_ms, [this] { send_cursors(); });
}

void Hub::Impl::later(std::function<void()> f) {
  ports.loop.post([f = std::move(f), guard = std::weak_ptr<char>(alive)] {
    if (guard.lock()) f();
  });
}

std::string Hub::Impl::cursor_at(std::int64_t pos) const {
  return encode_cursor({ports.epoch, pos, cursor_check(ring.command_at(pos).value_or(CommandId{})), 0, {}});
}

// --- opening ---
std::optional<Error> Hub::Impl::refusal(SessionId session) {
  if (draining || counters.waiting >= static_cast<std::int64_t>(ports.limits.waiting)) {
    ++counters.refused;
    const char* why = draining ? "the server restarts" : "too many connections are being opened";
    return Error{Code::unavailable, why, {}, static_cast<int>(1000 + jitter())};
  }
  if (ended.count(session)) return Error{Code::unauthenticated, "this session has ended", {}};
  return std::nullopt;
}

SubscriberPtr Hub::Impl::enter(AttachRequest r, PollSink* poll) {
  auto c = std::make_shared<Subscriber>();
  ports.random.fill(c->id.bytes.data(), c->id.bytes.size());
  Person& person = index.person(r.user);
  person.grace = {};
  c->person = &person, c->session = r.session, c->sink = std::move(r.sink), c->poll = poll;
  if (poll) poll->connection = c.get();
  person.connections.push_back(c);
  ++counters.connections;
  open(*c, std::move(r.cursor));
  return c;
}

void Hub::Impl::open(Subscriber& c, std::optional<std::string> cursor) {
  c.opening = std::make_unique<Subscriber::Opening>();
  c.opening->cursor = std::move(cursor);
  c.nudged.reset();
  c.at = -1;
  set_stage(c, Stage::waiting);
  if (c.person->ready) later([this, keep = c.shared_from_this()] { begin(*keep); });
  else if (!c.person->busy) load(*c.person);
}

void Hub::Impl::load(Person& p) {
  p.busy = true, p.loading = ++loads;
  ports.memberships(p.id, [this, user = p.id, number = loads, guard = std::weak_ptr<char>(alive)](Result<Memberships> m) {
    Person* person = guard.lock() ? index.find(user) : nullptr;
    if (!person || person->loading != number) return;
    person->loading = 0;
    loaded(*person, std::move(m));
  });
}

void Hub::Impl::loaded(Person& p, Result<Memberships> m) {
  if (!m) {
    if (m.error().code == Code::unauthenticated) return fail(p, "signed_out");
    ports.log.write(Level::warn, "live", "memberships could not be read: " + m.error().message);
    return fail(p, "unavailable");
  }
  p.snapshot = std::make_unique<Memberships>(std::move(*m));
  if (p.snapshot->position <= tail()) return settle(p);
  parked.push_back(p.id);  // applied when the tail is there: not before, not after
  tail_.ask();
}

void Hub::Impl::settle(Person& p) {
  const Memberships m = std::move(*p.snapshot);
  p.snapshot.reset();
  if (m.position < p.needs_position || m.position < ring.first()) {
    reload.push_back(p.id);
    return;
  }
  index.load(p, m);
  for (std::int64_t pos = m.position + 1; pos <= tail(); ++pos) index.apply(*ring.at(pos), &p);
  p.ready = true, p.busy = false;
  if (!std::exchange(p.seen, true)) tell_presence(p, p.presence);
  const auto mine = p.connections;
  for (const auto& c : mine) c->stage == Stage::waiting ? begin(*c) : pump(*c);
}

void Hub::Impl::fail(Person& p, std::string_view reason) {
  p.busy = p.ready = false;
  const auto mine = p.connections;
  for (const auto& c : mine) close(*c, reason, jitter());
}

void Hub::Impl::set_stage(Subscriber& c, Stage stage) {
  counters.waiting += opens(stage) - opens(c.stage);
  if (opens(stage) && !opens(c.stage)) opening.push_back(c.shared_from_this());
  if (c.stage == Stage::resting) resting.erase({c.since_ms, c.id});
  c.stage = stage, c.since_ms = now_ms();
  if (stage == Stage::resting) resting.emplace(std::pair(c.since_ms, c.id), &c);
}

void Hub::Impl::sweep() {
  sweep_timer = ports.loop.after(ports.limits.ask_ms, [this] { sweep(); });
  const std::int64_t late = now_ms() - ports.limits.open_ms;
  std::erase_if(opening, [](const SubscriberPtr& c) { return !opens(c->stage); });
  const auto open = opening;
  for (const auto& c : open)
    if (c->since_ms < late) close(*c, c->stage == Stage::waiting ? "unavailable" : "slow", jitter());
  while (!resting.empty() && resting.begin()->first.first < now_ms() - ports.limits.rest_ms) remove(*resting.begin()->second);
  if (older.running && older.began_ms < late) end_backfill(false);
  for (const UserId& user : std::exchange(reload, {}))
    if (Person* p = index.find(user); p && p->busy && p->loading == 0 && !p->snapshot) load(*p);
}

std::vector<SubscriberPtr> Hub::Impl::everybody() {
  std::vector<SubscriberPtr> all;
  all.reserve(static_cast<std::size_t>(counters.connections));
  index.each([&](const Person& p) { all.insert(all.end(), p.connections.begin(), p.connections.end()); });
  return all;
}

// --- closing ---
void Hub::Impl::close(Subscriber& c, std::string_view reason, std::int64_t reconnect_after_ms) {
  if (c.stage == Stage::closed) return;
  if (reason == "slow") ++counters.dropped_slow;
  const auto keep = c.shared_from_this();
  if (c.poll && c.stage == Stage::live) tell_owed(c);  // its answer's cursor speaks for that
  const FrameText frame("closing", {}, to_json(ClosingFrame{std::string(reason), reconnect_after_ms}));
  c.sink->send(frame.as(c.sink->format()));
  c.sink->close();
  remove(c);
}

void Hub::Impl::remove(Subscriber& c) {
  if (c.stage == Stage::closed) return;
  const auto keep = c.shared_from_this();
  if (c.stage == Stage::live) c.at = tail();
  set_stage(c, Stage::closed);
  look_away(c);
  --counters.connections;
  Person& person = *std::exchange(c.person, nullptr);
  std::erase(person.connections, keep);
  if (person.connections.empty()) person.grace = ports.loop.after(ports.limits.grace_ms, [this, user = person.id] { forget(user); });
  if (gone.empty())
    later([this] {
      for (const auto& g : std::exchange(gone, {})) g->sink.reset();  // a sink may hold its connection
    });
  gone.push_back(keep);
}

void Hub::Impl::forget(UserId user) {
  Person* p = index.find(user);
  if (!p || !p->connections.empty()) return;
  if (p->seen) tell_presence(*p, Presence::offline);
  const Timer ending = std::move(p->grace);  // the one that runs
  index.remove(*p);
}

// --- the public face ---
Hub::Hub(HubPorts ports) : impl_(std::make_unique<Impl>(std::move(ports))) {}
Hub::~Hub() {
  for (const auto& c : impl_->everybody()) {
    c->stage = Stage::closed;
    c->sink.reset();
  }
}
void Hub::on_commit(std::shared_ptr<const Committed> c) { impl_->tail_.on_commit(std::move(c)); }
Result<Done> Hub::admits(SessionId session) {
  if (auto refused = impl_->refusal(session)) return *refused;
  return Done{};
}
Result<SubscriberPtr> Hub::attach(AttachRequest r) {
  if (auto refused = impl_->refusal(r.session)) return *refused;
  return impl_->enter(std::move(r), nullptr);
}
void Hub::detach(const SubscriberPtr& c) {
  if (c) impl_->remove(*c);
}
std::uint64_t Hub::poll(PollRequest r, std::function<void(Result<PollPage>)> done) { return impl_->poll(std::move(r), std::move(done)); }
bool Hub::goes_on(const PollRequest& r) const { return impl_->continued(r) != nullptr; }
void Hub::end_poll(UserId user, std::uint64_t number) { impl_->end_poll(user, number); }
Result<Done> Hub::focus(UserId user, const std::string& id, const std::vector<ChatId>& chats, const std::vector<UserId>& users) {
  return impl_->focus(user, id, chats, users);
}
void Hub::typing(ChatId chat, UserId user, bool active) { impl_->typing(chat, user, active); }
void Hub::presence(UserId user, Presence state) {
  if (Person* p = impl_->index.find(user)) impl_->set_presence(*p, state);
}
void Hub::drain() {
  impl_->draining = true;
  for (const auto& c : impl_->everybody()) impl_->close(*c, "restart", impl_->jitter());
}
const HubLimits& Hub::limits() const { return impl_->ports.limits; }
HubCounters Hub::counters() const {
  HubCounters n = impl_->counters;
  n.people = static_cast<std::int64_t>(impl_->index.people());
  n.tail = impl_->tail(), n.log_reads = impl_->tail_.reads();
  n.ring_bytes = static_cast<std::int64_t>(impl_->ring.bytes()), n.ring_events = static_cast<std::int64_t>(impl_->ring.size());
  return n;
}

}  // namespace fechatter
