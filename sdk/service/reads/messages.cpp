#include <algorithm>
#include <charconv>
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kMaxEvents = 5000;  // further behind: pages of messages are cheaper than events

template <class T> const T& as(const void* p) { return *static_cast<const T*>(p); }
using Rows = std::vector<std::shared_ptr<const MessageRow>>;

struct Range {
  std::int64_t head = 0, head_rev = 0, from = 1, limit = 50;
};
Result<Rows> below(ReadContext& x, ChatId chat, std::int64_t seq, const Range& r, std::int64_t n) {
  auto rows = x.db.rows<MessageRow>("messages_before", {value(chat), value(seq), value(r.from), value(n)});
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}
Result<Rows> above(ReadContext& x, ChatId chat, std::int64_t seq, const Range& r, std::int64_t n) {
  return x.db.rows<MessageRow>("messages_after", {value(chat), value(seq), value(r.from), value(n)});
}
// Seqs have no holes, so a page covers from its first to its last row, and to the edge where it was not filled. Of nothing: lo = hi + 1.
Result<MessagePage> before(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  auto rows = below(x, p.chat_id, seq, r, r.limit);
  if (!rows) return rows.error();
  MessagePage page;
  page.lo = static_cast<std::int64_t>(rows->size()) < r.limit ? r.from : rows->front()->seq;
  page.hi = std::max(std::min(seq - 1, r.head), page.lo - 1);
  for (const auto& m : *rows) page.items.push_back(view_of(*m));
  return page;
}
Result<MessagePage> after(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  auto rows = above(x, p.chat_id, seq, r, r.limit);
  if (!rows) return rows.error();
  MessagePage page;
  page.lo = std::max(std::min(seq, r.head) + 1, r.from);
  page.hi = std::max(static_cast<std::int64_t>(rows->size()) < r.limit ? r.head : rows->back()->seq, page.lo - 1);
  for (const auto& m : *rows) page.items.push_back(view_of(*m));
  return page;
}
Result<MessagePage> around(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  Range half = r;
  half.limit = (r.limit + 1) / 2;
  auto older = before(x, p, half, std::min(seq, r.head) + 1);
  half.limit = r.limit - half.limit;
  if (!older || half.limit == 0) return older;
  auto newer = after(x, p, half, seq);
  if (!newer) return newer;
  older->hi = std::max(older->hi, newer->hi);
  older->items.insert(older->items.end(), newer->items.begin(), newer->items.end());
  return older;
}
Result<MessagePage> changed(ReadContext& x, const PageParams& p, const Range& r) {
  MessagePage page;
  page.lo = std::max(p.lo.value_or(1), r.from);
  page.hi = std::max(std::min(p.hi.value_or(r.head), r.head), page.lo - 1);
  auto rows = x.db.rows<MessageRow>("messages_changed", {value(p.chat_id), value(*p.changed_since), value(page.lo), value(page.hi), value(r.limit)});
  if (!rows) return rows.error();
  if (static_cast<std::int64_t>(rows->size()) == r.limit) page.hi = rows->back()->seq;
  for (const auto& m : *rows) page.items.push_back(view_of(*m));
  return page;
}
std::optional<Error> refuse(const PageParams& p) {
  const int modes = p.before.has_value() + p.after.has_value() + p.around.has_value() + p.changed_since.has_value();
  if (modes > 1) return Error{Code::invalid_argument, "only one of before, after, around and changed_since", p.around ? "around" : "before"};
  if ((p.lo || p.hi) && !p.changed_since) return Error{Code::invalid_argument, "goes with changed_since", p.lo ? "lo" : "hi"};
  for (const auto& [name, v] :
       {std::pair{"before", p.before}, {"after", p.after}, {"around", p.around}, {"changed_since", p.changed_since}, {"lo", p.lo}, {"hi", p.hi}})
    if (v && *v < 0) return Error{Code::invalid_argument, "must not be negative", name};
  return std::nullopt;
}
}  // namespace

std::int64_t visible_from(ReadContext& x, ChatId chat) {
  WorkingSet set(x.db);
  const auto* m = set.find<MemberRow>(chat, x.actor);
  return m ? m->visible_from : 1;
}

Result<Done> mark_mine(ReadContext& x, ChatId chat, std::vector<MessageView>& views) {
  if (views.empty()) return Done{};
  const auto [lo, hi] = std::minmax_element(views.begin(), views.end(), [](auto& a, auto& b) { return a.seq < b.seq; });
  auto mine = x.db.rows<ReactionRow>("my_reactions", {value(chat), value(x.actor), value(lo->seq), value(hi->seq)});
  if (!mine) return mine.error();
  for (MessageView& v : views)
    for (ReactionCount& r : v.reactions)
      r.mine = std::any_of(mine->begin(), mine->end(), [&](auto& m) { return m->message_id == v.id && m->emoji == r.emoji; });
  return Done{};
}

Answer read_list_messages(ReadContext& x, const void* params) {
  const auto& p = as<PageParams>(params);
  if (auto error = refuse(p)) return *error;
  WorkingSet set(x.db);
  const auto* chat = set.find<ChatRow>(p.chat_id);
  if (!chat) return Error{Code::not_found, "no such chat", {}};
  const Range r{chat->head_seq, chat->head_rev, visible_from(x, p.chat_id), p.limit.value_or(50)};
  auto page = p.changed_since ? changed(x, p, r)
      : p.after               ? after(x, p, r, *p.after)
      : p.around              ? around(x, p, r, *p.around)
                              : before(x, p, r, std::min(p.before.value_or(r.head + 1), r.head + 1));
  if (!page) return page.error();
  page->as_of_rev = r.head_rev, page->head_seq = r.head;
  if (auto done = mark_mine(x, p.chat_id, page->items); !done) return done.error();
  return to_json(*page);
}

Answer read_list_events(ReadContext& x, const void* params) {
  const auto& p = as<EventParams>(params);
  if (p.after_rev < 0) return Error{Code::invalid_argument, "must not be negative", "after_rev"};
  WorkingSet set(x.db);
  const auto* chat = set.find<ChatRow>(p.chat_id);
  if (!chat) return Error{Code::not_found, "no such chat", {}};
  const std::int64_t head = chat->head_rev;
  if (head - p.after_rev > kMaxEvents) return Error{Code::reset, "too many events; read pages of messages instead", {}};
  if (p.after_rev > head) return Error{Code::reset, "this history is shorter than after_rev", {}};
  auto rows = x.db.rows<LogRow>("chat_events", {value(p.chat_id), value(p.after_rev), value(visible_from(x, p.chat_id)), value(p.limit.value_or(50))});
  if (!rows) return rows.error();
  EventPage page;
  for (const auto& row : *rows) page.items.push_back(view_of(log_event(*row, x.unreadable)));
  page.head_rev = head;
  return to_json(page);
}

Answer read_message(ReadContext& x, const void* params) {
  const auto& p = as<MessageParams>(params);
  WorkingSet set(x.db);
  const auto* m = set.find<MessageRow>(p.message_id);
  if (!m || m->chat_id != p.chat_id || m->seq < visible_from(x, p.chat_id)) return Error{Code::not_found, "no such message", {}};
  std::vector<MessageView> one{view_of(*m)};
  if (auto done = mark_mine(x, p.chat_id, one); !done) return done.error();
  return to_json(one.front());
}

Answer read_history(ReadContext& x, const void* params) {
  const auto& p = as<MessageParams>(params);
  WorkingSet set(x.db);
  const auto* m = set.find<MessageRow>(p.message_id);
  if (!m || m->chat_id != p.chat_id || m->seq < visible_from(x, p.chat_id)) return Error{Code::not_found, "no such message", {}};
  std::int64_t after = 0;
  const std::string& cursor = x.page.cursor;
  const auto number = std::from_chars(cursor.data(), cursor.data() + cursor.size(), after);
  if (!cursor.empty() && (number.ec != std::errc() || *number.ptr)) return Error{Code::invalid_argument, "is not a cursor of this list", "cursor"};
  auto rows = x.db.rows<LogRow>("message_versions", {value(p.message_id), value(after), value(x.page.limit + 1)});
  if (!rows) return rows.error();
  std::vector<std::shared_ptr<const VersionView>> versions;
  for (const auto& row : *rows) {
    MessagePosted body;  // both events carry the message
    if (read_json(row->payload, type_of<MessagePosted>, &body, Reading::tolerant)) continue;
    versions.push_back(std::make_shared<VersionView>(VersionView{body.message.body, row->at, row->rev}));
  }
  return listing(std::move(versions), x.page, [](const VersionView& v) { return std::to_string(v.rev); });
}

}  // namespace fechatter
