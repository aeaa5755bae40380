#include "lookup.hpp"
#include "ask.hpp"

namespace terminal {
namespace {
using nlohmann::json;
constexpr std::size_t kNamesShown = 9;  // of a group without a name
constexpr int kArrivalSeconds = 2;      // for the name of somebody who has just come

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
std::string plain(const std::string& name) { return lower(!name.empty() && (name[0] == '#' || name[0] == '@') ? name.substr(1) : name); }
std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// --- workspaces ---

std::string listed(const std::vector<Workspace>& all) {
  std::vector<std::string> words;
  for (const Workspace& w : all) words.push_back(w.name + " (" + w.id.str() + ")");
  return join(words);
}
std::string name_of_workspace(App& app, WorkspaceId id) {
  for (const Workspace& w : app.client().workspaces())
    if (w.id == id) return w.name;
  return id.str();
}
Result<WorkspaceId> only_one(const std::vector<Workspace>& all) {
  if (all.size() == 1) return all.front().id;
  if (all.empty()) return Error{Code::not_found, "no workspace", {}};
  return Error{Code::conflict, "which workspace? --workspace says it: " + listed(all), {}};
}
// All of them where none is named.
Result<std::vector<Workspace>> workspaces_called(App& app, const std::string& name) {
  const std::vector<Workspace> all = app.client().workspaces();
  if (name.empty()) return all;
  std::vector<Workspace> called;
  for (const Workspace& w : all)
    if (w.id.str() == name || lower(w.name) == lower(name)) called.push_back(w);
  if (called.size() == 1) return called;
  if (called.empty()) return Error{Code::not_found, "no such workspace: " + name + "; there is " + (all.empty() ? "none" : listed(all)), {}};
  return Error{Code::conflict, "several workspaces are called " + name + "; their ids tell them apart: " + listed(called), {}};
}

// --- people ---

Result<UserId> person_in(App& app, WorkspaceId workspace, const std::string& name) {
  std::vector<std::string> called;
  for (const User& u : app.client().users(workspace)) {
    if (u.id.str() == name) return u.id;
    if (lower(u.name) == plain(name)) called.push_back(u.id.str());
  }
  if (called.empty()) return Error{Code::not_found, (UserId::parse(name) ? "nobody here is " : "nobody is called ") + name, {}};
  if (called.size() > 1) return Error{Code::conflict, "several people are called " + name + "; their ids tell them apart: " + join(called), {}};
  return *UserId::parse(called.front());
}
Result<People> people_in(App& app, WorkspaceId workspace, const std::vector<std::string>& names) {
  People people{workspace, {}};
  for (const std::string& name : names) {
    const auto id = person_in(app, workspace, name);
    if (!id) return id.error();
    people.ids.push_back(*id);
  }
  return people;
}
// In which of them all of these people are.
Result<People> people_in_one(App& app, const std::vector<Workspace>& workspaces, const std::vector<std::string>& names) {
  std::vector<Workspace> fit;
  Error why{Code::not_found, "no workspace", {}};
  Result<People> found = why;
  for (const Workspace& w : workspaces) {
    auto people = people_in(app, w.id, names);
    if (people) fit.push_back(w), found = std::move(people);
    else if (why.code == Code::not_found) why = people.error();
  }
  if (fit.size() == 1) return found;
  return fit.empty() ? why : only_one(fit).error();
}

// --- chats ---

std::string where(App& app, const std::vector<ChatSummary>& chats) {
  std::vector<std::string> words;
  for (const ChatSummary& c : chats) words.push_back(c.id.str() + " in " + name_of_workspace(app, c.workspace_id));
  return join(words);
}
Result<ChatId> only_chat(App& app, const std::vector<ChatSummary>& called, const std::string& name) {
  if (called.empty()) return Error{Code::not_found, "no such chat: " + name, {}};
  if (called.size() > 1) return Error{Code::conflict, "several chats are called " + name + "; their ids tell them apart: " + where(app, called), {}};
  return called.front().id;
}
// As the server lists those that anybody may join.
Result<std::vector<ChatSummary>> channels_in(App& app, WorkspaceId workspace, const std::string& name) {
  std::vector<ChatSummary> called;
  const auto more = find_item(app, "list_channels", {{"workspace_id", workspace.str()}}, [&](const json& c) {
    const auto id = ChatId::parse(text_in(c, "id"));
    if (id && lower(text_in(c, "name")) == plain(name)) called.push_back({*id, workspace});
    return false;
  });
  if (!more) return more.error();
  return called;
}
}  // namespace

Result<People> people_called(App& app, const std::vector<std::string>& names, const std::string& workspace, int seconds) {
  const auto workspaces = workspaces_called(app, workspace);
  if (!workspaces) return workspaces.error();
  Result<People> people = people_in_one(app, *workspaces, names);
  const auto known = [&] { return people || people.error().code != Code::not_found; };
  app.until([&] { return known() || (people = people_in_one(app, *workspaces, names), known()); }, seconds);
  return people;
}

Result<WorkspaceId> workspace_to_shape(App& app, const std::string& workspace) {
  const auto called = workspaces_called(app, workspace);
  if (!called) return called.error();
  if (called->size() == 1) return called->front().id;
  std::set<std::string> closed;
  const auto all = find_item(app, "list_workspaces", json::object(), [&](const json& w) {
    if (text_in(w, "role") == "guest") closed.insert(text_in(w, "id"));
    return false;
  });
  std::vector<Workspace> open = *called;
  if (all) std::erase_if(open, [&](const Workspace& w) { return closed.contains(w.id.str()); });
  return only_one(open.empty() ? *called : open);
}

std::string name_of_chat(App& app, const ChatSummary& c) {
  if (!c.name.empty() || app.client().connection() != Connection::live) return c.name;
  const auto me = app.client().me();
  std::vector<std::string> names;
  (void)find_item(app, "list_members", {{"chat_id", c.id.str()}}, [&](const json& m) {
    if (me && text_in(m, "user_id") == me->id.str()) return false;
    names.push_back(names.size() < kNamesShown ? text_in(m, "name") : "...");
    return names.size() > kNamesShown;
  });
  return join(names);
}

Result<ChatId> chat_called(App& app, const std::string& name, const std::string& workspace) {
  const auto workspaces = workspaces_called(app, workspace);
  if (!workspaces) return workspaces.error();
  std::vector<ChatSummary> called, unnamed;
  for (const ChatSummary& c : app.client().chats_now()) {
    if (c.id.str() == name) return c.id;
    if (!workspace.empty() && c.workspace_id != workspaces->front().id) continue;
    if (c.name.empty()) unnamed.push_back(c);
    else if (lower(c.name) == plain(name)) called.push_back(c);
  }
  // Of several names: a single one is a person's, whoever else has made a group for two.
  if (called.empty() && name.find(',') != name.npos)
    for (const ChatSummary& c : unnamed)
      if (lower(name_of_chat(app, c)) == lower(name)) called.push_back(c);
  return only_chat(app, called, name);
}

Result<ChatId> chat_to_write_to(App& app, const std::string& name, const std::string& workspace) {
  const auto chat = chat_called(app, name, workspace);
  if (chat || chat.error().code != Code::not_found) return chat;
  const auto people = people_called(app, {name}, workspace, kArrivalSeconds);
  if (!people) return people.error().code == Code::not_found ? chat.error() : people.error();
  return app.client().create_chat({people->workspace, ChatSummary::Kind::direct, {}, {}, people->ids});
}

Result<ChatId> channel_called(App& app, const std::string& name, const std::string& workspace) {
  if (const auto id = ChatId::parse(name)) return *id;
  const auto workspaces = workspaces_called(app, workspace);
  if (!workspaces) return workspaces.error();
  std::vector<ChatSummary> called;
  for (const Workspace& w : *workspaces) {
    const auto channels = channels_in(app, w.id, name);
    if (!channels && channels.error().code == Code::unavailable) return chat_called(app, name, workspace);
    if (!channels) return channels.error();
    called.insert(called.end(), channels->begin(), channels->end());
  }
  return called.empty() ? chat_called(app, name, workspace) : only_chat(app, called, name);
}

}  // namespace terminal
