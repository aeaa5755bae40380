// What an event at the tail does, and to whom it goes.
#include <algorithm>
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kEndedSessions = 10000;
bool looks_at(const Subscriber& c, ChatId chat) { return c.focus && std::count(c.focus->chats.begin(), c.focus->chats.end(), chat) > 0; }
}  // namespace

// The membership of an event's own position decides who gets it: who joins by it is in, who leaves by it is out. Somebody who leaves a
// chat hears of it as chat_removed; somebody who leaves a workspace by its last event for them.
void Hub::Impl::deliver(const LogEvent& event) {
  const RingEvent& e = ring.push(RingEvent(event, ports.epoch));
  const Meaning::Kind kind = e.meaning ? e.meaning->kind : Meaning::Kind::mentions;
  if (kind == Meaning::Kind::session_revoked) end_session(e);
  index.apply(e);
  if (kind == Meaning::Kind::workspace_joined)
    if (Person* p = index.find(e.meaning->user)) pause(*p, e.pos);
  targets.clear();
  ++mark;
  switch (e.stream.kind) {
    case StreamKind::chat: deliver_chat(e); break;
    case StreamKind::workspace:
      index.each_in(id_cast<WorkspaceId>(e.stream.id), [&](const Person& p) { aim(p, false); });
      if (const Person* p = kind == Meaning::Kind::workspace_left ? index.find(e.meaning->user) : nullptr) aim(*p, false);
      shoot(e);
      break;
    case StreamKind::user:
      if (const Person* p = index.find(id_cast<UserId>(e.stream.id))) aim(*p, false);
      shoot(e);
      break;
  }
  if (parked.empty()) return;
  for (const UserId& user : std::exchange(parked, {})) {
    Person* p = index.find(user);
    if (!p || !p->snapshot) continue;
    if (p->snapshot->position <= tail()) settle(*p);
    else parked.push_back(user);
  }
}

// Chats of that workspace which they were in before come back with it: which ones, only the store knows.
void Hub::Impl::pause(Person& p, std::int64_t position) {
  p.ready = false, p.needs_position = position;
  const auto mine = p.connections;
  for (const auto& c : mine)
    if (c->stage == Stage::live) fall_behind(*c, position - 1);
  if (!p.busy) load(p);
}

// It gets what comes after `at` from the ring. What came before and was to be nudged about is nobody's concern then: it is told now.
void Hub::Impl::fall_behind(Subscriber& c, std::int64_t at) {
  tell_owed(c);
  if (c.stage != Stage::live) return;
  c.at = at;
  set_stage(c, Stage::catching_up);
}

void Hub::Impl::end_session(const RingEvent& e) {
  const SessionId session = e.meaning->session;
  if (ended.insert(session).second) ended_order.push_back(session);
  if (ended_order.size() > kEndedSessions) ended.erase(ended_order.front()), ended_order.pop_front();
  const Person* p = index.find(e.meaning->user);
  if (!p) return;
  const auto mine = p->connections;
  for (const auto& c : mine)
    if (c->session == session) close(*c, "signed_out", 0);
}

void Hub::Impl::aim(const Person& p, bool clipped) {
  for (const auto& c : p.connections)
    if (c->stage == Stage::live && c->mark != mark) targets.push_back({c.get(), clipped});
}
void Hub::Impl::shoot(const RingEvent& e) {
  for (const Target& t : targets) send_event(*t.connection, e, t.clipped);
}

void Hub::Impl::deliver_chat(const RingEvent& e) {
  ChatSeats* chat = index.chat(id_cast<ChatId>(e.stream.id));
  if (!chat) return;
  if (chat->member_count > ports.limits.large_chat) return deliver_large(e, *chat);
  index.each_seat(*chat, [&](const Person& p, const Seat& seat) { aim(p, e.message_seq > 0 && e.message_seq < seat.visible_from); });
  shoot(e);
}

void Hub::Impl::deliver_large(const RingEvent& e, ChatSeats& chat) {
  const auto add = [&](Subscriber& c) {
    const auto seat = c.stage == Stage::live && c.mark != mark ? chat.seat_of(*c.person) : std::nullopt;
    if (!seat) return;
    c.mark = mark;
    targets.push_back({&c, e.message_seq > 0 && e.message_seq < seat->visible_from});
  };
  if (const auto it = lookers.find(chat.id); it != lookers.end())
    for (Subscriber* c : it->second) add(*c);
  if (e.meaning && e.meaning->kind == Meaning::Kind::mentions)
    for (const UserId& user : e.meaning->users)
      if (const Person* p = index.find(user))
        for (const auto& c : p->connections) add(*c);
  const ChatId id = chat.id;
  shoot(e);
  if (e.rev == 0) return;
  const auto [it, first] = nudges.try_emplace(id);
  if (first) {
    open_nudge_window(id);
    nudge(chat, mark);
  } else if (!std::exchange(it->second.pending, true)) {
    ++nudges_pending;
  }
}

// --- nudges: at most one per chat and connection within a window ---
void Hub::Impl::nudge(ChatSeats& chat, std::uint32_t except) {
  const FrameText frame("nudge", {}, to_json(NudgeFrame{chat.id, chat.head_seq, chat.head_rev}));
  targets.clear();
  index.each_seat(chat, [&](const Person& p, const Seat&) {
    for (const auto& c : p.connections)
      if (c->stage == Stage::live && c->mark != except) targets.push_back({c.get(), false});
  });
  for (const Target& t : targets) {
    if (t.connection->stage == Stage::closed) continue;
    ++counters.nudges;
    send(*t.connection, frame);
  }
}

void Hub::Impl::nudge_all(ChatSeats& chat) {
  ++mark;
  if (const auto it = lookers.find(chat.id); it != lookers.end())
    for (Subscriber* c : it->second) c->mark = mark;
  nudge(chat, mark);
}

void Hub::Impl::open_nudge_window(ChatId id) {
  nudges[id].window = ports.loop.after(ports.limits.nudge_ms, [this, id] {
    const auto it = nudges.find(id);
    ChatSeats* chat = index.chat(id);
    nudges_pending -= it->second.pending;
    if (!it->second.pending || !chat) {
      const Timer ending = std::move(it->second.window);
      nudges.erase(it);
      return;
    }
    it->second.pending = false;
    open_nudge_window(id);
    nudge_all(*chat);
  });
}

void Hub::Impl::flush_nudges() {
  for (auto& [id, n] : nudges) {
    if (!std::exchange(n.pending, false)) continue;
    --nudges_pending;
    if (ChatSeats* chat = index.chat(id)) nudge_all(*chat);
  }
}

std::vector<NudgeFrame> Hub::Impl::pending_nudges(const Subscriber& c) {
  std::vector<NudgeFrame> frames;
  if (nudges_pending == 0) return frames;
  for (const auto& [id, n] : nudges) {
    const ChatSeats* chat = n.pending ? index.chat(id) : nullptr;
    if (chat && chat->seat_of(*c.person) && !looks_at(c, id)) frames.push_back({id, chat->head_seq, chat->head_rev});
  }
  return frames;
}

void Hub::Impl::tell_owed(Subscriber& c) {
  for (const NudgeFrame& n : pending_nudges(c)) {
    ++counters.nudges;
    if (!c.sink->send(FrameText("nudge", {}, to_json(n)).as(c.sink->format()))) return remove(c);
  }
}

// --- sending ---
bool Hub::Impl::has_room(const Subscriber& c, std::size_t part) const {
  return c.sink->pending_frames() < ports.limits.sink_frames / part && c.sink->pending_bytes() < ports.limits.sink_bytes / part;
}

bool Hub::Impl::send(Subscriber& c, const SharedText& text) {
  if (c.stage == Stage::closed) return false;
  if (!has_room(c)) {
    close(c, "slow", jitter());
    return false;
  }
  ++counters.delivered;
  if (!c.sink->send(text)) remove(c);
  return c.stage != Stage::closed;
}

// A frame with an id vouches for all before it. While a nudge is still to come, that would not be true: then it goes without.
void Hub::Impl::send_event(Subscriber& c, const RingEvent& e, bool clipped) {
  if (c.stage == Stage::closed) return;
  if (c.poll && !has_room(c)) return fall_behind(c, e.pos - 1);  // answered at the end of this turn; the rest comes with the next poll
  send(c, e.text(c.sink->format(), clipped, nudges_pending == 0 || pending_nudges(c).empty()));
}

void Hub::Impl::send_cursors() {
  cursor_timer = ports.loop.after(ports.limits.cursor_ms, [this] { send_cursors(); });
  flush_nudges();
  const std::string cursor = cursor_at(tail());
  const FrameText frame("cursor", cursor, to_json(CursorFrame{cursor}));
  for (const auto& c : everybody())
    if (c->stage == Stage::live && !c->poll) send(*c, frame);
}

}  // namespace fechatter
