#include "server/fechatterd/operations/export.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/store/columns.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kExportVersion = 1;

struct ExportHead {
  std::int64_t version = kExportVersion;
  AnyId epoch;
  std::int64_t position = 0;
  Time at;
};
struct ExportEnd {
  std::int64_t lines = 0;  // before this one
};
struct ExportUser {
  UserId id;
  std::string name;
  std::optional<std::string> email;
  Time created_at;
};
struct ExportWorkspace {
  WorkspaceId id;
  std::string name;
  UserId created_by;
  Time created_at;
};
struct ExportWorkspaceMember {
  WorkspaceId workspace_id;
  UserId user_id;
  WorkspaceRole role{};
  MemberState state{};
  Time joined_at;
};
struct ExportChat {
  ChatId id;
  WorkspaceId workspace_id;
  ChatKind kind{};
  std::string name, topic;
  bool archived = false;
  History history{};
  UserId created_by;
  Time created_at;
};
struct ExportMember {
  ChatId chat_id;
  UserId user_id;
  ChatRole role{};
  MemberState state{};
  std::int64_t visible_from = 1;
  Time joined_at;
  std::int64_t read_seq = 0;
};
struct ExportReaction {
  ChatId chat_id;
  MessageId message_id;
  UserId user_id;
  std::string emoji;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::ExportHead, "export", FECHATTER_FIELD(version), FECHATTER_FIELD(epoch), FECHATTER_FIELD(position), FECHATTER_FIELD(at));
FECHATTER_RECORD(fechatter::ExportEnd, "end", FECHATTER_FIELD(lines));
FECHATTER_RECORD(fechatter::ExportUser, "user", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(email), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::ExportWorkspace, "workspace", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(created_by), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::ExportWorkspaceMember, "workspace_member", FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(user_id), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(state), FECHATTER_FIELD(joined_at));
FECHATTER_RECORD(fechatter::ExportChat, "chat", FECHATTER_FIELD(id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(kind), FECHATTER_FIELD(name),
                 FECHATTER_FIELD(topic), FECHATTER_FIELD(archived), FECHATTER_FIELD(history), FECHATTER_FIELD(created_by), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::ExportMember, "member", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(user_id), FECHATTER_FIELD(role), FECHATTER_FIELD(state),
                 FECHATTER_FIELD(visible_from), FECHATTER_FIELD(joined_at), FECHATTER_FIELD(read_seq));
FECHATTER_RECORD(fechatter::ExportReaction, "reaction", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(message_id), FECHATTER_FIELD(user_id),
                 FECHATTER_FIELD(emoji));
namespace fechatter {
namespace {
// Each kind of line: its query (of sql/export), its rows, and what is written of a row.
struct Part {
  std::string_view name;
  const Type* row;
  std::string (*json)(const void*);
};
template <class Row> std::string as_it_is(const void* row) { return to_json(*static_cast<const Row*>(row)); }
std::string without_deleted_texts(const void* row) { return to_json(view_of(*static_cast<const MessageRow*>(row))); }
template <class Row> constexpr Part part() { return {type_of<Row>.name, &type_of<Row>, as_it_is<Row>}; }
// Whatever a line refers to stands before it.
constexpr Part kParts[] = {part<ExportUser>(),    part<ExportWorkspace>(), part<ExportWorkspaceMember>(),
                           part<ExportChat>(),    part<ExportMember>(),    {"message", &type_of<MessageRow>, without_deleted_texts},
                           part<ExportReaction>()};

class Lines {
 public:
  explicit Lines(const std::function<bool(std::string_view)>& write) : write_(write) {}
  Result<Done> add(std::string_view name, const std::string& json) {
    const std::string line = "{\"type\":\"" + std::string(name) + "\",\"" + std::string(name) + "\":" + json + "}\n";
    ++count_;
    if (write_(line)) return Done{};
    return Error{Code::internal, "the export could not be written", {}};
  }
  std::int64_t count() const { return count_; }

 private:
  const std::function<bool(std::string_view)>& write_;
  std::int64_t count_ = 0;
};

Result<std::int64_t> add_rows(Database& db, const Part& part, const ExportOptions& o, Lines& lines) {
  auto s = db.statement(embedded_sql("export/" + std::string(part.name)));
  if (!s) return s.error();
  if (o.workspace) s->bind(1, *o.workspace);
  if (o.chat) s->bind(2, *o.chat);
  if (part.row == &type_of<ExportUser>) s->bind(3, std::int64_t{o.addresses});
  for (std::int64_t n = 0;; ++n) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) return s->reset(), n;
    if (auto done = lines.add(part.name, part.json(read_row(*s, *part.row).get())); !done) return done.error();
  }
}

Result<Done> add_head(Database& db, Time now, Lines& lines) {
  auto s = db.statement("select epoch, (select coalesce(max(position),0) from log) from log_epoch");
  if (!s) return s.error();
  auto row = s->step();
  if (!row) return row.error();
  const ExportHead head{kExportVersion, s->id<AnyId>(0), s->integer(1), now};
  s->reset();
  return lines.add(type_of<ExportHead>.name, to_json(head));
}
}  // namespace

Result<std::int64_t> export_lines(Database& db, const ExportOptions& o, Time now, const std::function<bool(std::string_view)>& write) {
  auto state = Transaction::begin(db, false);
  if (!state) return state.error();
  if (auto refused = refuse_newer(db.version(), "server")) return *refused;
  Lines lines(write);
  if (auto done = add_head(db, now, lines); !done) return done.error();
  for (const Part& part : kParts) {
    auto n = add_rows(db, part, o, lines);
    if (!n) return n;
    const bool named = (o.workspace && part.row == &type_of<ExportWorkspace>) || (o.chat && part.row == &type_of<ExportChat>);
    if (named && *n == 0) return Error{Code::not_found, "no such " + std::string(part.name), {}};
  }
  if (auto done = lines.add(type_of<ExportEnd>.name, to_json(ExportEnd{lines.count()})); !done) return done.error();
  return lines.count();
}

}  // namespace fechatter
