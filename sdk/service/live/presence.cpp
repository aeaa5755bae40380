// What is never stored: what a connection looks at, who types, who is there.
#include <algorithm>
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kFocusChats = 20, kFocusUsers = 200;

template <class I> std::vector<I> unique(std::vector<I> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}
template <class I> void unlink(std::map<I, std::vector<Subscriber*>>& links, const I& id, Subscriber* c) {
  const auto it = links.find(id);
  if (it == links.end()) return;
  std::erase(it->second, c);
  if (it->second.empty()) links.erase(it);
}
// Frames that nobody misses: not to those who are behind already.
bool listens(const Subscriber& c) { return c.stage == Stage::live || (c.stage == Stage::catching_up && !c.opening); }
}  // namespace

Result<Done> Hub::Impl::focus(UserId user, const std::string& id, const std::vector<ChatId>& chats, const std::vector<UserId>& users) {
  if (chats.size() > kFocusChats) return Error{Code::invalid_argument, "at most 20 chats", "chats"};
  if (users.size() > kFocusUsers) return Error{Code::invalid_argument, "at most 200 users", "users"};
  const auto parsed = AnyId::parse(id);
  const Person* p = parsed ? index.find(user) : nullptr;
  if (!p) return Error{Code::not_found, "no such connection", "connection_id"};
  const auto it = std::find_if(p->connections.begin(), p->connections.end(), [&](const SubscriberPtr& c) { return c->id == *parsed; });
  if (it == p->connections.end()) return Error{Code::not_found, "no such connection", "connection_id"};
  look(**it, {unique(chats), unique(users)});
  return Done{};
}

void Hub::Impl::look(Subscriber& c, Subscriber::Focus focus) {
  const auto keep = c.shared_from_this();
  const Subscriber::Focus before = c.focus ? *c.focus : Subscriber::Focus{};
  const auto owed = c.stage == Stage::live ? pending_nudges(c) : std::vector<NudgeFrame>{};
  look_away(c);
  for (const ChatId& chat : focus.chats) lookers[chat].push_back(&c);
  for (const UserId& user : focus.users) watchers[user].push_back(&c);
  if (!focus.chats.empty() || !focus.users.empty()) c.focus = std::make_unique<Subscriber::Focus>(focus);
  // From here on it gets these chats in full: what it has not been told yet comes now.
  for (const NudgeFrame& n : owed)
    if (std::binary_search(focus.chats.begin(), focus.chats.end(), n.chat_id)) send(c, FrameText("nudge", {}, to_json(n)));
  for (const UserId& user : focus.users) {
    const Person* p = index.find(user);
    if (c.stage == Stage::closed) return;
    if (!p || !p->seen || std::binary_search(before.users.begin(), before.users.end(), user)) continue;
    if (index.share_workspace(*p, *c.person)) whisper(c, {}, user, FrameText("presence", {}, to_json(PresenceFrame{user, p->presence})));
  }
}

void Hub::Impl::look_away(Subscriber& c) {
  if (!c.focus) return;
  for (const ChatId& chat : c.focus->chats) unlink(lookers, chat, &c);
  for (const UserId& user : c.focus->users) unlink(watchers, user, &c);
  c.focus.reset();
}

void Hub::Impl::typing(ChatId id, UserId user, bool active) {
  const ChatSeats* chat = index.chat(id);
  const auto it = lookers.find(id);
  if (!chat || it == lookers.end()) return;
  const FrameText frame("typing", {}, to_json(TypingFrame{id, user, active}));
  const auto all = it->second;
  for (Subscriber* c : all)
    if (c->stage != Stage::closed && c->person->id != user && chat->seat_of(*c->person)) whisper(*c, id, user, frame);
}

void Hub::Impl::set_presence(Person& p, Presence state) {
  if (std::exchange(p.presence, state) != state && p.seen) tell_presence(p, state);
}

void Hub::Impl::tell_presence(const Person& p, Presence state) {
  const auto it = watchers.find(p.id);
  if (it == watchers.end()) return;
  const FrameText frame("presence", {}, to_json(PresenceFrame{p.id, state}));
  const auto all = it->second;
  for (Subscriber* c : all)
    if (c->stage != Stage::closed && index.share_workspace(p, *c->person)) whisper(*c, {}, p.id, frame);
}

void Hub::Impl::whisper(Subscriber& c, ChatId chat, UserId user, const FrameText& frame) {
  if (listens(c) && has_room(c, 2)) send(c, frame);
  else if (c.poll && !listens(c)) c.poll->keep({chat, user, frame.as(Format::json)});
}

// What was kept for a poll may have become none of that person's business.
bool Hub::Impl::may_hear(const Person& p, const Whisper& w) {
  if (!w.chat) {
    const Person* other = index.find(w.user);
    return !other || index.share_workspace(p, *other);
  }
  const ChatSeats* chat = index.chat(w.chat);
  return chat && chat->seat_of(p);
}

}  // namespace fechatter
