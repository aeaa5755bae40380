#include "commands.hpp"
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include "ask.hpp"
#include "lookup.hpp"
#include "tail.hpp"
#include "text.hpp"

namespace terminal {
namespace {
using nlohmann::json;

void print(const json& j) { std::printf("%s\n", json_line(j).c_str()); }
int need_account(App& app) {
  if (app.client().me()) return kDone;
  complain("not signed in; use login or signup");
  return kRefused;
}
int whoami(App& app, const Words&) {
  const auto me = app.client().me();
  if (!me) return need_account(app);
  if (app.settings().json) print({{"id", me->id.str()}, {"name", me->name}, {"server", app.settings().server}});
  else std::printf("%s (%s) at %s\n", one_line(me->name).c_str(), me->id.str().c_str(), one_line(app.settings().server).c_str());
  return kDone;
}
// The session that is there would be forgotten, and go on at the server.
int need_none(App& app) {
  const auto me = app.client().me();
  if (!me) return kDone;
  complain("signed in as " + me->name + "; log out first");
  return kRefused;
}
int signup(App& app, const Words& w) {
  if (const int refused = need_none(app)) return refused;
  auto password = app.password(true);
  if (!password) return fail(password.error());
  const NewAccount account{w.email, *password, w.name, w.workspace, w.invite};
  auto user = app.await<User>([&](Completion<User> c) { return app.client().sign_up(account, std::move(c)); });
  if (!user) return fail(user.error());
  app.synced();
  return whoami(app, w);
}
int login(App& app, const Words& w) {
  if (const int refused = need_none(app)) return refused;
  auto password = app.password(false);
  if (!password) return fail(password.error());
  auto user = app.await<User>([&](Completion<User> c) { return app.client().sign_in(w.email, *password, std::move(c)); });
  if (!user) return fail(user.error());
  app.synced();
  return whoami(app, w);
}
int logout(App& app, const Words&) {
  auto done = app.await<Done>([&](Completion<Done> c) { return app.client().sign_out(std::move(c)); });
  if (done || app.client().me()) return done ? kDone : fail(done.error());
  complain("signed out here, but " + app.settings().server + " could not be told: there the session lasts until it is ended from another device");
  return kQueued;
}
int invite(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  const auto workspace = workspace_to_shape(app, w.workspace);
  if (!workspace) return fail(workspace.error());
  const auto made = ask(app, "create_invite", {{"workspace_id", workspace->str()}});
  if (!made) return fail(made.error());
  if (text_in(*made, "code").empty()) return fail({Code::unavailable, "the answer holds no code", {}});
  if (app.settings().json) print(*made);
  else std::printf("%s\n", one_line(text_in(*made, "code")).c_str());
  return kDone;
}
// What only the server tells of a chat, by its id.
std::map<std::string, json> told_of_chats(App& app) {
  std::map<std::string, json> told;
  (void)find_item(app, "list_chats", json::object(), [&](const json& c) {
    for (const char* field : {"role", "head_rev", "last_message"})
      if (c.contains(field)) told[text_in(c, "id")][field] = c[field];
    return false;
  });
  return told;
}
int chats(App& app, const Words&) {
  if (const int refused = need_account(app)) return refused;
  const bool online = app.synced();
  const auto told = online && app.settings().json ? told_of_chats(app) : std::map<std::string, json>{};
  for (ChatSummary c : app.client().chats_now()) {
    c.name = name_of_chat(app, c);
    const auto more = told.find(c.id.str());
    if (app.settings().json) print_chat(c, more == told.end() ? json::object() : more->second);
    else std::printf("%s\n", (c.name.empty() ? c.id.str() + chat_text(c) : chat_text(c)).c_str());
  }
  return kDone;
}
int create(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  NewChat chat;
  bool known = false;
  for (const auto kind : {ChatSummary::Kind::direct, ChatSummary::Kind::group, ChatSummary::Kind::private_channel, ChatSummary::Kind::public_channel})
    if (w.kind == kind_name(kind)) chat.kind = kind, known = true;
  if (!known) return complain("KIND is direct, group, private_channel or public_channel"), kUsage;
  app.settle();
  chat.name = repaired(w.name);
  const bool channel = chat.kind == ChatSummary::Kind::private_channel || chat.kind == ChatSummary::Kind::public_channel;
  if (channel && w.members.empty()) {
    const auto workspace = workspace_to_shape(app, w.workspace);
    if (!workspace) return fail(workspace.error());
    chat.workspace_id = *workspace;
  } else {
    const auto people = people_called(app, w.members, w.workspace, app.settings().timeout_s);
    if (!people) return fail(people.error());
    chat.workspace_id = people->workspace, chat.member_ids = people->ids;
  }
  auto id = app.client().create_chat(chat);
  if (!id) return fail(id.error());
  const int sent = app.sent();
  if (sent == kRefused) return (void)app.client().discard(id_cast<MessageId>(*id)), sent;  // nobody is to meet a chat that is none
  if (app.settings().json) print({{"id", id->str()}, {"kind", w.kind}, {"name", chat.name}});
  else std::printf("%s\n", id->str().c_str());
  return sent;
}

// What became of joining or leaving.
int settled(App& app, const Result<Done>& done) { return done ? kDone : done.error().code == Code::unavailable ? app.queued(false) : fail(done.error()); }
int join(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  const auto id = channel_called(app, w.chat, w.workspace);
  if (!id) return fail(id.error());
  return settled(app, app.await<Done>([&](Completion<Done> c) { return app.client().join(*id, std::move(c)); }));
}
int leave(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  const auto id = chat_called(app, w.chat);
  if (!id) return fail(id.error());
  return settled(app, app.await<Done>([&](Completion<Done> c) { return app.client().leave(*id, std::move(c)); }));
}
// A new direct chat, once the server has it. One that it refuses nobody is to meet, unless something of before waits there.
Result<ChatId> accepted(App& app, ChatId chat) {
  const auto sent = app.await<Done>([&](Completion<Done> c) { return app.client().when_sent(std::move(c)); });
  const ClientStatus s = app.client().status();
  const auto id = id_cast<MessageId>(chat);
  if (std::find(s.refused.begin(), s.refused.end(), id) == s.refused.end()) return chat;
  for (const ChatSummary& c : app.client().chats_now())
    if (c.id == chat && c.pending == 0) (void)app.client().discard(id);
  return s.refused.size() > 1 && s.last_error ? *s.last_error : sent ? Error{} : sent.error();
}
// The chat of a command: what is held first; a fresh start asks the server before it says "no such chat".
Result<ChatId> chat_of(App& app, const std::string& name, const std::string& workspace = {}) {
  if (auto id = chat_called(app, name, workspace)) return id;
  const bool online = app.synced();
  if (auto id = chat_called(app, name, workspace)) return id;
  const auto id = app.chat(name, workspace);
  return id && online ? accepted(app, *id) : id;
}
// Each line of standard input but blank ones. What is refused of them has been printed; the others are sent.
int send_lines(App& app, ChatId chat, std::vector<MessageId>& ids) {
  int worst = kDone;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    const std::string text = repaired(line);
    if (text.find_first_not_of(" \t\r") == text.npos) continue;
    const auto id = app.client().send(chat, text);
    if (id) {
      ids.push_back(*id);
      continue;
    }
    complain("line " + std::to_string(number) + ": " + id.error().message), worst = kRefused;
    if (id.error().code != Code::invalid_argument) return complain("nothing of what follows was sent"), worst;  // the disk, not the line
  }
  return worst;
}
int send(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  const auto chat = chat_of(app, w.chat, w.workspace);
  if (!chat) return fail(chat.error());
  std::vector<MessageId> ids;
  int worst = kDone;
  if (w.text == "-") {
    worst = send_lines(app, *chat, ids);
  } else {
    const auto id = app.client().send(*chat, repaired(w.text));
    if (!id) return fail(id.error());
    ids.push_back(*id);
  }
  const auto fates = app.fates(*chat, {ids.begin(), ids.end()});
  static constexpr const char* states[] = {"queued", "sent", "failed"};
  if (app.settings().json)
    for (const MessageId& id : ids) print({{"id", id.str()}, {"chat_id", chat->str()}, {"state", states[static_cast<int>(fates.at(id).state)]}});
  const int fate = app.verdict(fates);
  return worst == kRefused ? worst : fate;
}
int history(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  const auto chat = chat_called(app, w.chat);
  if (!chat) return fail(chat.error());
  auto messages = app.await<std::vector<Message>>(
      [&](Completion<std::vector<Message>> c) { return app.client().history(*chat, w.before, static_cast<std::size_t>(w.limit), std::move(c)); });
  if (!messages) return fail(messages.error());
  for (const Message& m : *messages) print_message(m, app.client().name_of(m.author_id), app.settings().json);
  return kDone;
}
int search(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  const bool online = app.synced();
  Result<std::vector<SearchHit>> hits = online
      ? app.await<std::vector<SearchHit>>([&](Completion<std::vector<SearchHit>> c) { return app.client().search(w.query, std::move(c)); })
      : app.client().search_local(w.query, 50);
  if (!hits) return fail(hits.error());
  for (const SearchHit& h : *hits) print_hit(h, app.client().name_of(h.message.author_id), app.settings().json);
  return kDone;
}
template <class F> int change(App& app, const Words& w, F apply) {
  if (const int refused = need_account(app)) return refused;
  const auto id = MessageId::parse(w.message);
  if (!id) return complain("MESSAGE is an id, see history --json"), kUsage;
  app.settle();
  Result<Done> done = apply(*id);
  return done ? app.sent() : fail(done.error());
}
// Of a message: one that this device does not hold, such as one that search has found, is fetched.
template <class F> int change_message(App& app, const Words& w, F apply) {
  return change(app, w, [&](MessageId id) {
    const Result<Done> done = apply(id);
    if (done || done.error().code != Code::not_found || app.client().connection() != Connection::live) return done;
    const Result<Done> fetched = fetch_message(app, id);
    return fetched ? apply(id) : fetched;
  });
}
int edit(App& app, const Words& w) {
  return change_message(app, w, [&](MessageId id) { return app.client().edit(id, repaired(w.text)); });
}
int remove(App& app, const Words& w) {
  return change_message(app, w, [&](MessageId id) { return app.client().remove(id); });
}
int react(App& app, const Words& w) {
  return change_message(app, w, [&](MessageId id) { return app.client().react(id, repaired(w.emoji), !w.off); });
}
// What was refused: again, under a new id, or not at all.
int retry(App& app, const Words& w) {
  return change(app, w, [&](MessageId id) -> Result<Done> {
    auto again = app.client().retry(id);
    if (!again) return again.error();
    app.forgive();
    if (app.settings().json) print({{"id", again->str()}});
    else std::printf("%s\n", again->str().c_str());
    return Done{};
  });
}
// A message that waits for a chat that was refused. The last one takes the chat along: else it would have to be found first.
Result<Done> discard_waiting(App& app, MessageId id) {
  for (const MessageId& refused : app.client().status().refused) {
    const auto timeline = app.client().timeline(id_cast<ChatId>(refused));
    timeline->drain();
    const auto& items = timeline->items();
    if (std::none_of(items.begin(), items.end(), [&](const TimelineItem& item) { return item.message.id == id; })) continue;
    return items.size() == 1 ? app.client().discard(refused) : app.client().remove(id);
  }
  return Error{Code::not_found, "nothing of that id has failed", {}};
}
int discard(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  const auto id = MessageId::parse(w.message);
  if (!id) return complain("MESSAGE is an id, as send printed it"), kUsage;
  Result<Done> done = app.client().discard(*id);
  if (!done && done.error().code == Code::not_found) done = discard_waiting(app, *id);
  return done ? kDone : fail(done.error());
}
int read(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.settle();
  const auto chat = chat_called(app, w.chat);
  if (!chat) return fail(chat.error());
  std::int64_t seq = w.seq;
  for (const ChatSummary& c : app.client().chats_now())
    if (c.id == *chat && seq == 0) seq = c.head_seq;
  auto done = app.client().mark_read(*chat, seq);
  return done ? app.sent() : fail(done.error());
}
int sync(App& app, const Words&) {
  if (const int refused = need_account(app)) return refused;
  if (!app.synced()) return complain(app.settings().server + " cannot be reached"), kQueued;
  const int sent = app.sent();  // whatever was refused, now or earlier
  if (sent == kRefused)
    for (const MessageId& id : app.client().status().refused) complain("not sent: " + id.str() + "; see retry and discard");
  return sent;
}
int status(App& app, const Words&) {
  app.synced();
  const ClientStatus s = app.client().status();
  json j{{"connection", connection_name(s.connection)}, {"pending", s.pending},           {"failed", s.failed}, {"position", s.position},
         {"signed_in", app.client().me().has_value()},  {"server", app.settings().server}};
  j["refused"] = json::array();
  for (const MessageId& id : s.refused) j["refused"].push_back(id.str());
  if (app.settings().json) return print(j), kDone;
  std::printf("%s, %zu changes not sent yet, %zu refused\n", connection_name(s.connection), s.pending, s.failed);
  if (s.last_error) std::printf("last trouble: %s\n", one_line(s.last_error->message).c_str());
  return kDone;
}

int tail(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  if (w.chat.empty()) return run_tail(app, std::nullopt);
  const auto chat = chat_of(app, w.chat);
  return chat ? run_tail(app, *chat) : fail(chat.error());
}

const std::map<std::string, Command> kCommands{
    {"signup", signup}, {"login", login}, {"logout", logout}, {"whoami", whoami}, {"invite", invite},   {"chats", chats},   {"new", create},
    {"join", join},     {"leave", leave}, {"send", send},     {"tail", tail},     {"history", history}, {"search", search}, {"react", react},
    {"edit", edit},     {"rm", remove},   {"read", read},     {"retry", retry},   {"discard", discard}, {"sync", sync},     {"status", status},
};
}  // namespace

Command find_command(const std::string& name) {
  const auto it = kCommands.find(name);
  return it == kCommands.end() ? nullptr : it->second;
}

}  // namespace terminal
