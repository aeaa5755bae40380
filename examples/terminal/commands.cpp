#include "commands.hpp"
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include "ask.hpp"
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
int invite(App& app, const Words&) {
  if (const int refused = need_account(app)) return refused;
  if (app.synced(); app.client().workspaces().empty()) return fail({Code::not_found, "no workspace", {}});
  const auto made = ask(app, "create_invite", {{"workspace_id", app.client().workspaces()[0].id.str()}});
  if (!made) return fail(made.error());
  if (text_in(*made, "code").empty()) return fail({Code::unavailable, "the answer holds no code", {}});
  if (app.settings().json) print(*made);
  else std::printf("%s\n", one_line(text_in(*made, "code")).c_str());
  return kDone;
}
int chats(App& app, const Words&) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  for (const ChatSummary& c : app.client().chats_now()) print_chat(c, app.settings().json);
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
  for (const std::string& name : w.members) {
    auto user = app.person(name, app.settings().timeout_s);
    if (!user) return fail(user.error());
    chat.member_ids.push_back(*user);
  }
  auto id = app.client().create_chat(chat);
  if (!id) return fail(id.error());
  const int sent = app.sent();
  if (sent == kRefused) return (void)app.client().discard(id_cast<MessageId>(*id)), sent;  // nobody is to meet a chat that is none
  if (app.settings().json) print({{"id", id->str()}, {"kind", w.kind}, {"name", chat.name}});
  else std::printf("%s\n", id->str().c_str());
  return sent;
}

// Public channels that one is not in are found at the server.
Result<ChatId> channel_to_join(App& app, const std::string& name) {
  if (auto held = app.client().find_chat(name)) return held;
  if (auto id = ChatId::parse(name)) return *id;
  const std::string plain = !name.empty() && name[0] == '#' ? name.substr(1) : name;
  for (const Workspace& w : app.client().workspaces()) {
    const auto channel = find_item(app, "list_channels", {{"workspace_id", w.id.str()}}, [&](const json& c) { return text_in(c, "name") == plain; });
    if (!channel) return channel.error();
    if (const auto id = ChatId::parse(text_in(*channel, "id"))) return *id;
  }
  return Error{Code::not_found, "no channel is called " + name, {}};
}
int join(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  auto id = channel_to_join(app, w.chat);
  if (!id) return fail(id.error());
  auto done = app.await<Done>([&](Completion<Done> c) { return app.client().join(*id, std::move(c)); });
  return done ? kDone : done.error().code == Code::unavailable ? kQueued : fail(done.error());
}
int leave(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  auto id = app.client().find_chat(w.chat);
  if (!id) return fail(id.error());
  auto done = app.await<Done>([&](Completion<Done> c) { return app.client().leave(*id, std::move(c)); });
  return done ? kDone : done.error().code == Code::unavailable ? kQueued : fail(done.error());
}
// The chat of a command: what is held first; a fresh start asks the server before it says "no such chat".
Result<ChatId> chat_of(App& app, const std::string& name) {
  if (auto id = app.client().find_chat(name)) return id;
  app.synced();
  return app.chat(name);
}
int send(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  auto chat = chat_of(app, w.chat);
  if (!chat) return fail(chat.error());
  std::vector<std::string> texts;
  if (w.text != "-") texts.push_back(w.text);
  else
    for (std::string line; std::getline(std::cin, line);)
      if (!line.empty()) texts.push_back(line);
  std::vector<MessageId> ids;
  for (const std::string& text : texts) {
    auto id = app.client().send(*chat, repaired(text));
    if (!id) return fail(id.error());
    ids.push_back(*id);
  }
  const auto fates = app.fates(*chat, {ids.begin(), ids.end()});
  static constexpr const char* states[] = {"queued", "sent", "failed"};
  if (app.settings().json)
    for (const MessageId& id : ids) print({{"id", id.str()}, {"chat_id", chat->str()}, {"state", states[static_cast<int>(fates.at(id).state)]}});
  return app.verdict(fates);
}
int history(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.synced();
  auto chat = app.client().find_chat(w.chat);
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
  for (const SearchHit& h : *hits) print_message(h.message, app.client().name_of(h.message.author_id), app.settings().json);
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
int edit(App& app, const Words& w) {
  return change(app, w, [&](MessageId id) { return app.client().edit(id, repaired(w.text)); });
}
int remove(App& app, const Words& w) {
  return change(app, w, [&](MessageId id) { return app.client().remove(id); });
}
int react(App& app, const Words& w) {
  return change(app, w, [&](MessageId id) { return app.client().react(id, repaired(w.emoji), !w.off); });
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
int discard(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  const auto id = MessageId::parse(w.message);
  if (!id) return complain("MESSAGE is an id, as send printed it"), kUsage;
  const auto done = app.client().discard(*id);
  return done ? kDone : fail(done.error());
}
int read(App& app, const Words& w) {
  if (const int refused = need_account(app)) return refused;
  app.settle();
  auto chat = app.client().find_chat(w.chat);
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
  return app.sent();  // whatever was refused, now or earlier
}
int status(App& app, const Words&) {
  app.synced();
  const ClientStatus s = app.client().status();
  const json j{{"connection", connection_name(s.connection)}, {"pending", s.pending},           {"failed", s.failed}, {"position", s.position},
               {"signed_in", app.client().me().has_value()},  {"server", app.settings().server}};
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
