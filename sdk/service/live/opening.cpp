// How a connection begins: what its cursor is worth, and what it missed.
#include <algorithm>
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kHeartbeatMs = 15000;
constexpr int kPumpAtOnce = 500;       // events looked at for one connection before others get their turn
constexpr std::int64_t kPumpMs = 10;
}  // namespace

void Hub::Impl::begin(Subscriber& c) {
  if (c.stage != Stage::waiting || !c.opening || !c.person->ready) return;
  const auto cursor = c.opening->cursor ? decode_cursor(*c.opening->cursor) : std::nullopt;
  if (!cursor || !cursor->finished()) return start_fresh(c, {});
  if (cursor->epoch != ports.epoch) return start_fresh(c, "epoch");
  if (cursor->base > tail()) {  // a sync round may have seen more than the tail has: only the log knows
    if (c.opening->after_read == 0) c.opening->after_read = tail_.ask();
    else if (tail_.completed() >= c.opening->after_read) start_fresh(c, "ahead");
    return;
  }
  if (tail() - cursor->base > ports.limits.resume_positions && cursor->base < ring.first()) return start_fresh(c, {});
  const auto command = ring.command_at(cursor->base);
  if (!command || cursor->base < ring.first()) {
    c.opening->base = cursor->base;
    older.waiting.push_back(c.shared_from_this());
    return backfill();
  }
  if (cursor_check(*command) != cursor->check) return start_fresh(c, "check");
  resume(c, cursor->base);
}

void Hub::Impl::caught_up() {
  const auto open = opening;
  for (const auto& c : open)
    if (c->stage == Stage::waiting && c->opening && c->opening->after_read > 0) begin(*c);
}

void Hub::Impl::hello(Subscriber& c, const std::string& cursor, bool resumed) {
  c.opening.reset();
  if (c.poll && c.poll->known && resumed) return;
  send(c, FrameText("hello", {}, to_json(HelloFrame{cursor, c.id.str(), ports.clock.now(), kHeartbeatMs, resumed})));
}

void Hub::Impl::start_fresh(Subscriber& c, std::string_view resync) {
  ++counters.fresh;
  hello(c, cursor_at(tail()), false);
  if (c.stage != Stage::closed && !resync.empty()) send(c, FrameText("resync", {}, to_json(ResyncFrame{std::string(resync)})));
  if (c.stage != Stage::closed) go_live(c);
}

void Hub::Impl::resume(Subscriber& c, std::int64_t base) {
  ++counters.resumed;
  const std::string cursor = std::move(*c.opening->cursor);
  for (std::int64_t pos = base + 1; pos <= tail(); ++pos) index.recall(*ring.at(pos), *c.person);
  c.at = base;
  set_stage(c, Stage::catching_up);
  hello(c, cursor, true);
  pump(c);
}

void Hub::Impl::go_live(Subscriber& c) {
  c.nudged.reset();
  set_stage(c, Stage::live);
  if (c.poll) poll_ready(c);
}

// --- what was missed: filtered by the present membership ---
void Hub::Impl::pump(Subscriber& c) {
  if (c.stage != Stage::catching_up || !c.person->ready) return;
  for (int budget = kPumpAtOnce; c.at < tail(); --budget) {
    if (budget == 0 || !has_room(c, 2)) return pump_later();
    const RingEvent* e = ring.shown(c.at + 1);
    if (!e) return close(c, "slow", jitter());  // the ring has moved on
    if (!push_missed(c, *e)) return;
    ++c.at, c.since_ms = now_ms();
  }
  go_live(c);
  if (c.stage == Stage::live && !c.poll) {  // says that this was all
    const std::string cursor = cursor_at(tail());
    send(c, FrameText("cursor", cursor, to_json(CursorFrame{cursor})));
  }
}

void Hub::Impl::pump_later() {
  if (std::exchange(pump_armed, true)) return;
  pump_timer = ports.loop.after(kPumpMs, [this] {
    pump_armed = false;
    const auto open = opening;
    for (const auto& c : open) pump(*c);
  });
}

// False: the connection is gone.
bool Hub::Impl::push_missed(Subscriber& c, const RingEvent& e) {
  const Person& p = *c.person;
  if (e.stream.kind == StreamKind::user && e.stream.id != id_cast<AnyId>(p.id)) return true;
  const bool own_leave = e.meaning && e.meaning->kind == Meaning::Kind::workspace_left && e.meaning->user == p.id;
  if (e.stream.kind == StreamKind::workspace && !own_leave && !std::binary_search(p.workspaces.begin(), p.workspaces.end(), id_cast<WorkspaceId>(e.stream.id)))
    return true;
  bool clipped = false;
  if (e.stream.kind == StreamKind::chat) {
    const ChatSeats* chat = index.chat(id_cast<ChatId>(e.stream.id));
    const auto seat = chat ? chat->seat_of(p) : std::nullopt;
    if (!seat || e.pos < seat->since) return true;
    clipped = e.message_seq > 0 && e.message_seq < seat->visible_from;
    if (chat->member_count > ports.limits.large_chat && !wants_full(c, e)) {
      if (!c.nudged) c.nudged = std::make_unique<std::map<ChatId, std::int64_t>>();
      std::int64_t& told = (*c.nudged)[chat->id];
      if (e.rev <= told) return true;
      told = std::max(e.rev, chat->head_rev), ++counters.nudges;
      return send(c, FrameText("nudge", {}, to_json(NudgeFrame{chat->id, chat->head_seq, told})));
    }
  }
  send(c, e.text(c.sink->format(), clipped, true));
  return c.stage != Stage::closed;
}

bool Hub::Impl::wants_full(const Subscriber& c, const RingEvent& e) const {
  if (c.focus && std::count(c.focus->chats.begin(), c.focus->chats.end(), id_cast<ChatId>(e.stream.id)) > 0) return true;
  return e.meaning && e.meaning->kind == Meaning::Kind::mentions && std::count(e.meaning->users.begin(), e.meaning->users.end(), c.person->id) > 0;
}

// --- older than the ring, but not too old: read once for all who wait ---
void Hub::Impl::backfill() {
  if (older.running || older.waiting.empty()) return;
  older.running = true, older.began_ms = now_ms(), older.bytes = 0;
  older.from = tail();
  for (const auto& c : older.waiting)  // with the event at the base: it proves the history
    if (c->opening) older.from = std::min(older.from, std::max<std::int64_t>(c->opening->base - 1, 0));
  read_older();
}

void Hub::Impl::read_older() {
  const std::int64_t after = older.events.empty() ? older.from : older.events.back().pos;
  ports.read_log(after, [this, number = ++older.number, guard = std::weak_ptr<char>(alive)](Result<std::vector<LogEvent>> events) {
    if (guard.lock() && older.running && older.number == number) backfilled(std::move(events));
  });
}

void Hub::Impl::backfilled(Result<std::vector<LogEvent>> events) {
  if (!events || events->empty()) return end_backfill(false);
  for (const LogEvent& e : *events) {
    if (e.pos > ring.first()) break;
    older.events.emplace_back(e, ports.epoch);
    older.bytes += older.events.back().bytes();
  }
  if (older.bytes + ring.bytes() > ring.max_bytes()) return end_backfill(false);
  if (!older.events.empty() && older.events.back().pos < ring.first()) return read_older();
  end_backfill(ring.prepend(std::move(older.events)));
}

void Hub::Impl::end_backfill(bool usable) {
  older.running = false;
  older.events.clear();
  for (const auto& c : std::exchange(older.waiting, {})) {
    if (c->stage != Stage::waiting) continue;
    if (usable) begin(*c);
    else if (c->person->ready) start_fresh(*c, {});
  }
}

}  // namespace fechatter
