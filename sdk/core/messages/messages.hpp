// Messages: post, reply, edit, delete, mention.
#pragma once
#include "sdk/core/chats/chats.hpp"

namespace fechatter {

struct MessageRow {
  MessageId id;
  ChatId chat_id;
  std::int64_t seq = 0, rev = 0;
  UserId author_id;
  std::string body;
  std::optional<MessageId> reply_to;
  Time created_at;
  std::optional<Time> edited_at;
  bool deleted = false;
  std::vector<ReactionCount> reactions;
  std::vector<UserId> mentions;
  bool mentions_everyone = false;
  std::int64_t posted_rev = 0;
  std::string create_hash;
};
/// One line per named person, one with the nil user per @channel.
struct MentionRow {
  ChatId chat_id;
  UserId user_id;
  std::int64_t seq = 0;
  bool live = true;
  std::int64_t rev = 0;
};

struct MessagePosted {
  MessageView message;
};
struct MessageEdited {
  MessageView message;
};
struct MessageDeleted {
  MessageId id;
  std::int64_t seq = 0;
  std::vector<UserId> unmentioned;
  bool unmentioned_everyone = false;
};

struct PostMessage {
  ChatId chat_id;
  MessageId id;
  std::string body;
  std::optional<MessageId> reply_to;
  std::optional<Time> client_at;   ///< decides nothing
  std::vector<UserId> mentions;    ///< by the service: whom the body names
  bool mentions_everyone = false;  ///< by the service
};
struct EditMessage {
  ChatId chat_id;
  MessageId message_id;
  std::string body;
  std::vector<UserId> mentions;
  bool mentions_everyone = false;
};
struct DeleteMessage {
  ChatId chat_id;
  MessageId message_id;
};

struct PageParams {
  ChatId chat_id;
  std::optional<std::int64_t> before, after, around, changed_since, lo, hi;
  std::optional<std::int64_t> limit;
};
/// A page of history: ascending seq; [lo, hi] is the range covered, even where nothing is left in it.
struct MessagePage {
  std::vector<MessageView> items;
  std::int64_t lo = 0, hi = 0, as_of_rev = 0, head_seq = 0;
};
struct EventParams {
  ChatId chat_id;
  std::int64_t after_rev = 0;
  std::optional<std::int64_t> limit;
};
struct EventPage {
  std::vector<EventView> items;
  std::int64_t head_rev = 0;
};
struct MessageParams {
  ChatId chat_id;
  MessageId message_id;
};
struct VersionView {
  std::string body;
  Time at;
  std::int64_t rev = 0;
};
struct SearchParams {
  std::string q;
  std::optional<WorkspaceId> workspace_id;
};
struct HighlightView {
  std::int64_t begin = 0, end = 0;  ///< byte offsets into the body
};
struct SearchItem {
  MessageView message;
  ChatId chat_id;
  std::vector<HighlightView> highlights;
};

/// The id of the one answer that this author gives to that question, whichever of their devices it is that answers: UUIDv8 of SHA-256
/// over "reply:" and both. Nobody else can take it: other ids of version 8 are refused.
MessageId answer_id(UserId author, MessageId question);
MessageView view_of(const MessageRow&);
/// May this member know of it: it is theirs, or not older than what they may see. Reads their MemberRow.
bool sees(WorkingSet&, const MessageRow&, UserId);
/// Without create_hash: a view may be younger than what was created.
MessageRow row_of(const MessageView&);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::MessageRow, "messages", FECHATTER_FIELD(id, .key = true), FECHATTER_FIELD(chat_id, .merge = Merge::fixed),
                 FECHATTER_FIELD(seq, .merge = Merge::fixed), FECHATTER_FIELD(rev, .rev = true), FECHATTER_FIELD(author_id, .merge = Merge::fixed),
                 FECHATTER_FIELD(body, .max = 40000, .search = true), FECHATTER_FIELD(reply_to), FECHATTER_FIELD(created_at, .merge = Merge::fixed),
                 FECHATTER_FIELD(edited_at), FECHATTER_FIELD(deleted), FECHATTER_FIELD(reactions), FECHATTER_FIELD(mentions),
                 FECHATTER_FIELD(mentions_everyone), FECHATTER_FIELD(posted_rev, .merge = Merge::fixed), FECHATTER_FIELD(create_hash, .merge = Merge::fixed));
FECHATTER_RECORD(fechatter::MentionRow, "mentions", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(user_id, .key = true),
                 FECHATTER_FIELD(seq, .key = true), FECHATTER_FIELD(live), FECHATTER_FIELD(rev, .rev = true));
// On the wire these two are the message itself, without an object around it.
template <> struct fechatter::Describe<fechatter::MessagePosted> {
  static constexpr std::string_view name = "message_posted";
  static constexpr std::span<const fechatter::Field> fields = fechatter::Describe<fechatter::MessageView>::fields;
};
template <> struct fechatter::Describe<fechatter::MessageEdited> {
  static constexpr std::string_view name = "message_edited";
  static constexpr std::span<const fechatter::Field> fields = fechatter::Describe<fechatter::MessageView>::fields;
};
static_assert(sizeof(fechatter::MessagePosted) == sizeof(fechatter::MessageView) && sizeof(fechatter::MessageEdited) == sizeof(fechatter::MessageView));
FECHATTER_RECORD(fechatter::MessageDeleted, "message_deleted", FECHATTER_FIELD(id), FECHATTER_FIELD(seq), FECHATTER_FIELD(unmentioned),
                 FECHATTER_FIELD(unmentioned_everyone));
FECHATTER_RECORD(fechatter::PostMessage, "post_message", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(id), FECHATTER_FIELD(body, .max = 40000, .min = 1),
                 FECHATTER_FIELD(reply_to), FECHATTER_FIELD(client_at), FECHATTER_FIELD(mentions, .defaulted = true, .internal = true),
                 FECHATTER_FIELD(mentions_everyone, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::EditMessage, "edit_message", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id), FECHATTER_FIELD(body, .max = 40000, .min = 1),
                 FECHATTER_FIELD(mentions, .defaulted = true, .internal = true), FECHATTER_FIELD(mentions_everyone, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::DeleteMessage, "delete_message", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id));
FECHATTER_RECORD(fechatter::PageParams, "page_params", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(before), FECHATTER_FIELD(after), FECHATTER_FIELD(around),
                 FECHATTER_FIELD(changed_since), FECHATTER_FIELD(lo), FECHATTER_FIELD(hi), FECHATTER_FIELD(limit, .max = 200, .min = 1));
FECHATTER_RECORD(fechatter::MessagePage, "MessagePage", FECHATTER_FIELD(items), FECHATTER_FIELD(lo), FECHATTER_FIELD(hi), FECHATTER_FIELD(as_of_rev),
                 FECHATTER_FIELD(head_seq));
FECHATTER_RECORD(fechatter::EventParams, "event_params", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(after_rev, .defaulted = true),
                 FECHATTER_FIELD(limit, .max = 200, .min = 1));
FECHATTER_RECORD(fechatter::EventPage, "EventPage", FECHATTER_FIELD(items), FECHATTER_FIELD(head_rev));
FECHATTER_RECORD(fechatter::MessageParams, "message_params", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id));
FECHATTER_RECORD(fechatter::VersionView, "Version", FECHATTER_FIELD(body), FECHATTER_FIELD(at), FECHATTER_FIELD(rev));
FECHATTER_RECORD(fechatter::SearchParams, "search_params", FECHATTER_FIELD(q, .max = 512, .min = 1), FECHATTER_FIELD(workspace_id));
FECHATTER_RECORD(fechatter::HighlightView, "Highlight", FECHATTER_FIELD(begin), FECHATTER_FIELD(end));
FECHATTER_RECORD(fechatter::SearchItem, "SearchItem", FECHATTER_FIELD(message), FECHATTER_FIELD(chat_id), FECHATTER_FIELD(highlights));
