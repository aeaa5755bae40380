#include "sdk/service/live/meaning.hpp"
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
namespace {
using Does = Meaning::Kind;
using Found = std::unique_ptr<Meaning>;

template <class E> std::optional<E> body_of(const LogEvent& e, const EventEntry& entry) {
  E body;
  if (entry.type != &type_of<E> || e.payload.empty() || read_json(e.payload, type_of<E>, &body, Reading::tolerant)) return std::nullopt;
  return body;
}
Found about(Does kind, UserId user = {}) {
  auto found = std::make_unique<Meaning>();
  found->kind = kind, found->user = user;
  return found;
}
Found named(std::vector<UserId> users) {
  if (users.empty()) return nullptr;
  auto found = about(Does::mentions);
  found->users = std::move(users);
  return found;
}

Found of_messages(const LogEvent& e, const EventEntry& entry, std::int64_t& message_seq) {
  message_seq = e.seq;
  if (auto posted = body_of<MessagePosted>(e, entry)) return named(std::move(posted->message.mentions));
  if (auto edited = body_of<MessageEdited>(e, entry)) {
    message_seq = edited->message.seq;
    return named(std::move(edited->message.mentions));
  }
  if (auto deleted = body_of<MessageDeleted>(e, entry)) {
    message_seq = deleted->seq;
    return about(Does::message_deleted);
  }
  if (auto added = body_of<ReactionAdded>(e, entry)) message_seq = added->seq.value_or(0);
  if (auto removed = body_of<ReactionRemoved>(e, entry)) message_seq = removed->seq.value_or(0);
  return nullptr;
}
Found of_chat(const LogEvent& e, const EventEntry& entry, std::int64_t& message_seq) {
  if (auto joined = body_of<MemberJoined>(e, entry)) {
    auto found = about(Does::chat_joined, joined->user_id);
    found->member_count = joined->member_count, found->visible_from = joined->visible_from;
    return found;
  }
  if (auto left = body_of<MemberLeft>(e, entry)) {
    auto found = about(Does::chat_left, left->user_id);
    found->member_count = left->member_count;
    return found;
  }
  if (auto created = body_of<ChatCreated>(e, entry)) {
    auto found = about(Does::chat_created);
    found->workspace = created->workspace_id, found->member_count = static_cast<std::int32_t>(created->members.size());
    for (const FirstMember& m : created->members) found->users.push_back(m.user_id);
    return found;
  }
  return of_messages(e, entry, message_seq);
}
Found of_workspace(const LogEvent& e, const EventEntry& entry) {
  Found found;
  if (auto joined = body_of<WorkspaceMemberJoined>(e, entry)) found = about(Does::workspace_joined, joined->user_id);
  else if (auto left = body_of<WorkspaceMemberLeft>(e, entry)) found = about(Does::workspace_left, left->user_id);
  if (found) found->workspace = id_cast<WorkspaceId>(e.stream.id);
  return found;
}
Found of_user(const LogEvent& e, const EventEntry& entry) {
  const auto user = id_cast<UserId>(e.stream.id);
  if (auto revoked = body_of<SessionRevoked>(e, entry)) {
    auto found = about(Does::session_revoked, user);
    found->session = revoked->session_id;
    return found;
  }
  if (auto added = body_of<ChatAdded>(e, entry)) {
    auto found = about(Does::chat_added, user);
    found->chat = added->chat_id, found->workspace = added->workspace_id;
    return found;
  }
  return nullptr;
}
}  // namespace

std::unique_ptr<const Meaning> meaning_of(const LogEvent& e, std::int64_t& message_seq) {
  const EventEntry* entry = find_event(e.stream.kind, e.type);
  if (!entry) return nullptr;
  switch (e.stream.kind) {
    case StreamKind::chat: return of_chat(e, *entry, message_seq);
    case StreamKind::workspace: return of_workspace(e, *entry);
    case StreamKind::user: return of_user(e, *entry);
  }
  return nullptr;
}

}  // namespace fechatter
