#include "sdk/core/reads/reads.hpp"
#include <algorithm>
#include "sdk/core/chats/chats.hpp"

namespace fechatter {
static void needs(Keys& keys, const MarkRead& c, const Context& x, WorkingSet*) { need<ReadMarkRow>(keys, x.actor, c.chat_id); }
static Decision decide(WorkingSet& set, const MarkRead& c, const Context& x) {
  if (c.seq < 0) return Error{Code::invalid_argument, "must not be negative", "seq"};
  const std::int64_t seq = std::min(c.seq, set.find<ChatRow>(c.chat_id)->head_seq);
  const auto* mark = set.find<ReadMarkRow>(x.actor, c.chat_id);
  Drafts drafts(set);
  if (seq > (mark ? mark->read_seq : 0)) drafts.notify(user_stream(x.actor), Body::of(ReadMoved{c.chat_id, seq}));
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const ReadMoved& b) { set.put(ReadMarkRow{id_cast<UserId>(e.stream.id), b.chat_id, b.seq, e.pos}); }

std::int64_t unread_count(std::int64_t head_seq, std::int64_t read_seq, std::int64_t visible_from) {
  return std::max<std::int64_t>(0, head_seq - std::max(read_seq, visible_from - 1));
}

constexpr RowEntry rows[] = {row<ReadMarkRow>()};
constexpr EventEntry events[] = {event<ReadMoved>(StreamKind::user)};
constexpr CommandEntry commands[] = {command<MarkRead>({"PUT", "/chats/{chat_id}/read", 204}, Permission::chat_read)};
extern const Feature reads_feature;
const Feature reads_feature{"reads", rows, events, commands, {}};
}  // namespace fechatter
