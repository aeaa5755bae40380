#include "sdk/service/reads/reads.hpp"
#include <charconv>
#include "sdk/core/members/members.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
namespace {
struct Anything {};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::Anything, "anything");
namespace fechatter {
namespace {
template <class T> const T& as(const void* p) { return *static_cast<const T*>(p); }
Error missing(const char* what) { return {Code::not_found, std::string("no such ") + what, {}}; }

// A list by one query whose last two parameters are the id to begin after and the limit.
template <class T, class Key> Answer list(ReadContext& x, std::string_view query, std::vector<Value> values, Key key) {
  auto after = page_after(x.page);
  if (!after) return after.error();
  values.push_back(value(*after)), values.push_back(value(x.page.limit + 1));
  auto found = x.db.query(query, type_of<T>, values);
  if (!found) return found.error();
  std::vector<std::shared_ptr<const T>> views;
  for (auto& row : *found) views.push_back(std::static_pointer_cast<const T>(std::move(row)));
  return listing(std::move(views), x.page, key);
}
template <class T> Answer one(const Result<std::vector<std::shared_ptr<const T>>>& rows, const char* what) {
  if (!rows) return rows.error();
  if (rows->empty()) return missing(what);
  return to_json(*rows->front());
}

Answer get_me(ReadContext& x, const void*) {
  WorkingSet set(x.db);
  const auto* user = set.find<UserRow>(x.actor);
  const auto* account = set.find<CredentialRow>(x.actor);
  if (!user) return missing("user");
  return to_json(MeView{user->id, user->name, account ? account->email : "", user->created_at});
}
Answer get_user(ReadContext& x, const void* p) {
  auto rows = x.db.rows<UserRow>("shares_workspace", {value(x.actor), value(as<UserParams>(p).user_id)});
  if (!rows) return rows.error();
  if (rows->empty()) return missing("user");
  const UserRow& u = *rows->front();
  return to_json(UserView{u.id, u.name, u.created_at, u.version});
}
Answer list_sessions(ReadContext& x, const void*) {
  const auto place = page_place(x.page);
  if (!place) return place.error();
  auto rows = x.db.rows<SessionRow>("list_sessions", {value(x.actor), value(x.now.ms), place->at, place->id, value(x.page.limit + 1)});
  if (!rows) return rows.error();
  std::vector<std::shared_ptr<const SessionView>> views;
  for (const auto& s : *rows) views.push_back(std::make_shared<SessionView>(SessionView{s->id, s->device, s->created_at, s->used_at, s->id == x.session}));
  return listing(std::move(views), x.page, [](const SessionView& s) { return place_text(s.used_at, id_cast<AnyId>(s.id)); });
}

Answer list_workspaces(ReadContext& x, const void*) {
  return list<WorkspaceView>(x, "list_workspaces", {value(x.actor)}, [](const WorkspaceView& w) { return w.id.str(); });
}
Answer get_workspace(ReadContext& x, const void* p) {
  WorkingSet set(x.db);
  const auto id = as<WorkspaceParams>(p).workspace_id;
  const auto* w = set.find<WorkspaceRow>(id);
  const auto* m = set.find<WorkspaceMemberRow>(id, x.actor);
  if (!w || !m) return missing("workspace");
  return to_json(WorkspaceView{w->id, w->name, m->role, w->member_count, w->head_rev, w->created_at});
}
Answer list_workspace_members(ReadContext& x, const void* p) {
  return list<WorkspaceMemberView>(x, "list_workspace_members", {value(as<WorkspaceParams>(p).workspace_id)},
                                   [](const WorkspaceMemberView& m) { return m.user_id.str(); });
}
Answer list_channels(ReadContext& x, const void* p) {
  const auto id = as<WorkspaceParams>(p).workspace_id;
  WorkingSet set(x.db);
  const auto* m = set.find<WorkspaceMemberRow>(id, x.actor);
  if (m && m->role == WorkspaceRole::guest) return Error{Code::permission_denied, "guests see only the chats they are in", {}};
  return list<ChannelView>(x, "list_channels", {value(id), value(x.actor)}, [](const ChannelView& c) { return c.id.str(); });
}
Answer list_members(ReadContext& x, const void* p) {
  return list<MemberView>(x, "list_members", {value(as<ChatParams>(p).chat_id)}, [](const MemberView& m) { return m.user_id.str(); });
}

Answer list_chats(ReadContext& x, const void* p) {
  const auto& params = as<ChatListParams>(p);
  const auto place = page_place(x.page);
  if (!place) return place.error();
  const Value workspace = params.workspace_id ? value(*params.workspace_id) : Value{};
  auto rows = x.db.rows<ChatView>("list_chat_ids", {value(x.actor), workspace, place->at, place->id, value(x.page.limit + 1)});
  if (!rows) return rows.error();
  std::vector<std::shared_ptr<const ChatView>> views;
  for (const auto& row : *rows) {
    auto view = chat_view(x, row->id);
    if (!view) return view.error();
    if (*view) views.push_back(std::move(*view));
  }
  return listing(std::move(views), x.page, [](const ChatView& c) { return place_text(c.last_at, id_cast<AnyId>(c.id)); });
}
Answer get_chat(ReadContext& x, const void* p) {
  auto view = chat_view(x, as<ChatParams>(p).chat_id);
  if (!view) return view.error();
  return *view ? Answer(to_json(**view)) : Answer(missing("chat"));
}

constexpr std::pair<std::string_view, ReadCall> kReads[] = {
    {"get_me", get_me},
    {"get_user", get_user},
    {"list_sessions", list_sessions},
    {"list_workspaces", list_workspaces},
    {"get_workspace", get_workspace},
    {"list_workspace_members", list_workspace_members},
    {"list_channels", list_channels},
    {"list_members", list_members},
    {"list_chats", list_chats},
    {"get_chat", get_chat},
    {"list_messages", read_list_messages},
    {"list_events", read_list_events},
    {"get_message", read_message},
    {"message_history", read_history},
    {"search", read_search},
    {"sync", read_sync},
};
}  // namespace

ReadCall find_read(std::string_view name) {
  for (const auto& [key, call] : kReads)
    if (key == name) return call;
  return nullptr;
}

Result<AnyId> page_after(const Page& page) {
  if (page.cursor.empty()) return AnyId{};
  if (auto id = AnyId::parse(page.cursor)) return *id;
  return Error{Code::invalid_argument, "is not a cursor of this list", "cursor"};
}

std::string place_text(Time at, const AnyId& id) { return std::to_string(at.ms) + '.' + id.str(); }
Result<Place> page_place(const Page& page) {
  if (page.cursor.empty()) return Place{};
  const auto dot = page.cursor.find('.');
  const auto id = dot == std::string::npos ? std::nullopt : AnyId::parse(std::string_view(page.cursor).substr(dot + 1));
  std::int64_t ms = 0;
  const char* end = page.cursor.data() + std::min(dot, page.cursor.size());
  const auto number = std::from_chars(page.cursor.data(), end, ms);
  if (!id || number.ec != std::errc() || number.ptr != end) return Error{Code::invalid_argument, "is not a cursor of this list", "cursor"};
  return Place{value(ms), value(*id)};
}

Value json_list(const std::vector<std::string>& texts) {
  std::string json;
  for (const std::string& text : texts) {
    json += json.empty() ? '[' : ',';
    write_string(text, json);
  }
  return value(json.empty() ? "[]" : json + ']');
}

static bool is_object(const std::string& text) {
  Anything nothing;  // of which every field is skipped, but read
  return !read_json(text, nothing, Reading::tolerant);
}
LogEvent log_event(const LogRow& r, std::vector<std::int64_t>& unreadable) {
  LogEvent e{r.pos, {static_cast<StreamKind>(r.stream_kind), r.stream}, r.rev, r.seq, r.type, r.actor, r.command_id, r.subject, r.at, r.payload};
  const bool known = r.stream_kind >= 0 && r.stream_kind <= static_cast<std::int64_t>(StreamKind::user);
  if (!known) e.stream = {StreamKind::user, {}};  // nobody's
  if (known && (e.payload.empty() || is_object(e.payload))) return e;
  e.payload.clear();
  unreadable.push_back(r.pos);
  return e;
}
Result<std::vector<LogEvent>> log_after(Snapshot& db, std::int64_t position, std::int64_t limit, std::vector<std::int64_t>* unreadable) {
  auto rows = db.rows<LogRow>("log_after", {value(position), value(limit)});
  if (!rows) return rows.error();
  std::vector<LogEvent> events;
  std::vector<std::int64_t> ignored;
  for (const auto& row : *rows) events.push_back(log_event(*row, unreadable ? *unreadable : ignored));
  return events;
}

Result<std::shared_ptr<const ChatView>> chat_view(ReadContext& x, ChatId id) {
  auto rows = x.db.rows<ChatView>("get_chat", {value(x.actor), value(id)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::shared_ptr<const ChatView>();
  auto view = std::make_shared<ChatView>(*rows->front());
  if (view->head_seq >= view->visible_from) {
    auto last = x.db.rows<MessageRow>("messages_before", {value(id), value(view->head_seq + 1), value(view->visible_from), value(std::int64_t{1})});
    if (!last) return last.error();
    if (!last->empty()) {
      std::vector<MessageView> one{view_of(*last->front())};
      if (auto done = mark_mine(x, id, one); !done) return done.error();
      view->last_message = std::move(one.front());
    }
  }
  return std::shared_ptr<const ChatView>(std::move(view));
}

}  // namespace fechatter
