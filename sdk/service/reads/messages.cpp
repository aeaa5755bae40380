#include <algorithm>
#include <charconv>
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kMaxEvents = 5000;  // further behind: pages of messages are cheaper than events
constexpr std::int64_t kLooked = 5000;     // messages that one page of changes looks at, whether they have changed or not
constexpr std::int64_t kPiece = 20;        // events that are read at once: some may be 240 kB

template <class T> const T& as(const void* p) { return *static_cast<const T*>(p); }
using Rows = std::vector<std::shared_ptr<const MessageRow>>;

struct Range {
  std::int64_t head = 0, head_rev = 0, from = 1, limit = 50;
  std::size_t bytes = kPageBytes;
};
// About what it will be as JSON.
std::size_t written_size(const MessageRow& m) {
  std::size_t n = 400 + 40 * m.mentions.size() + 100 * m.reactions.size() + m.body.size();
  for (const char c : m.body) n += static_cast<unsigned char>(c) < 0x20 ? 5 : c == '"' || c == '\\';
  return n;
}
// Cuts off what is too much for the page; true: there may be more behind its rows.
bool cut(Rows& rows, const Range& r) {
  const bool filled = static_cast<std::int64_t>(rows.size()) >= r.limit;
  std::size_t bytes = 0, n = 0;
  while (n < rows.size() && bytes < r.bytes) bytes += written_size(*rows[n++]);
  const bool cut_off = n < rows.size();
  rows.resize(n);
  return filled || cut_off;
}
// Seqs have no holes, so a page covers from its first to its last row, and to the edge where it was not filled. Of nothing: lo = hi + 1.
Result<MessagePage> before(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  auto rows = x.db.rows<MessageRow>("messages_before", {value(p.chat_id), value(seq), value(r.from), value(r.limit)});
  if (!rows) return rows.error();
  const bool more = cut(*rows, r);
  std::reverse(rows->begin(), rows->end());
  MessagePage page;
  page.lo = more ? rows->front()->seq : r.from;
  page.hi = std::max(std::min(seq - 1, r.head), page.lo - 1);
  for (const auto& m : *rows) page.items.push_back(view_of(*m));
  return page;
}
Result<MessagePage> after(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  auto rows = x.db.rows<MessageRow>("messages_after", {value(p.chat_id), value(seq), value(r.from), value(r.limit)});
  if (!rows) return rows.error();
  const bool more = cut(*rows, r);
  MessagePage page;
  page.lo = std::max(std::min(seq, r.head) + 1, r.from);
  page.hi = std::max(more ? rows->back()->seq : r.head, page.lo - 1);
  for (const auto& m : *rows) page.items.push_back(view_of(*m));
  return page;
}
Result<MessagePage> around(ReadContext& x, const PageParams& p, const Range& r, std::int64_t seq) {
  Range half = r;
  half.limit = (r.limit + 1) / 2, half.bytes = r.bytes / 2;
  auto older = before(x, p, half, std::min(seq, r.head) + 1);
  if (!older) return older;
  half.limit = older->items.empty() ? r.limit : r.limit - half.limit;
  if (half.limit == 0) return older;
  auto newer = after(x, p, half, seq);
  if (!newer) return newer;
  older->hi = std::max(older->hi, newer->hi);
  older->items.insert(older->items.end(), newer->items.begin(), newer->items.end());
  return older;
}
// By what has changed in the chat or by what is in the range, whichever is less; of too large a range only the beginning is covered.
Result<MessagePage> changed(ReadContext& x, const PageParams& p, const Range& r) {
  MessagePage page;
  page.lo = std::max(p.lo.value_or(1), r.from);
  page.hi = std::max(std::min(p.hi.value_or(r.head), r.head), page.lo - 1);
  const std::int64_t changes = r.head_rev - *p.changed_since, range = page.hi - page.lo + 1;
  const bool lately = changes <= kLooked && changes < range;
  if (!lately) page.hi = std::min(page.hi, page.lo + kLooked - 1);
  auto rows = x.db.rows<MessageRow>(lately ? "messages_changed_lately" : "messages_changed",
                                    {value(p.chat_id), value(*p.changed_since), value(page.lo), value(page.hi), value(r.limit)});
  if (!rows) return rows.error();
  if (cut(*rows, r)) page.hi = rows->back()->seq;
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
  std::string seqs;  // those that have any: what lies between two of them may be a whole history
  for (const MessageView& v : views)
    if (!v.reactions.empty()) seqs += (seqs.empty() ? "[" : ",") + std::to_string(v.seq);
  if (seqs.empty()) return Done{};
  auto mine = x.db.rows<ReactionRow>("my_reactions", {value(chat), value(x.actor), value(seqs + ']')});
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

// A client takes fewer events than it asked for as all there are. So a page cannot end early: what is too much for one is refused like
// what is too many, and the client reads messages instead.
static Result<EventPage> events_after(ReadContext& x, const EventParams& p) {
  const std::int64_t visible = visible_from(x, p.chat_id), limit = p.limit.value_or(50);
  EventPage page;
  std::size_t bytes = 0;
  for (std::int64_t after = p.after_rev, left = limit; left > 0;) {
    const std::int64_t n = std::min(left, kPiece);
    auto rows = x.db.rows<LogRow>("chat_events", {value(p.chat_id), value(after), value(visible), value(n)});
    if (!rows) return rows.error();
    for (const auto& row : *rows) bytes += row->payload.size(), page.items.push_back(view_of(log_event(*row, x.unreadable)));
    if (bytes > kPageBytes) return Error{Code::reset, "too much for one page; ask for fewer events, or read pages of messages instead", {}};
    if (static_cast<std::int64_t>(rows->size()) < n) break;
    after = rows->back()->rev, left -= n;
  }
  return page;
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
  auto page = events_after(x, p);
  if (!page) return page.error();
  page->head_rev = head;
  return to_json(*page);
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
