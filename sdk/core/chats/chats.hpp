// Chats of the four kinds.
#pragma once
#include "sdk/core/drafts.hpp"
#include "sdk/core/messages/message_view.hpp"

namespace fechatter {

/// direct: its id is derived from its people, nobody joins or leaves. group: private, by invitation of its members. Channels belong to a
/// workspace: a private one is entered by invitation, a public one by whoever likes.
enum class ChatKind : std::uint8_t { direct, group, private_channel, public_channel };
/// What somebody who joins later may see.
enum class History : std::uint8_t { all, since_join };

struct ChatRow {
  ChatId id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::string name, topic;
  bool archived = false;
  History history{};
  std::int32_t member_count = 0, owner_count = 0;
  std::int64_t head_seq = 0, head_rev = 0;
  Position head_pos;
  Time last_at;  ///< of the newest message, or of the creation
  UserId created_by;
  Time created_at;
  std::string create_hash;
};

/// What a chat looks like to one member: the summary of lists and of sync pages.
struct ChatView {
  ChatId id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::string name, topic;
  bool archived = false;
  History history{};
  std::optional<ChatRole> role;
  std::int64_t head_seq = 0, head_rev = 0, read_seq = 0, visible_from = 1, unread = 0, mentions = 0;
  std::int32_t member_count = 0;
  UserId created_by;
  Time created_at, last_at;
  std::optional<UserId> peer_id;  ///< direct chats between two: the other one, also after they left
  std::optional<MessageView> last_message;
};
/// A public channel that could be joined.
struct ChannelView {
  ChatId id;
  WorkspaceId workspace_id;
  std::string name, topic;
  std::int32_t member_count = 0;
  bool joined = false;
};

struct FirstMember {
  UserId user_id;
  ChatRole role{};
};
struct ChatCreated {
  ChatId id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::string name, topic;
  History history{};
  std::vector<FirstMember> members;
  Time created_at;
  std::string create_hash;
};
struct ChatChanged {
  std::string name, topic;
  bool archived = false;
};
/// Notifications of a user's stream.
struct ChatAdded {
  ChatId chat_id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::string name, topic;
  ChatRole role{};
  std::int64_t visible_from = 1, head_seq = 0, head_rev = 0;
};
struct ChatRemoved {
  ChatId chat_id;
};

struct CreateChat {
  ChatId id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::optional<std::string> name, topic;
  std::optional<History> history;
  std::vector<UserId> member_ids;
  bool full = false;  ///< by the service: somebody of them is in kMaxChats already
};
struct UpdateChat {
  ChatId chat_id;
  std::optional<std::string> name, topic;
  std::optional<bool> archived;
};
struct ChatListParams {
  std::optional<WorkspaceId> workspace_id;
};
struct ChatParams {
  ChatId chat_id;
};

/// In how many chats one person is at most. Counted before the command is decided: those under way at that moment come on top.
constexpr std::int64_t kMaxChats = 10'000;

/// The id of the direct chat between these people: UUIDv8 (RFC 9562) of SHA-256 over the workspace's and the sorted members' bytes.
ChatId direct_chat_id(WorkspaceId, std::vector<UserId> people);
/// Under which id the chat will be: a direct one's follows from its people.
ChatId id_of(const CreateChat&, UserId actor);
/// What is wrong with the request whoever asks, and whatever there is: invalid_argument.
std::optional<Error> misshapen(const CreateChat&, UserId actor);
void need_active_person(Keys&, WorkspaceId, UserId);

}  // namespace fechatter

FECHATTER_CHOICE(fechatter::ChatKind, "direct", "group", "private_channel", "public_channel");
FECHATTER_CHOICE(fechatter::History, "all", "since_join");
FECHATTER_RECORD(fechatter::ChatRow, "chats", FECHATTER_FIELD(id, .key = true), FECHATTER_FIELD(workspace_id, .merge = Merge::fixed),
                 FECHATTER_FIELD(kind, .merge = Merge::fixed), FECHATTER_FIELD(name), FECHATTER_FIELD(topic), FECHATTER_FIELD(archived),
                 FECHATTER_FIELD(history, .merge = Merge::fixed), FECHATTER_FIELD(member_count), FECHATTER_FIELD(owner_count), FECHATTER_FIELD(head_seq),
                 FECHATTER_FIELD(head_rev, .rev = true), FECHATTER_FIELD(head_pos), FECHATTER_FIELD(last_at),
                 FECHATTER_FIELD(created_by, .merge = Merge::fixed), FECHATTER_FIELD(created_at, .merge = Merge::fixed),
                 FECHATTER_FIELD(create_hash, .merge = Merge::fixed));
FECHATTER_RECORD(fechatter::ChatView, "Chat", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(kind), FECHATTER_FIELD(name),
                 FECHATTER_FIELD(topic), FECHATTER_FIELD(archived), FECHATTER_FIELD(history), FECHATTER_FIELD(role), FECHATTER_FIELD(head_seq),
                 FECHATTER_FIELD(head_rev), FECHATTER_FIELD(read_seq), FECHATTER_FIELD(visible_from), FECHATTER_FIELD(unread), FECHATTER_FIELD(mentions),
                 FECHATTER_FIELD(member_count), FECHATTER_FIELD(created_by), FECHATTER_FIELD(created_at), FECHATTER_FIELD(last_at), FECHATTER_FIELD(peer_id),
                 FECHATTER_FIELD(last_message));
FECHATTER_RECORD(fechatter::ChannelView, "Channel", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(name), FECHATTER_FIELD(topic),
                 FECHATTER_FIELD(member_count), FECHATTER_FIELD(joined));
FECHATTER_RECORD(fechatter::FirstMember, "FirstMember", FECHATTER_FIELD(user_id), FECHATTER_FIELD(role));
FECHATTER_RECORD(fechatter::ChatCreated, "chat_created", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(kind), FECHATTER_FIELD(name),
                 FECHATTER_FIELD(topic), FECHATTER_FIELD(history), FECHATTER_FIELD(members), FECHATTER_FIELD(created_at), FECHATTER_FIELD(create_hash));
FECHATTER_RECORD(fechatter::ChatChanged, "chat_changed", FECHATTER_FIELD(name), FECHATTER_FIELD(topic), FECHATTER_FIELD(archived));
FECHATTER_RECORD(fechatter::ChatAdded, "chat_added", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(kind), FECHATTER_FIELD(name),
                 FECHATTER_FIELD(topic), FECHATTER_FIELD(role), FECHATTER_FIELD(visible_from), FECHATTER_FIELD(head_seq), FECHATTER_FIELD(head_rev));
FECHATTER_RECORD(fechatter::ChatRemoved, "chat_removed", FECHATTER_FIELD(chat_id));
FECHATTER_RECORD(fechatter::CreateChat, "create_chat", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(kind),
                 FECHATTER_FIELD(name, .max = 80, .line = true), FECHATTER_FIELD(topic, .max = 250, .line = true), FECHATTER_FIELD(history),
                 FECHATTER_FIELD(member_ids, .max = 199, .defaulted = true), FECHATTER_FIELD(full, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::UpdateChat, "update_chat", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true),
                 FECHATTER_FIELD(topic, .max = 250, .line = true), FECHATTER_FIELD(archived));
FECHATTER_RECORD(fechatter::ChatListParams, "chat_list_params", FECHATTER_FIELD(workspace_id));
FECHATTER_RECORD(fechatter::ChatParams, "chat_params", FECHATTER_FIELD(chat_id));
