// What the person who holds a device does, at random.
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/sim/people/device.hpp"

namespace fechatter::sim {
namespace {
struct SessionList {
  std::vector<SessionView> items;
};
}  // namespace
}  // namespace fechatter::sim
FECHATTER_RECORD(fechatter::sim::SessionList, "session_list", FECHATTER_FIELD(items));
namespace fechatter::sim {

std::optional<ChatId> Device::some_chat() {
  const auto chats = client_->chats_now();
  if (chats.empty()) return std::nullopt;
  return chats[lot(chats.size())].id;
}
std::optional<Message> Device::some_message(ChatId chat) {
  const auto held = client_->held(chat);
  if (held.empty()) return std::nullopt;
  return held[lot(held.size())];
}

// In every form that calls somebody.
std::string Device::mention() {
  const auto people = client_->users();
  const std::string everybody[] = {" @channel", " @all", " @everyone", " @here"};
  if (people.empty() || lot(3) == 0) return everybody[lot(4)];
  const User& u = people[lot(people.size())];
  if (lot(3) == 0) return " <@" + u.id.str() + ">";
  return u.name.find(' ') == std::string::npos ? " @" + u.name : " @**" + u.name + "**";
}
std::string Device::words(ChatId) {
  std::string text(lot(150) == 0 ? 39000 : lot(20) == 0 ? 3000 : lot(40), 'x');
  if (lot(7) == 0) text += mention();
  return text;
}
void Device::say(ChatId chat) {
  const std::string token = ledger_.token();
  const std::string body = token + ' ' + words(chat);
  std::optional<MessageId> reply;
  if (lot(6) == 0)
    if (const auto m = some_message(chat)) reply = m->id;
  Written& w = ledger_.write({number_, user, chat, {}, 0, body});
  const auto id = client_->send(chat, body, reply);
  if (id) w.id = *id;
}
// More than a page of sync says, at once.
void Device::burst(ChatId chat) {
  sights_.see("people a burst of messages");
  for (std::uint64_t i = 55 + lot(15); i > 0; --i) say(chat);
}

void Device::change_own(std::uint64_t what) {
  std::vector<Written*> own;
  for (Written& w : ledger_.written())
    if (w.device == number_ && w.id && !w.removed) own.push_back(&w);
  if (own.empty()) return;
  Written& w = *own[own.size() - 1 - lot(std::min<std::size_t>(own.size(), 8))];
  if (what == 0) {
    if (client_->remove(w.id)) w.removed = true;
    else w.unsure = true;
    return;
  }
  const std::string body = w.body.substr(0, w.body.find('z') + 1) + " again" + std::to_string(lot(1000)) + (lot(5) == 0 ? mention() : std::string());
  if (client_->edit(w.id, body)) w.body = body;
  else w.unsure = true;
}

void Device::regret() {
  if (!client_ || !client_->me()) return;
  const auto chat = some_chat();
  switch (lot(4)) {
    case 0: return chat ? client_->leave(*chat, ignore<Done>()).detach() : void();
    case 1: return change_own(0);
    default: return change_own(1);
  }
}

// Somebody else's message, or the chat itself.
void Device::touch(ChatId chat) {
  const auto m = some_message(chat);
  switch (lot(10)) {
    case 0:
    case 1:
    case 2:
      if (m && !m->deleted) (void)client_->react(m->id, lot(2) ? "👍" : "🎉", lot(4) != 0);
      break;
    case 9: client_->hold(chat, lot(2) ? Hold::all : Hold::recent); break;
    case 3:
    case 4:
    case 5:
      if (m) (void)client_->mark_read(chat, m->seq);
      break;
    case 6: (void)client_->save_draft(chat, "thinking about it"); break;
    case 7: (void)client_->search_local((lot(3) ? "tok" + std::to_string(lot(50)) + "z" : std::string("again has:mention"))); break;
    default: client_->search("again", ignore<std::vector<SearchHit>>()).detach();
  }
}

// The person sees that something was refused, and sends it again or lets it be.
void Device::decide_refused() {
  const auto failed = unsent(true);
  if (failed.empty()) return;
  auto it = std::next(failed.begin(), static_cast<std::ptrdiff_t>(lot(failed.size())));
  const auto w = std::find_if(ledger_.written().begin(), ledger_.written().end(), [&](const Written& x) { return x.id == *it; });
  if (w == ledger_.written().end()) return void(client_->discard(*it));  // a bot's answer
  if (lot(3) == 0) {
    if (client_->discard(*it)) w->removed = true;
    else w->unsure = true;
  } else if (const auto again = client_->retry(*it)) {
    w->refused.push_back(w->id), w->id = *again;
  } else {
    w->unsure = true;
  }
}

void Device::found_chat() {
  const auto workspace = some_workspace();
  if (!workspace) return;
  NewChat chat{*workspace, static_cast<ChatSummary::Kind>(lot(4)), "room " + std::to_string(lot(1000)), "", {}};
  for (const UserId& u : town_.users)
    if (u != user && lot(2)) chat.member_ids.push_back(u);
  if (chat.kind == ChatSummary::Kind::direct) chat.name.clear(), chat.member_ids = {town_.users[lot(town_.users.size())]};
  if (const auto id = client_->create_chat(chat); id && chat.kind == ChatSummary::Kind::public_channel) town_.channels.push_back(*id);
}

void Device::change_chat(ChatId chat) {
  const std::string id = "{\"chat_id\":\"" + chat.str() + "\",";
  switch (lot(8)) {
    case 0: return call("update_chat", id + "\"archived\":" + (lot(3) == 0 ? "true}" : "false}"));
    case 1: return call("update_chat", id + "\"name\":\"name " + std::to_string(lot(1000)) + "\"}");
    default: return call("update_chat", id + "\"topic\":\"topic " + std::to_string(lot(1000)) + "\"}");
  }
}

// Who is in the chat, and who in the workspace.
void Device::change_people(ChatId chat) {
  const std::string who = "\"user_id\":\"" + town_.users[lot(town_.users.size())].str() + "\"";
  const WorkspaceId workspace = some_workspace().value_or(town_.workspace);
  const std::string in_chat = "{\"chat_id\":\"" + chat.str() + "\"," + who, in_workspace = "{\"workspace_id\":\"" + workspace.str() + "\"," + who;
  const char* roles[] = {"admin", "member", "guest"};
  switch (lot(8)) {
    case 0:
    case 1:
    case 2: return call("add_member", in_chat + "}");
    case 3: return call("add_member", in_chat + ",\"role\":\"" + roles[lot(2)] + "\"}");
    case 4:
    case 5: return call("remove_member", in_chat + "}");
    case 6: return call("set_workspace_member", in_workspace + ",\"role\":\"" + roles[lot(3)] + "\"}");
    default: return call("remove_workspace_member", in_workspace + "}");
  }
}

void Device::change_self() {
  switch (lot(8)) {
    case 0: return call("update_me", "{\"name\":\"Person" + std::to_string(lot(100)) + "\"}");
    case 1: return call("update_me", "{\"name\":\"Person " + std::to_string(number_) + " the " + std::to_string(lot(100)) + "\"}");
    case 2: return call("set_presence", lot(2) ? R"({"state":"away"})" : R"({"state":"online"})");
    case 3: signed_out_ = true; return client_->sign_out(ignore<Done>()).detach();
    case 4:
    case 5: return change_password();
    default: return end_sessions();
  }
}
void Device::end_sessions() {
  client_
      ->call("list_sessions", "{}",
             [this](Result<std::string> json) {
               SessionList list;
               if (!json || read_json(*json, list, Reading::tolerant) || list.items.empty() || !client_) return;
               town_.ended.insert(user);
               call("revoke_session", "{\"session_id\":\"" + list.items[lot(list.items.size())].id.str() + "\"}");
             })
      .detach();
}
// Both are kept in mind: whether it was changed is not known while the answer is not there.
void Device::change_password() {
  const std::string old = password(), fresh = "battery staple " + std::to_string(lot(1000));
  auto& known = town_.passwords[email_];
  if (known.empty()) known.push_back(old);
  known.push_back(fresh);
  town_.ended.insert(user);
  call("set_password", "{\"old\":\"" + old + "\",\"new\":\"" + fresh + "\"}");
}

void Device::scroll() {
  if (open_.empty()) return;
  Open& o = *open_[lot(open_.size())];
  const auto m = some_message(o.chat);
  switch (lot(4)) {
    case 0: return m ? o.timeline->load_around(m->id, ignore<Done>()).detach() : void();
    case 1: return o.timeline->load_newer(ignore<std::size_t>(), 1 + lot(20)).detach();
    default: return o.timeline->load_older(ignore<std::size_t>(), 1 + lot(20)).detach();
  }
}

// The bot of this device: answers some of what others say, once, whatever happens in between.
void Device::open_feed() {
  auto opened = client_->feed("bot");
  if (!opened) return;  // no room: later
  feed_ = std::move(*opened);
  ledger_.feed_opened(number_);
  feed_->on_change([this] {
    for (auto& item : feed_->drain()) ledger_.fed(number_, item.message.id), questions_.push_back(std::move(item));
    answer_questions();
  });
}
// What cannot be kept at the moment is tried again, before anything behind it is acknowledged.
void Device::answer_questions() {
  for (; !questions_.empty(); questions_.pop_front()) {
    const Message& m = questions_.front().message;
    const bool question = m.author_id != user && m.id.bytes[15] % 4 == 0 && !m.deleted && !m.body.starts_with("answer");
    if (question && !client_->reply_once(m, "answer to " + m.id.str())) return;
    if (!feed_->ack(questions_.front().position)) return;
  }
}

void Device::act() {
  if (!client_->me()) return sign_in();
  if (bot_ && !feed_) return open_feed();
  answer_questions();
  if (client_->workspaces().empty())
    return lot(4) || town_.invites.empty() ? void() : call("accept_invite", "{\"code\":\"" + town_.invites[lot(town_.invites.size())] + "\"}");
  const auto chat = some_chat();
  const std::uint64_t what = lot(104);
  if (what < 3) return found_chat();
  if (what < 6 && !town_.channels.empty()) return client_->join(town_.channels[lot(town_.channels.size())], ignore<Done>()).detach();
  if (what >= 100) return errand();
  if (!chat) return;
  if (what < 44) say(*chat);
  else if (what < 45) lot(4) ? say(*chat) : burst(*chat);
  else if (what < 57) change_own(lot(4));
  else if (what < 72) touch(*chat);
  else if (what < 80) open_timeline(*chat);
  else if (what < 84 && !open_.empty()) open_.erase(open_.begin());
  else if (what < 88) scroll();
  else if (what < 90 && !open_.empty()) open_.back()->timeline->typing();
  else if (what < 91) client_->drop_history(*chat);
  else if (what < 93) client_->history(*chat, 0, 1 + lot(40), ignore<std::vector<Message>>()).detach();
  else if (what < 95) client_->leave(*chat, ignore<Done>()).detach();
  else if (what < 97) change_people(*chat);
  else if (what < 98) lot(2) ? change_chat(*chat) : change_self();
  else decide_refused();
}

}  // namespace fechatter::sim
