#include "sdk/core/reactions/reactions.hpp"
#include <algorithm>
#include "sdk/core/access.hpp"
#include "sdk/core/messages/messages.hpp"

namespace fechatter {
constexpr std::size_t kMaxKinds = 50;  // different emoji on one message

template <class C> static void need_reaction(Keys& keys, const C& c, const Context& x) {
  need<MessageRow>(keys, c.message_id);
  need<ReactionRow>(keys, c.message_id, x.actor, c.emoji);
}
static const MessageRow* target_of(WorkingSet& set, ChatId chat, MessageId id, UserId actor) {
  const auto* m = set.find<MessageRow>(id);
  return m && m->chat_id == chat && !m->deleted && sees(set, *m, actor) ? m : nullptr;
}
static std::int32_t count_of(const MessageRow& m, const std::string& emoji) {
  const auto it = std::find_if(m.reactions.begin(), m.reactions.end(), [&](const ReactionCount& r) { return r.emoji == emoji; });
  return it == m.reactions.end() ? 0 : it->count;
}
static bool is_on(WorkingSet& set, const MessageId& m, const UserId& u, const std::string& emoji) {
  const auto* r = set.find<ReactionRow>(m, u, emoji);
  return r && r->on;
}
// The event carries the count; a page of history that already has it is not changed again.
static void set_count(WorkingSet& set, const Event& e, const MessageId& id, const std::string& emoji, std::int32_t count, bool on) {
  auto* m = set.edit<MessageRow>(e.rev, id);
  if (!m) return;
  auto it = std::find_if(m->reactions.begin(), m->reactions.end(), [&](const ReactionCount& r) { return r.emoji == emoji; });
  if (count <= 0 && it != m->reactions.end()) m->reactions.erase(it);
  else if (count > 0 && it != m->reactions.end()) it->count = count;
  else if (count > 0) m->reactions.push_back({emoji, count, {}});
  m->rev = e.rev;
  set.put(ReactionRow{id, e.actor, emoji, id_cast<ChatId>(e.stream.id), on, e.rev});
}

static void needs(Keys& keys, const AddReaction& c, const Context& x, WorkingSet*) { need_reaction(keys, c, x); }
static Decision decide(WorkingSet& set, const AddReaction& c, const Context& x) {
  const auto* m = target_of(set, c.chat_id, c.message_id, x.actor);
  if (!m) return Error{Code::not_found, "no such message", {}};
  if (auto error = read_only(set, c.chat_id)) return *error;
  Drafts drafts(set);
  if (is_on(set, m->id, x.actor, c.emoji)) return drafts;
  const std::int32_t count = count_of(*m, c.emoji);
  if (count == 0 && m->reactions.size() >= kMaxKinds) return Error{Code::conflict, "this message has too many different reactions", "emoji"};
  drafts.add(chat_stream(c.chat_id), Body::of(ReactionAdded{m->id, c.emoji, count + 1, m->seq})).subject = id_cast<AnyId>(m->id);
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const ReactionAdded& b) { set_count(set, e, b.message_id, b.emoji, b.count, true); }

static void needs(Keys& keys, const RemoveReaction& c, const Context& x, WorkingSet*) { need_reaction(keys, c, x); }
static Decision decide(WorkingSet& set, const RemoveReaction& c, const Context& x) {
  const auto* m = target_of(set, c.chat_id, c.message_id, x.actor);
  if (!m) return Error{Code::not_found, "no such message", {}};
  if (auto error = read_only(set, c.chat_id)) return *error;
  Drafts drafts(set);
  if (is_on(set, m->id, x.actor, c.emoji))
    drafts.add(chat_stream(c.chat_id), Body::of(ReactionRemoved{m->id, c.emoji, count_of(*m, c.emoji) - 1, m->seq})).subject = id_cast<AnyId>(m->id);
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const ReactionRemoved& b) { set_count(set, e, b.message_id, b.emoji, b.count, false); }

constexpr RowEntry rows[] = {row<ReactionRow>()};
constexpr EventEntry events[] = {event<ReactionAdded>(StreamKind::chat), event<ReactionRemoved>(StreamKind::chat)};
constexpr CommandEntry commands[] = {
    command<AddReaction>({"PUT", "/chats/{chat_id}/messages/{message_id}/reactions/{emoji}", 204}, Permission::chat_post),
    command<RemoveReaction>({"DELETE", "/chats/{chat_id}/messages/{message_id}/reactions/{emoji}", 204}, Permission::chat_post),
};
extern const Feature reactions_feature;
const Feature reactions_feature{"reactions", rows, events, commands, {}};
}  // namespace fechatter
