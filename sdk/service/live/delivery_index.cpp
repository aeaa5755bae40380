#include "sdk/service/live/delivery_index.hpp"
#include <algorithm>

namespace fechatter {
namespace {
auto place_of(std::vector<Seat>& seats, const Person* p) {
  return std::lower_bound(seats.begin(), seats.end(), p, [](const Seat& s, const Person* q) { return s.person->id < q->id; });
}
using Does = Meaning::Kind;
}  // namespace

const Seat* ChatSeats::seat_of(const Person* p) const {
  const auto it = place_of(const_cast<std::vector<Seat>&>(seats), p);
  return it != seats.end() && it->person == p ? &*it : nullptr;
}

Person* DeliveryIndex::find(UserId id) const {
  const auto it = people_.find(id);
  return it == people_.end() ? nullptr : it->second.get();
}
Person& DeliveryIndex::person(UserId id) {
  auto& slot = people_[id];
  if (!slot) slot = std::make_unique<Person>(), slot->id = id;
  return *slot;
}
void DeliveryIndex::remove(Person& p) {
  while (!p.chats.empty()) vacate(p, *p.chats.back());
  while (!p.workspaces.empty()) exit(p, p.workspaces.back());
  people_.erase(p.id);
}
ChatSeats* DeliveryIndex::chat(ChatId id) {
  const auto it = chats_.find(id);
  return it == chats_.end() ? nullptr : &it->second;
}
const std::vector<Person*>& DeliveryIndex::in_workspace(WorkspaceId id) const {
  static const std::vector<Person*> nobody;
  const auto it = workspaces_.find(id);
  return it == workspaces_.end() ? nobody : it->second;
}

void DeliveryIndex::sit(Person& p, ChatId id, WorkspaceId workspace, Seat seat) {
  ChatSeats& chat = chats_[id];
  chat.id = id;
  if (workspace) chat.workspace = workspace;
  seat.person = &p;
  const auto it = place_of(chat.seats, &p);
  if (it != chat.seats.end() && it->person == &p) {
    it->since = std::max(it->since, seat.since), it->visible_from = seat.visible_from;
    return;
  }
  chat.seats.insert(it, seat);
  p.chats.push_back(&chat);
}
void DeliveryIndex::vacate(Person& p, ChatSeats& chat) {
  const auto it = place_of(chat.seats, &p);
  if (it == chat.seats.end() || it->person != &p) return;
  chat.seats.erase(it);
  std::erase(p.chats, &chat);
  if (chat.seats.empty()) chats_.erase(ChatId(chat.id));
}
void DeliveryIndex::leave(Person& p, ChatId id) {
  if (ChatSeats* c = chat(id)) vacate(p, *c);
}
void DeliveryIndex::enter(Person& p, WorkspaceId id) {
  const auto it = std::lower_bound(p.workspaces.begin(), p.workspaces.end(), id);
  if (it != p.workspaces.end() && *it == id) return;
  p.workspaces.insert(it, id);
  workspaces_[id].push_back(&p);
}
void DeliveryIndex::exit(Person& p, WorkspaceId id) {
  std::vector<ChatSeats*> gone;
  for (ChatSeats* c : p.chats)
    if (c->workspace == id) gone.push_back(c);
  for (ChatSeats* c : gone) vacate(p, *c);
  std::erase(p.workspaces, id);
  const auto it = workspaces_.find(id);
  if (it == workspaces_.end()) return;
  std::erase(it->second, &p);
  if (it->second.empty()) workspaces_.erase(it);
}

void DeliveryIndex::load(Person& p, const Memberships& m) {
  std::map<ChatId, std::int64_t> since;
  for (const ChatSeats* c : p.chats) since[c->id] = c->seat_of(&p)->since;
  // New seats first: a chat that empties in between would forget what is known of it.
  for (const auto& c : m.chats) {
    sit(p, c.chat, c.workspace, {&p, since.count(c.chat) ? since[c.chat] : 0, c.visible_from});
    ChatSeats& seats = *chat(c.chat);
    seats.member_count = c.member_count;
    seats.head_seq = std::max(seats.head_seq, c.head_seq), seats.head_rev = std::max(seats.head_rev, c.head_rev);
    since.erase(c.chat);
  }
  for (const auto& [id, position] : since) leave(p, id);
  const auto before = p.workspaces;
  for (const WorkspaceId& w : before)
    if (std::find(m.workspaces.begin(), m.workspaces.end(), w) == m.workspaces.end()) exit(p, w);
  for (const WorkspaceId& w : m.workspaces) enter(p, w);
}

void DeliveryIndex::apply_to(Person& p, const RingEvent& e, const Meaning& m) {
  const auto stream_chat = id_cast<ChatId>(e.stream.id);
  switch (m.kind) {
    case Does::chat_joined: return sit(p, stream_chat, {}, {&p, e.pos, m.visible_from});
    case Does::chat_created: return sit(p, stream_chat, m.workspace, {&p, e.pos, 1});
    case Does::chat_left: return leave(p, stream_chat);
    case Does::workspace_joined: return enter(p, m.workspace);
    case Does::workspace_left: return exit(p, m.workspace);
    case Does::chat_added:
      if (ChatSeats* c = chat(m.chat)) c->workspace = m.workspace;
      return;
    case Does::session_revoked:
    case Does::mentions:
    case Does::message_deleted: return;
  }
}

void DeliveryIndex::apply(const RingEvent& e, const Person* only) {
  if (e.meaning) {
    const Meaning& m = *e.meaning;
    const auto touch = [&](UserId id) {
      if (Person* p = find(id); p && (!only || p == only)) apply_to(*p, e, m);
    };
    if (m.kind == Does::chat_created) std::for_each(m.users.begin(), m.users.end(), touch);
    else if (m.user) touch(m.user);
  }
  if (e.stream.kind != StreamKind::chat) return;
  ChatSeats* c = chat(id_cast<ChatId>(e.stream.id));
  if (!c) return;
  c->head_rev = std::max(c->head_rev, e.rev), c->head_seq = std::max(c->head_seq, e.seq);
  if (e.meaning && e.meaning->member_count > 0) c->member_count = e.meaning->member_count;
}

void DeliveryIndex::recall(const RingEvent& e, const Person& p) {
  ChatSeats* c = e.stream.kind == StreamKind::chat ? chat(id_cast<ChatId>(e.stream.id)) : nullptr;
  if (!c) return;
  c->head_rev = std::max(c->head_rev, e.rev), c->head_seq = std::max(c->head_seq, e.seq);
  if (!e.meaning) return;
  const bool joined = e.meaning->kind == Does::chat_joined && e.meaning->user == p.id;
  const bool created = e.meaning->kind == Does::chat_created && std::count(e.meaning->users.begin(), e.meaning->users.end(), p.id) > 0;
  if (!joined && !created) return;
  const auto it = place_of(c->seats, &p);
  if (it != c->seats.end() && it->person == &p) it->since = std::max(it->since, e.pos);
}

bool DeliveryIndex::share_workspace(const Person& a, const Person& b) {
  return std::any_of(a.workspaces.begin(), a.workspaces.end(),
                     [&](const WorkspaceId& w) { return std::binary_search(b.workspaces.begin(), b.workspaces.end(), w); });
}

}  // namespace fechatter
