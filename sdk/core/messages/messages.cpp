#include "sdk/core/messages/messages.hpp"
#include <algorithm>
#include "sdk/core/access.hpp"
#include "sdk/core/hash.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
constexpr std::size_t kMaxMentions = 100;

static std::string create_hash(ChatId chat, UserId author, const std::string& body, const std::optional<MessageId>& reply_to) {
  std::string text(chat.bytes.begin(), chat.bytes.end());
  text.append(author.bytes.begin(), author.bytes.end());
  if (reply_to) text.append(reply_to->bytes.begin(), reply_to->bytes.end());
  return sha256_hex(text + '\n' + body);
}
static bool blank(const std::string& body) { return body.find_first_not_of(" \t\r\n") == body.npos; }
static Error no_message() { return {Code::not_found, "no such message", {}}; }

static const MessageRow* message_of(WorkingSet& set, ChatId chat, MessageId id, UserId actor) {
  const auto* m = set.find<MessageRow>(id);
  return m && m->chat_id == chat && !m->deleted && sees(set, *m, actor) ? m : nullptr;
}
// A mention reaches active members of the chat, nobody else.
static std::vector<UserId> present(WorkingSet& set, ChatId chat, const std::vector<UserId>& named) {
  std::vector<UserId> people;
  for (const UserId& u : named) {
    const auto* m = set.find<MemberRow>(chat, u);
    if (m && m->state == MemberState::active && people.size() < kMaxMentions && std::find(people.begin(), people.end(), u) == people.end()) people.push_back(u);
  }
  return people;
}
static void mention(WorkingSet& set, const MessageView& m, std::int64_t rev) {
  for (const UserId& u : m.mentions) set.put(MentionRow{m.chat_id, u, m.seq, true, rev});
  if (m.mentions_everyone.value_or(false)) set.put(MentionRow{m.chat_id, {}, m.seq, true, rev});
}
// Whom the text called before and does not call any more. At the edit's own rev: any lower one a row of just now would pass over.
static void unmention(WorkingSet& set, const MessageRow& before, const MessageView& now, std::int64_t rev) {
  for (const UserId& u : before.mentions)
    if (std::find(now.mentions.begin(), now.mentions.end(), u) == now.mentions.end()) set.put(MentionRow{before.chat_id, u, before.seq, false, rev});
  if (before.mentions_everyone && !now.mentions_everyone.value_or(false)) set.put(MentionRow{before.chat_id, {}, before.seq, false, rev});
}

// --- post ---
static void needs(Keys& keys, const PostMessage& c, const Context& x, WorkingSet*) {
  need<MessageRow>(keys, c.id);
  if (c.reply_to) need<MessageRow>(keys, *c.reply_to);
  need<ReadMarkRow>(keys, x.actor, c.chat_id);
  for (const UserId& u : c.mentions) need<MemberRow>(keys, c.chat_id, u);
}
// Version 7, or the derived id of an answer of one's own.
static bool may_name(const PostMessage& c, UserId author) {
  const int version = c.id.bytes[6] >> 4;
  return version == 7 || (version == 8 && c.reply_to && c.id == answer_id(author, *c.reply_to));
}
static Existing existing(WorkingSet& set, const PostMessage& c, const Context& x) {
  const auto* m = set.find<MessageRow>(c.id);
  if (!m || !may_name(c, x.actor)) return {};
  if (m->author_id == x.actor && m->create_hash == create_hash(c.chat_id, x.actor, c.body, c.reply_to)) return Effects{{}, {}, true};
  return Error{Code::conflict, "this id is taken", "id"};
}
static std::optional<Error> refuse(WorkingSet& set, const PostMessage& c, const Context& x) {
  if (auto error = read_only(set, c.chat_id)) return error;
  if (!may_name(c, x.actor)) return Error{Code::invalid_argument, "must be a UUIDv7", "id"};
  if (blank(c.body)) return Error{Code::invalid_argument, "must not be blank", "body"};
  if (!c.reply_to) return std::nullopt;
  const auto* question = set.find<MessageRow>(*c.reply_to);
  if (!question || question->chat_id != c.chat_id || !sees(set, *question, x.actor))
    return Error{Code::invalid_argument, "no such message in this chat", "reply_to"};
  return std::nullopt;
}
static Decision decide(WorkingSet& set, const PostMessage& c, const Context& x) {
  if (auto error = refuse(set, c, x)) return *error;
  const auto* chat = set.find<ChatRow>(c.chat_id);
  const Time at = std::max(x.now, chat->last_at);  // never decreases within a chat
  MessageView m{c.id, c.chat_id, chat->head_seq + 1, chat->head_rev + 1, x.actor, c.body, c.reply_to, at};
  m.mentions = present(set, c.chat_id, c.mentions);
  if (c.mentions_everyone) m.mentions_everyone = true;
  Drafts drafts(set);
  const std::int64_t seq = m.seq;
  Event& e = drafts.add(chat_stream(c.chat_id), Body::of(MessagePosted{std::move(m)}));
  e.seq = seq, e.subject = id_cast<AnyId>(c.id), e.at = at;
  return drafts;
}
// Also after an edit, a deletion or leaving: what the author sent, with what the first answer said of it.
static MessageView answer(WorkingSet& set, const PostMessage& c, const Context&) {
  const auto* m = set.find<MessageRow>(c.id);
  MessageView v{m->id, m->chat_id, m->seq, m->posted_rev, m->author_id, c.body, c.reply_to, m->created_at};
  const bool as_sent = !m->deleted && !m->edited_at;  // else the row speaks of another text
  v.mentions = as_sent ? m->mentions : present(set, c.chat_id, c.mentions);
  if (as_sent ? m->mentions_everyone : c.mentions_everyone) v.mentions_everyone = true;
  return v;
}
static void apply(WorkingSet& set, const Event& e, const MessagePosted& b) {
  if (!b.message.id) return;  // one that this member may not see
  MessageRow row = row_of(b.message);
  row.create_hash = create_hash(row.chat_id, row.author_id, row.body, row.reply_to);
  set.put(std::move(row));
  set.put(ReadMarkRow{b.message.author_id, b.message.chat_id, b.message.seq, e.pos});
  mention(set, b.message, e.rev);
}

// Of a deleted message the place stays: who, when, which seq.
static std::string tombstone(const LogEvent& e) {
  MessagePosted posted;
  MessageView& m = posted.message;
  m.id = id_cast<MessageId>(e.subject), m.chat_id = id_cast<ChatId>(e.stream.id), m.seq = e.seq, m.rev = e.rev;
  m.author_id = e.actor, m.created_at = e.at, m.deleted = true;
  return to_json(posted);
}

// --- edit ---
template <class C> static void need_message(Keys& keys, const C& c, WorkingSet* loaded) {
  need<MessageRow>(keys, c.message_id);
  const auto* m = loaded ? loaded->find<MessageRow>(c.message_id) : nullptr;
  if (!m) return;
  for (const UserId& u : m->mentions) need<MentionRow>(keys, m->chat_id, u, m->seq);
  need<MentionRow>(keys, m->chat_id, UserId{}, m->seq);
}
static void needs(Keys& keys, const EditMessage& c, const Context& x, WorkingSet* loaded) {
  need_message(keys, c, loaded);
  const auto* m = loaded ? loaded->find<MessageRow>(c.message_id) : nullptr;
  for (const UserId& u : c.mentions) {
    need<MemberRow>(keys, c.chat_id, u);
    if (m) need<MentionRow>(keys, m->chat_id, u, m->seq);
  }
  if (m)
    for (const ReactionCount& r : m->reactions) need<ReactionRow>(keys, m->id, x.actor, r.emoji);
}
static Decision decide(WorkingSet& set, const EditMessage& c, const Context& x) {
  const auto* m = message_of(set, c.chat_id, c.message_id, x.actor);
  if (!m) return no_message();
  if (m->author_id != x.actor) return Error{Code::permission_denied, "only its author edits a message", {}};
  if (auto error = read_only(set, c.chat_id)) return *error;
  if (blank(c.body)) return Error{Code::invalid_argument, "must not be blank", "body"};
  Drafts drafts(set);
  if (m->body == c.body) return drafts;
  MessageView v = view_of(*m);
  v.body = c.body, v.edited_at = x.now, v.rev = drafts.next_rev(chat_stream(c.chat_id));
  v.mentions = present(set, c.chat_id, c.mentions);
  v.mentions_everyone = c.mentions_everyone ? std::optional(true) : std::nullopt;
  drafts.add(chat_stream(c.chat_id), Body::of(MessageEdited{std::move(v)})).subject = id_cast<AnyId>(c.message_id);
  return drafts;
}
static MessageView edited_view(WorkingSet& set, MessageId id, UserId actor) {
  MessageView v = view_of(*set.find<MessageRow>(id));
  for (ReactionCount& r : v.reactions) {
    const auto* mine = set.find<ReactionRow>(id, actor, r.emoji);
    r.mine = mine && mine->on;
  }
  return v;
}
// Without the text, which a deletion would have to find here, too: the replay brings it along.
static std::string kept(WorkingSet& set, const EditMessage& c, const Context& x) {
  MessageView v = edited_view(set, c.message_id, x.actor);
  v.body.clear();
  return to_json(v);
}
static MessageView answer(WorkingSet& set, const EditMessage& c, const Context& x) {
  MessageView v;
  if (!x.replay || read_json(x.replay->answer, v, Reading::tolerant)) v = edited_view(set, c.message_id, x.actor);
  v.body = c.body;
  return v;
}
static void apply(WorkingSet& set, const Event& e, const MessageEdited& b) {
  auto* m = set.edit<MessageRow>(e.rev, b.message.id);
  if (!m || m->deleted) return;
  unmention(set, *m, b.message, e.rev);
  m->body = b.message.body, m->edited_at = b.message.edited_at, m->rev = e.rev;
  m->mentions = b.message.mentions, m->mentions_everyone = b.message.mentions_everyone.value_or(false);
  m->reactions = b.message.reactions;
  mention(set, b.message, e.rev);
}

// --- delete ---
static void needs(Keys& keys, const DeleteMessage& c, const Context&, WorkingSet* loaded) { need_message(keys, c, loaded); }
static Decision decide(WorkingSet& set, const DeleteMessage& c, const Context& x) {
  const auto* m = message_of(set, c.chat_id, c.message_id, x.actor);
  if (!m) return no_message();
  const auto access = chat_access(set, c.chat_id, x.actor);
  const bool moderates = at_least(access.member->role, ChatRole::admin) || at_least(access.workspace->role, WorkspaceRole::admin);
  if (m->author_id != x.actor && (!moderates || access.chat->kind == ChatKind::direct))
    return Error{Code::permission_denied, "only its author or an admin deletes a message", {}};
  Drafts drafts(set);
  drafts.add(chat_stream(c.chat_id), Body::of(MessageDeleted{m->id, m->seq, m->mentions, m->mentions_everyone})).subject = id_cast<AnyId>(m->id);
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const MessageDeleted& b) {
  set.redact(id_cast<AnyId>(b.id));
  auto* m = set.edit<MessageRow>(e.rev, b.id);
  if (m) {
    m->body.clear(), m->reactions.clear(), m->mentions.clear(), m->reply_to.reset(), m->edited_at.reset();  // only its place stays
    m->mentions_everyone = false, m->deleted = true, m->rev = e.rev;
  }
  const auto chat = id_cast<ChatId>(e.stream.id);
  for (const UserId& u : b.unmentioned) set.put(MentionRow{chat, u, b.seq, false, e.rev});
  if (b.unmentioned_everyone) set.put(MentionRow{chat, {}, b.seq, false, e.rev});
}

MessageId answer_id(UserId author, MessageId question) {
  std::string bytes(author.bytes.begin(), author.bytes.end());
  bytes.append(question.bytes.begin(), question.bytes.end());
  const auto digest = sha256("reply:" + bytes);
  MessageId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x80), id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

bool sees(WorkingSet& set, const MessageRow& m, UserId user) {
  if (m.author_id == user) return true;
  const auto* member = set.find<MemberRow>(m.chat_id, user);
  return member && m.seq >= member->visible_from;
}

MessageView view_of(const MessageRow& m) {
  if (m.deleted) return {m.id, m.chat_id, m.seq, m.rev, m.author_id, {}, {}, m.created_at, {}, true, {}, {}, {}};  // only its place
  MessageView v{m.id, m.chat_id, m.seq, m.rev, m.author_id, m.body, m.reply_to, m.created_at, m.edited_at, m.deleted, m.reactions, m.mentions, {}};
  if (m.mentions_everyone) v.mentions_everyone = true;
  return v;
}
MessageRow row_of(const MessageView& v) {
  MessageRow m{v.id,
               v.chat_id,
               v.seq,
               v.rev,
               v.author_id,
               v.body,
               v.reply_to,
               v.created_at,
               v.edited_at,
               v.deleted,
               v.reactions,
               v.mentions,
               v.mentions_everyone.value_or(false),
               v.rev};
  for (ReactionCount& r : m.reactions) r.mine.reset();
  return m;
}

constexpr RowEntry rows[] = {row<MessageRow>(), row<MentionRow>()};
constexpr EventEntry posted_event() {
  EventEntry entry = event<MessagePosted>(StreamKind::chat);
  entry.redacted = tombstone;
  return entry;
}
constexpr EventEntry events[] = {posted_event(), event<MessageEdited>(StreamKind::chat), event<MessageDeleted>(StreamKind::chat)};
constexpr CommandEntry commands[] = {
    command<PostMessage>({"POST", "/chats/{chat_id}/messages", 201}, Permission::chat_post),
    command<EditMessage>({"PATCH", "/chats/{chat_id}/messages/{message_id}"}, Permission::chat_post),
    command<DeleteMessage>({"DELETE", "/chats/{chat_id}/messages/{message_id}", 204}, Permission::chat_post),
};
constexpr CallEntry calls[] = {
    {"list_messages", &type_of<PageParams>, &type_of<MessagePage>, {"GET", "/chats/{chat_id}/messages"}, Permission::chat_read},
    {"list_events", &type_of<EventParams>, &type_of<EventPage>, {"GET", "/chats/{chat_id}/events"}, Permission::chat_read},
    {"get_message", &type_of<MessageParams>, &type_of<MessageView>, {"GET", "/chats/{chat_id}/messages/{message_id}"}, Permission::chat_read},
    {"message_history", &type_of<MessageParams>, &type_of<VersionView>, {"GET", "/chats/{chat_id}/messages/{message_id}/history"}, Permission::chat_read, true},
    {"search", &type_of<SearchParams>, &type_of<SearchItem>, {"GET", "/search"}, Permission::signed_in, true},
};
extern const Feature messages_feature;
const Feature messages_feature{"messages", rows, events, commands, calls};
}  // namespace fechatter
