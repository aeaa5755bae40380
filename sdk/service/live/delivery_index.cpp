#include "sdk/service/live/delivery_index.hpp"
#include <algorithm>
#include <functional>
#include <iterator>

namespace fechatter {
namespace {
using Does = Meaning::Kind;

// The lowest that nobody has, so that numbers stay close together.
template <class T> std::uint32_t take_number(std::vector<T*>& by_number, std::vector<std::uint32_t>& free, T* owner) {
  if (free.empty()) {
    by_number.push_back(owner);
    return static_cast<std::uint32_t>(by_number.size() - 1);
  }
  std::pop_heap(free.begin(), free.end(), std::greater<>());
  const std::uint32_t n = free.back();
  free.pop_back();
  by_number[n] = owner;
  return n;
}
template <class T> void give_back(std::vector<T*>& by_number, std::vector<std::uint32_t>& free, std::uint32_t n) {
  by_number[n] = nullptr;
  free.push_back(n);
  std::push_heap(free.begin(), free.end(), std::greater<>());
}
auto terms_at(std::vector<ChatSeats::Terms>& all, std::uint32_t person) {
  return std::lower_bound(all.begin(), all.end(), person, [](const ChatSeats::Terms& t, std::uint32_t n) { return t.person < n; });
}
}  // namespace

std::optional<Seat> ChatSeats::seat_of(const Person& p) const {
  const bool here = people.bytes() < p.chats.bytes() ? people.contains(p.number) : p.chats.contains(number);
  if (!here) return std::nullopt;
  return seat_at(p.number);
}

Seat ChatSeats::seat_at(std::uint32_t person) const {
  if (!terms) return {};
  const auto it = terms_at(*terms, person);
  return it != terms->end() && it->person == person ? it->seat : Seat{};
}

void ChatSeats::set(std::uint32_t person, const Seat& seat) {
  const bool usual = seat.since == 0 && seat.visible_from == 1;
  if (!terms && usual) return;
  if (!terms) terms = std::make_unique<std::vector<Terms>>();
  const auto it = terms_at(*terms, person);
  const bool held = it != terms->end() && it->person == person;
  if (!usual && held) it->seat = seat;
  else if (!usual) terms->insert(it, {person, seat});
  else if (held) terms->erase(it);
  if (terms->empty()) terms.reset();
}

Person* DeliveryIndex::find(UserId id) {
  const auto it = people_.find(id);
  return it == people_.end() ? nullptr : &it->second;
}
const Person* DeliveryIndex::find(UserId id) const {
  const auto it = people_.find(id);
  return it == people_.end() ? nullptr : &it->second;
}
Person& DeliveryIndex::person(UserId id) {
  const auto [it, added] = people_.try_emplace(id);
  if (added) it->second.id = id, it->second.number = take_number(person_by_number_, free_people_, &it->second);
  return it->second;
}
void DeliveryIndex::remove(Person& p) {
  for (ChatSeats* c : chats_of(p)) empty_seat(p.number, *c);
  p.chats.assign({});
  while (!p.workspaces.empty()) exit(p, p.workspaces.back());
  give_back(person_by_number_, free_people_, p.number);
  people_.erase(UserId(p.id));
}
ChatSeats* DeliveryIndex::chat(ChatId id) {
  const auto it = chats_.find(id);
  return it == chats_.end() ? nullptr : &it->second;
}
ChatSeats& DeliveryIndex::chat_or_new(ChatId id) {
  const auto [it, added] = chats_.try_emplace(id);
  if (added) it->second.id = id, it->second.number = take_number(chat_by_number_, free_chats_, &it->second);
  return it->second;
}
std::vector<ChatSeats*> DeliveryIndex::chats_of(const Person& p) const {
  std::vector<ChatSeats*> all;
  p.chats.each([&](std::uint32_t n) { all.push_back(chat_by_number_[n]); });
  return all;
}

void DeliveryIndex::sit(Person& p, ChatId id, WorkspaceId workspace, Seat seat) {
  ChatSeats& chat = chat_or_new(id);
  if (workspace) chat.workspace = workspace;
  if (p.chats.insert(chat.number)) chat.people.insert(p.number);
  else seat.since = std::max(seat.since, chat.seat_at(p.number).since);
  chat.set(p.number, seat);
}
void DeliveryIndex::vacate(Person& p, ChatSeats& chat) {
  if (p.chats.erase(chat.number)) empty_seat(p.number, chat);
}
void DeliveryIndex::empty_seat(std::uint32_t person, ChatSeats& chat) {
  chat.people.erase(person);
  chat.set(person, {});
  if (!chat.people.empty()) return;
  give_back(chat_by_number_, free_chats_, chat.number);
  chats_.erase(ChatId(chat.id));
}
void DeliveryIndex::leave(Person& p, ChatId id) {
  if (ChatSeats* c = chat(id)) vacate(p, *c);
}
void DeliveryIndex::enter(Person& p, WorkspaceId id) {
  const auto it = std::lower_bound(p.workspaces.begin(), p.workspaces.end(), id);
  if (it != p.workspaces.end() && *it == id) return;
  p.workspaces.insert(it, id);
  workspaces_[id].insert(p.number);
}
void DeliveryIndex::exit(Person& p, WorkspaceId id) {
  for (ChatSeats* c : chats_of(p))
    if (c->workspace == id) vacate(p, *c);
  std::erase(p.workspaces, id);
  const auto it = workspaces_.find(id);
  if (it == workspaces_.end()) return;
  it->second.erase(p.number);
  if (it->second.empty()) workspaces_.erase(it);
}

void DeliveryIndex::load(Person& p, const Memberships& m) {
  std::vector<std::uint32_t> sat, sits, left;
  p.chats.each([&](std::uint32_t n) { sat.push_back(n); });
  // New seats first: a chat that empties in between would forget what is known of it.
  for (const auto& c : m.chats) {
    ChatSeats& chat = chat_or_new(c.chat);
    const bool known = std::binary_search(sat.begin(), sat.end(), chat.number);
    if (!known) chat.people.insert(p.number);
    chat.set(p.number, {known ? chat.seat_at(p.number).since : 0, c.visible_from});
    if (c.workspace) chat.workspace = c.workspace;
    chat.member_count = c.member_count;
    chat.head_seq = std::max(chat.head_seq, c.head_seq), chat.head_rev = std::max(chat.head_rev, c.head_rev);
    sits.push_back(chat.number);
  }
  std::sort(sits.begin(), sits.end());
  std::set_difference(sat.begin(), sat.end(), sits.begin(), sits.end(), std::back_inserter(left));
  for (const std::uint32_t n : left) empty_seat(p.number, *chat_by_number_[n]);
  p.chats.assign(sits);  // in one piece: putting each in its place would walk over all before it
  const auto before = p.workspaces;
  for (const WorkspaceId& w : before)
    if (std::find(m.workspaces.begin(), m.workspaces.end(), w) == m.workspaces.end()) exit(p, w);
  for (const WorkspaceId& w : m.workspaces) enter(p, w);
}

void DeliveryIndex::apply_to(Person& p, const RingEvent& e, const Meaning& m) {
  const auto stream_chat = id_cast<ChatId>(e.stream.id);
  switch (m.kind) {
    case Does::chat_joined: return sit(p, stream_chat, {}, {e.pos, m.visible_from});
    case Does::chat_created: return sit(p, stream_chat, m.workspace, {});  // nothing came before it
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
  if (!joined) return;
  if (const auto seat = c->seat_of(p)) c->set(p.number, {std::max(seat->since, e.pos), seat->visible_from});
}

bool DeliveryIndex::share_workspace(const Person& a, const Person& b) {
  return std::any_of(a.workspaces.begin(), a.workspaces.end(),
                     [&](const WorkspaceId& w) { return std::binary_search(b.workspaces.begin(), b.workspaces.end(), w); });
}

}  // namespace fechatter
