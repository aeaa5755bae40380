#include "sdk/client/timeline/message.hpp"
#include <algorithm>
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/describe/json.hpp"

namespace fechatter {
namespace {
template <class C> std::optional<C> arguments(const OutboxRow& row) {
  C c;
  if (read_json(row.args, c, Reading::tolerant)) return std::nullopt;
  return c;
}
void set_mine(Message& m, const std::string& emoji, bool on) {
  auto it = std::find_if(m.reactions.begin(), m.reactions.end(), [&](const Reaction& r) { return r.emoji == emoji; });
  if (on && it == m.reactions.end()) it = m.reactions.insert(it, Reaction{emoji, 0, false});
  if (it == m.reactions.end() || it->mine == on) return;
  it->mine = on, it->count += on ? 1 : -1;
  if (it->count <= 0) m.reactions.erase(it);
}
}  // namespace

OwnReactions own_reactions(Cache& cache, ChatId chat, UserId self, std::optional<Error>* unread) {
  OwnReactions mine;
  auto s = cache.db().statement("select * from reactions where chat_id=?1 and user_id=?2 and \"on\"=1");
  if (s) s->bind(1, chat).bind(2, self);
  for (const auto& r : rows_of<ReactionRow>(std::move(s), unread)) mine.emplace(r->message_id, r->emoji);
  return mine;
}

Message message_of(const MessageRow& r, const OwnReactions& mine) {
  Message m{r.id, r.chat_id, r.seq, r.rev, r.author_id, r.body, r.reply_to, r.created_at, r.edited_at, r.deleted, {}, r.mentions, r.mentions_everyone};
  for (const ReactionCount& c : r.reactions) m.reactions.push_back({c.emoji, c.count, mine.contains({r.id, c.emoji})});
  return m;
}

Message message_of(const MessageView& v) {
  Message m{v.id,
            v.chat_id,
            v.seq,
            v.rev,
            v.author_id,
            v.body,
            v.reply_to,
            v.created_at,
            v.edited_at,
            v.deleted,
            {},
            v.mentions,
            v.mentions_everyone.value_or(false)};
  for (const ReactionCount& c : v.reactions) m.reactions.push_back({c.emoji, c.count, c.mine.value_or(false)});
  return m;
}

Message message_of(const OutboxRow& row) {
  Message m;
  m.id = row.target, m.chat_id = row.chat_id, m.author_id = row.account, m.created_at = row.created_at;
  if (const auto post = arguments<PostMessage>(row)) m.body = post->body, m.reply_to = post->reply_to;
  return m;
}

bool overlay(const OutboxRow& row, Message& m) {
  if (row.failed || m.deleted) return false;
  if (row.method == "edit_message") {
    const auto edit = arguments<EditMessage>(row);
    if (edit) m.body = edit->body, m.edited_at = row.created_at;
    return edit.has_value();
  }
  if (row.method == "delete_message") return m.body.clear(), m.reactions.clear(), m.mentions.clear(), m.deleted = true;
  if (row.method == "add_reaction")
    if (const auto c = arguments<AddReaction>(row)) return set_mine(m, c->emoji, true), true;
  if (row.method == "remove_reaction")
    if (const auto c = arguments<RemoveReaction>(row)) return set_mine(m, c->emoji, false), true;
  return false;
}

}  // namespace fechatter
