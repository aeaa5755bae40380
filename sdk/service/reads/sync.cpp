// Sync rounds: GET /sync.
#include <algorithm>
#include "sdk/core/live/live.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kNewest = 20, kEvents = 50;

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

Result<SyncChat> events_since(ReadContext& x, const ChatView& chat, std::int64_t base) {
  SyncChat out{chat.id};
  if (base == 0) return out.limited = chat.head_rev > 0, out;
  auto rows = x.db.rows<LogRow>("sync_events", {value(chat.id), value(chat.visible_from), value(kEvents + 1)});
  if (!rows) return rows.error();
  rows->erase(std::remove_if(rows->begin(), rows->end(), [&](auto& r) { return r->pos <= base; }), rows->end());
  if (static_cast<std::int64_t>(rows->size()) > kEvents) return out.limited = true, out;
  for (auto it = rows->rbegin(); it != rows->rend(); ++it) out.events.push_back(view_of(log_event(**it, x.unreadable)));
  return out;
}
// The summary's fields and the round's own in one object.
Json merged(const ChatView& chat, const SyncChat& more) {
  std::string json = to_json(chat), tail = to_json(more);
  const auto second = tail.find("\"left\"");
  json.pop_back();
  return {json + ',' + tail.substr(second)};
}
Result<Done> add_chat(ReadContext& x, const ChangedRow& row, std::int64_t base, SyncPage& page) {
  if (row.left) {
    page.chats.push_back({"{\"id\":\"" + row.id.str() + "\",\"left\":true,\"limited\":false,\"events\":[]}"});
    return Done{};
  }
  auto view = chat_view(x, row.id);
  if (!view) return view.error();
  if (!*view) return Done{};
  auto events = events_since(x, **view, base);
  if (!events) return events.error();
  page.chats.push_back(merged(**view, *events));
  return Done{};
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
Result<bool> finish_at_once(ReadContext& x, std::int64_t base, std::int64_t newest, std::int64_t asked, SyncPage& page) {
  if (newest >= asked) return false;
  auto all = x.db.rows<ChangedRow>("sync_changed", {value(x.actor), value(base), value(ChatId{}), value(2 * kNewest)});
  if (!all) return all.error();
  if (static_cast<std::int64_t>(all->size()) >= 2 * kNewest) return false;
  for (const auto& row : *all)
    if (row->left)
      if (auto done = add_chat(x, *row, base, page); !done) return done.error();
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
  SyncPage page;
  auto rows = first ? x.db.rows<ChangedRow>("sync_newest", {value(x.actor), value(c.base), value(newest)})
                    : x.db.rows<ChangedRow>("sync_changed", {value(x.actor), value(c.base), value(c.after.value_or(ChatId{})), value(limit)});
  if (!rows) return rows.error();
  for (const auto& row : *rows)
    if (auto done = add_chat(x, *row, c.base, page); !done) return done.error();
  if (auto done = add_self(x, page); !done) return done.error();
  if (first) {
    auto whole = finish_at_once(x, c.base, static_cast<std::int64_t>(rows->size()), newest, page);
    if (!whole) return whole.error();
    c.target = head->first, c.after = ChatId{};
    page.more = !*whole;
  } else if (static_cast<std::int64_t>(rows->size()) == limit) {
    c.after = rows->back()->id, page.more = true;
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
