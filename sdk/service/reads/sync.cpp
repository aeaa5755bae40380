// Sync rounds: GET /sync.
#include <algorithm>
#include "sdk/core/live/live.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kNewest = 20, kEvents = 50;
constexpr std::int64_t kPiece = 8;               // events that are read at once: most chats have no more, and some may be 240 kB
constexpr std::size_t kChatBytes = 512 << 10;    // of a chat's events; more: limited, pages of messages are as good

struct ChangedRow {
  ChatId id;
  bool left = false;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::ChangedRow, "changed_chat", FECHATTER_FIELD(id), FECHATTER_FIELD(left));
namespace fechatter {
namespace {
Error reset(const char* reason) { return {Code::reset, reason, {}}; }

Result<std::pair<std::int64_t, std::uint32_t>> head_of(Snapshot& db) {
  auto rows = db.rows<LogRow>("log_head", {});
  if (!rows) return rows.error();
  if (rows->empty()) return std::pair<std::int64_t, std::uint32_t>{0, 0};
  return std::pair{rows->front()->pos, cursor_check(rows->front()->command_id)};
}
// Another history, or a restored backup: the entry at `base` is not the one the client knew.
std::optional<Error> refuse(ReadContext& x, const Cursor& c, std::int64_t head) {
  if (c.epoch != x.epoch) return reset("another epoch");
  if (c.base > head || c.target > head) return reset("the cursor is ahead of this history");
  if (c.base == 0) return std::nullopt;
  auto rows = x.db.rows<LogRow>("log_at", {value(c.base)});
  if (!rows) return rows.error();
  if (rows->empty() || cursor_check(rows->front()->command_id) != c.check) return reset("the cursor belongs to another history");
  return std::nullopt;
}

// A page that grows, and what was read for it: also what was read in vain counts.
struct Growing {
  SyncPage page;
  std::size_t bytes = 0;
  bool full() const { return bytes >= kPageBytes; }
};
using Events = std::vector<std::shared_ptr<const LogRow>>;

// Newest first; null: too many, or too much.
Result<std::optional<Events>> newest_after(ReadContext& x, const ChatView& chat, std::int64_t base, std::size_t& bytes) {
  Events events;
  for (std::size_t of_chat = 0;;) {
    const std::int64_t below = events.empty() ? chat.head_rev + 1 : events.back()->rev;
    auto rows = x.db.rows<LogRow>("sync_events", {value(chat.id), value(chat.visible_from), value(kPiece), value(below)});
    if (!rows) return rows.error();
    bool older = static_cast<std::int64_t>(rows->size()) < kPiece;
    for (auto& row : *rows) {
      older |= row->pos <= base;
      if (row->pos <= base) break;
      bytes += row->payload.size(), of_chat += row->payload.size();
      events.push_back(std::move(row));
    }
    if (static_cast<std::int64_t>(events.size()) > kEvents || of_chat > kChatBytes) return std::optional<Events>();
    if (older) return std::optional(std::move(events));
  }
}
Result<SyncChat> events_since(ReadContext& x, const ChatView& chat, std::int64_t base, std::size_t& bytes) {
  SyncChat out{chat.id};
  if (base == 0) return out.limited = chat.head_rev > 0, out;
  auto rows = newest_after(x, chat, base, bytes);
  if (!rows) return rows.error();
  if (!*rows) return out.limited = true, out;
  for (auto it = (*rows)->rbegin(); it != (*rows)->rend(); ++it) out.events.push_back(view_of(log_event(**it, x.unreadable)));
  return out;
}
// The summary's fields and the round's own in one object.
Json merged(const ChatView& chat, const SyncChat& more) {
  std::string json = to_json(chat), tail = to_json(more);
  const auto second = tail.find("\"left\"");
  json.pop_back();
  return {json + ',' + tail.substr(second)};
}
Result<Done> add_chat(ReadContext& x, const ChangedRow& row, std::int64_t base, Growing& g) {
  if (row.left) {
    g.page.chats.push_back({"{\"id\":\"" + row.id.str() + "\",\"left\":true,\"limited\":false,\"events\":[]}"});
    return Done{};
  }
  auto view = chat_view(x, row.id);
  if (!view) return view.error();
  if (!*view) return Done{};
  auto events = events_since(x, **view, base, g.bytes);
  if (!events) return events.error();
  g.page.chats.push_back(merged(**view, *events));
  g.bytes += g.page.chats.back().text.size();
  return Done{};
}
// Until the page is full. How many of the rows that were.
Result<std::size_t> add_chats(ReadContext& x, const std::vector<std::shared_ptr<const ChangedRow>>& rows, std::int64_t base, Growing& g) {
  std::size_t n = 0;
  for (; n < rows.size() && !g.full(); ++n)
    if (auto done = add_chat(x, *rows[n], base, g); !done) return done.error();
  return n;
}
Result<Done> add_self(ReadContext& x, SyncPage& page) {
  WorkingSet set(x.db);
  const auto* user = set.find<UserRow>(x.actor);
  const auto* account = set.find<CredentialRow>(x.actor);
  if (user) page.user = {user->id, user->name, account ? account->email : "", user->created_at};
  auto workspaces = x.db.rows<WorkspaceView>("list_workspaces", {value(x.actor), value(AnyId{}), value(std::int64_t{200})});
  if (!workspaces) return workspaces.error();
  for (const auto& w : *workspaces) page.workspaces.push_back(*w);
  return Done{};
}
// The newest changed chats come first; when they are all there are, only those that were left are missing, and the round is one page.
Result<bool> finish_at_once(ReadContext& x, std::int64_t base, std::int64_t newest, std::int64_t asked, Growing& g) {
  if (newest >= asked) return false;
  auto all = x.db.rows<ChangedRow>("sync_changed", {value(x.actor), value(base), value(ChatId{}), value(2 * kNewest)});
  if (!all) return all.error();
  if (static_cast<std::int64_t>(all->size()) >= 2 * kNewest) return false;
  for (const auto& row : *all)
    if (row->left)
      if (auto done = add_chat(x, *row, base, g); !done) return done.error();
  return true;
}
}  // namespace

Answer read_sync(ReadContext& x, const void* params) {
  const auto& p = *static_cast<const SyncParams*>(params);
  const auto head = head_of(x.db);
  if (!head) return head.error();
  Cursor c{x.epoch};
  if (p.cursor && !p.cursor->empty()) {
    const auto given = decode_cursor(*p.cursor);
    if (!given) return Error{Code::invalid_argument, "is not a cursor of this server", "cursor"};
    if (auto error = refuse(x, *given, head->first)) return *error;
    c = *given;
  }
  const std::int64_t limit = p.limit.value_or(200);
  const std::int64_t newest = std::min(limit, kNewest);
  const bool first = c.finished();
  Growing g;
  SyncPage& page = g.page;
  auto rows = first ? x.db.rows<ChangedRow>("sync_newest", {value(x.actor), value(c.base), value(newest)})
                    : x.db.rows<ChangedRow>("sync_changed", {value(x.actor), value(c.base), value(c.after.value_or(ChatId{})), value(limit)});
  if (!rows) return rows.error();
  const auto taken = add_chats(x, *rows, c.base, g);
  if (!taken) return taken.error();
  const bool cut = *taken < rows->size();
  if (auto done = add_self(x, page); !done) return done.error();
  if (first) {
    auto whole = finish_at_once(x, c.base, cut ? newest : static_cast<std::int64_t>(rows->size()), newest, g);
    if (!whole) return whole.error();
    c.target = head->first, c.after = ChatId{};
    page.more = !*whole;
  } else if (cut || static_cast<std::int64_t>(rows->size()) == limit) {
    c.after = (*rows)[*taken - 1]->id, page.more = true;
  }
  if (!page.more) {
    const std::int64_t target = first ? head->first : c.target;
    auto at = x.db.rows<LogRow>("log_at", {value(target)});
    if (!at) return at.error();
    c = {x.epoch, target, at->empty() ? 0 : cursor_check(at->front()->command_id)};
  }
  page.cursor = encode_cursor(c);
  return to_json(page);
}

}  // namespace fechatter
