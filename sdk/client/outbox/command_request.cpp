#include "sdk/client/outbox/command_request.hpp"
#include "sdk/core/catalog.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
/// What every list takes beside its own fields.
struct ListArguments {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::ListArguments, "list_arguments", FECHATTER_FIELD(limit), FECHATTER_FIELD(cursor));

namespace fechatter {
namespace {
// A field as it stands in a path or a query: JSON, without a text's quotes.
std::string plain(const Type& type, const void* value) {
  if (type.kind == Kind::maybe) {
    const void* inside = type.at(value, 0);
    return inside ? plain(*type.item, inside) : std::string{};
  }
  if (type.kind == Kind::text) return *static_cast<const std::string*>(value);
  std::string json;
  write_json(type, value, json);
  if (json.size() >= 2 && json.front() == '"') json = json.substr(1, json.size() - 2);
  return json;
}
const void* member(const Field& f, const void* record) { return static_cast<const char*>(record) + f.offset; }
bool absent(const Field& f, const void* record) {
  if (f.rules.internal) return true;
  return f.type->kind == Kind::maybe && !f.type->at(member(f, record), 0);
}

// Fills {name} in the path; tells which fields that were.
std::string fill_path(std::string_view path, const Type& type, const void* record, std::uint64_t& used) {
  std::string out;
  while (!path.empty()) {
    const auto open = path.find('{');
    out += path.substr(0, open);
    if (open == path.npos) break;
    const auto close = path.find('}', open);
    const auto name = path.substr(open + 1, close - open - 1);
    for (std::size_t i = 0; i < type.fields.size(); ++i)
      if (type.fields[i].name == name) out += percent(plain(*type.fields[i].type, member(type.fields[i], record))), used |= std::uint64_t{1} << i;
    path.remove_prefix(close + 1);
  }
  return out;
}

void add_query(ApiCall& call, const Type& type, const void* record, std::uint64_t used) {
  char mark = call.path.find('?') == call.path.npos ? '?' : '&';
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& f = type.fields[i];
    if (used >> i & 1 || absent(f, record)) continue;
    call.path += mark + std::string(f.wire()) + '=' + percent(plain(*f.type, member(f, record)));
    mark = '&';
  }
}
void add_body(ApiCall& call, const Type& type, const void* record, std::uint64_t used) {
  std::string body;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& f = type.fields[i];
    if (used >> i & 1 || absent(f, record)) continue;
    body += body.empty() ? "{" : ",";
    write_string(f.wire(), body);
    body += ':';
    write_json(*f.type, member(f, record), body);
  }
  if (!body.empty()) call.body = body + '}';
  else if (call.method != "DELETE") call.body = "{}";
}
}  // namespace

std::string percent(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain_char = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain_char) out += c;
    else out += '%', out += hex[u >> 4], out += hex[u & 15];
  }
  return out;
}

Result<ApiCall> api_call(const std::string& name, const std::string& args) {
  const CommandEntry* command = find_command(name);
  const CallEntry* call = command ? nullptr : find_call(name);
  if ((!command || command->route.method.empty()) && !call) return Error{Code::invalid_argument, "no such method: " + name, "method"};
  const Type& type = command ? *command->type : *call->params;
  const Route& route = command ? command->route : call->route;
  auto record = type.make();
  if (auto error = read_json(args.empty() ? "{}" : args, type, record.get(), Reading::tolerant))
    return Error{Code::invalid_argument, error->message, error->field};
  ApiCall out{std::string(route.method), {}, {}, command && command->creates};
  std::uint64_t used = 0;
  out.path = fill_path(route.path, type, record.get(), used);
  if (route.method == "GET") add_query(out, type, record.get(), used);
  else add_body(out, type, record.get(), used);
  ListArguments list;
  if (call && call->list && !args.empty() && !read_json(args, list, Reading::tolerant)) add_query(out, type_of<ListArguments>, &list, 0);
  return out;
}

}  // namespace fechatter
