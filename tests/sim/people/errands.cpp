// What the SDK has no method for, and apps call by its name: the rest of the catalog, with fields that sometimes fit and sometimes do not.
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/sim/people/device.hpp"

namespace fechatter::sim {
namespace {
/// What an errand may be about.
struct Subject {
  std::string workspace, chat, message, user, number;
  bool coin = false;
};
std::string text(const char* name, const std::string& value) { return std::string("\"") + name + "\":\"" + value + "\""; }
template <class... F> std::string object(const F&... fields) {
  std::string all;
  ((all += (all.empty() ? "" : ","), all += fields), ...);
  return "{" + all + "}";
}
struct Errand {
  const char* method;
  std::string (*fields)(const Subject&);
};
std::string about_message(const Subject& s) { return object(text("chat_id", s.chat), text("message_id", s.message)); }
std::string about_chat(const Subject& s) { return object(text("chat_id", s.chat)); }
std::string about_workspace(const Subject& s) { return object(text("workspace_id", s.workspace)); }
std::string nothing(const Subject&) { return "{}"; }

constexpr Errand kErrands[] = {
    {"get_me", nothing},
    {"list_workspaces", nothing},
    {"create_ticket", nothing},
    {"list_chats", [](const Subject& s) { return s.coin ? about_workspace(s) : std::string("{}"); }},
    {"get_user", [](const Subject& s) { return object(text("user_id", s.user)); }},
    {"get_workspace", about_workspace},
    {"list_workspace_members", about_workspace},
    {"list_channels", about_workspace},
    {"update_workspace", [](const Subject& s) { return object(text("workspace_id", s.workspace), text("name", "Town " + s.number)); }},
    {"create_workspace", [](const Subject& s) { return object(text("id", s.message), text("name", "Village " + s.number)); }},
    {"get_chat", about_chat},
    {"list_members", about_chat},
    {"list_messages", [](const Subject& s) { return object(text("chat_id", s.chat), "\"after\":" + s.number, s.coin ? "\"limit\":20" : "\"before\":5"); }},
    {"list_events", [](const Subject& s) { return object(text("chat_id", s.chat), "\"after_rev\":" + s.number); }},
    {"get_message", about_message},
    {"message_history", about_message},
    {"delete_message", about_message},  // of others: only moderators may
    {"delete_message", about_message},
    {"search", [](const Subject& s) { return object(text("q", s.coin ? "again" : "in:general has:mention"), text("workspace_id", s.workspace)); }},
    {"sync", nothing},
    {"poll", [](const Subject&) { return std::string("{\"wait\":0}"); }},
    {"set_typing", [](const Subject& s) { return object(text("chat_id", s.chat), std::string("\"active\":") + (s.coin ? "true" : "false")); }},
    {"set_focus", [](const Subject& s) { return object(text("connection_id", s.message), "\"chats\":[\"" + s.chat + "\"]"); }},
    {"login", [](const Subject& s) { return object(text("email", "p" + s.number + "@example.org"), text("password", "a wrong guess")); }},
    {"signup", [](const Subject&) { return object(text("email", "p0@example.org"), text("password", "somebody else"), text("name", "Somebody")); }},
    {"refresh", [](const Subject& s) { return object(text("refresh_token", s.message)); }},
    {"accept_invite", [](const Subject& s) { return object(text("code", "no-such-" + s.number)); }},
};
}  // namespace

std::optional<WorkspaceId> Device::some_workspace() {
  const auto mine = client_->workspaces();
  return mine.empty() ? std::nullopt : std::optional(mine[lot(mine.size())].id);
}

void Device::errand() {
  const auto workspace = some_workspace();
  const ChatId chat = some_chat().value_or(town_.channels.empty() ? ChatId{} : town_.channels[lot(town_.channels.size())]);
  MessageId message;
  random_.fill(message.bytes.data(), message.bytes.size());
  message.bytes[6] = static_cast<std::uint8_t>(0x70 | (message.bytes[6] & 15)), message.bytes[8] = static_cast<std::uint8_t>(0x80 | (message.bytes[8] & 63));
  if (const auto m = some_message(chat); m && m->author_id != user) message = m->id;
  const Subject subject{
      workspace.value_or(town_.workspace).str(), chat.str(), message.str(), town_.users[lot(town_.users.size())].str(), std::to_string(lot(20)), lot(2) == 0};
  if (lot(12) == 0) return invite();
  if (lot(30) == 0) return town_.ended.insert(user), call("logout", "{}");
  const Errand& e = kErrands[lot(std::size(kErrands))];
  call(e.method, e.fields(subject));
}

// Anybody who may; with a role that is theirs to give, or not.
void Device::invite() {
  const auto workspace = some_workspace();
  if (!workspace) return;
  const char* roles[] = {"", R"(,"role":"guest")", R"(,"role":"admin")", R"(,"max_uses":1)"};
  call("create_invite", "{\"workspace_id\":\"" + workspace->str() + "\"" + roles[lot(4)] + "}", [this](const std::string& json) {
    InviteView v;
    if (read_json(json, v, Reading::tolerant)) return;
    town_.invites.push_back(v.code);
    if (client_ && lot(2)) call("accept_invite", "{\"code\":\"" + town_.invites[lot(town_.invites.size())] + "\"}");
  });
}

}  // namespace fechatter::sim
