// What the names on a command line stand for: workspaces, people, chats, messages.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>
#include "app.hpp"

namespace terminal {

// Names are taken as Client::find_chat takes them: case does not matter (ASCII), nor does a # or @ before them. `workspace` is what --workspace says,
// a name or an id; empty: whichever makes sense. Errors: not_found; conflict: several fit, and they are named.

/// A workspace, and people in it.
struct People {
  WorkspaceId workspace;
  std::vector<UserId> ids;
};
/// All of them in one workspace, in that order. Names arrive after the chats do: waits so long for unknown ones.
Result<People> people_called(App&, const std::vector<std::string>& names, const std::string& workspace, int seconds);
/// Where a channel can be made, or others be invited: guests can do neither.
Result<WorkspaceId> workspace_to_shape(App&, const std::string& workspace);
/// A chat that this device knows.
Result<ChatId> chat_called(App&, const std::string& name, const std::string& workspace = {});
/// The same, or the direct chat with a person, which is made where there is none.
Result<ChatId> chat_to_write_to(App&, const std::string& name, const std::string& workspace);
/// A public channel, as the server lists them; or a chat that this device knows.
Result<ChatId> channel_called(App&, const std::string& name, const std::string& workspace);
/// Fetches a message that this device does not hold from whichever chat of this account's it is in.
Result<Done> fetch_message(App&, MessageId);
/// A chat's name; of one without a name who else is in it, as far as the server tells.
std::string name_of_chat(App&, const ChatSummary&);

}  // namespace terminal
