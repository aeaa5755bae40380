#include "sdk/service/routes/openapi.hpp"
#include <map>
#include "sdk/service/routes/router.hpp"

namespace fechatter {
namespace {
struct ErrorDetail {
  std::string code, message;
  std::optional<std::string> field;
  bool retryable = false;
  std::optional<std::int64_t> retry_after_ms;
  std::optional<std::string> reason;
  std::string request_id;
};
struct ErrorBody {
  ErrorDetail error;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::ErrorDetail, "ErrorDetail", FECHATTER_FIELD(code), FECHATTER_FIELD(message), FECHATTER_FIELD(field), FECHATTER_FIELD(retryable),
                 FECHATTER_FIELD(retry_after_ms), FECHATTER_FIELD(reason, .doc = "of a reset: why to begin anew"), FECHATTER_FIELD(request_id));
FECHATTER_RECORD(fechatter::ErrorBody, "Error", FECHATTER_FIELD(error));
namespace fechatter {
namespace {
bool in_path(const Route& route, const Field& f) { return route.path.find("{" + std::string(f.wire()) + "}") != route.path.npos; }
bool has_body(const Route& route) { return route.method != "GET" && route.method != "DELETE"; }

std::string parameter(const Field& f, std::string_view where, bool required) {
  // The schema of one field: that of a record with this field alone.
  const Type one{Kind::record, 0, 0, "one", std::span(&f, 1)};
  const std::string whole = schema_of(one, false);
  const auto begin = whole.find("\":", whole.find("\"properties\":{") + 14) + 2;
  int depth = 0;
  auto end = begin;
  do {
    depth += whole[end] == '{', depth -= whole[end] == '}';
    ++end;
  } while (depth > 0);
  return "{\"name\":\"" + std::string(f.wire()) + "\",\"in\":\"" + std::string(where) + "\",\"required\":" + (required ? "true" : "false") +
      ",\"schema\":" + whole.substr(begin, end - begin) + "}";
}

std::string_view name_of(const RouteTarget& t) { return t.command ? t.command->type->name : t.call->name; }

std::string parameters(const RouteTarget& t) {
  std::string out;
  const auto add = [&](const std::string& p) { out += (out.empty() ? "" : ",") + p; };
  for (const Field& f : t.params().fields) {
    if (f.rules.internal) continue;
    if (in_path(t.route(), f)) add(parameter(f, "path", true));
    else if (!has_body(t.route())) add(parameter(f, "query", f.type->kind != Kind::maybe && !f.rules.defaulted));
  }
  if (t.call && t.call->list) {
    add("{\"name\":\"limit\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"default\":50}}");
    add("{\"name\":\"cursor\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}}");
  }
  if (t.command ? !t.command->creates : t.call->keyed)
    add("{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"schema\":{\"type\":\"string\",\"format\":\"uuid\"}}");
  if (name_of(t) == "stream") add("{\"name\":\"Last-Event-ID\",\"in\":\"header\",\"required\":false,\"schema\":{\"type\":\"string\"}}");
  return out;
}

// The body has the fields that are not in the path.
std::string request_body(const RouteTarget& t) {
  std::vector<Field> fields;
  for (const Field& f : t.params().fields)
    if (!in_path(t.route(), f) && !f.rules.internal) fields.push_back(f);
  if (!has_body(t.route()) || fields.empty()) return {};
  bool required = false;
  for (const Field& f : fields) required |= f.type->kind != Kind::maybe && !f.rules.defaulted;
  const Type body{Kind::record, 0, 0, t.params().name, fields};
  return std::string(",\"requestBody\":{\"required\":") + (required ? "true" : "false") +
      ",\"content\":{\"application/json\":{\"schema\":" + schema_of(body, true) + "}}}";
}

std::string answer_schema(const RouteTarget& t) {
  const Type* type = t.command ? t.command->answer_type : t.call->answer;
  if (!type) return {};
  const std::string one = "{\"$ref\":\"#/components/schemas/" + std::string(type->name) + "\"}";
  if (!t.call || !t.call->list) return one;
  return "{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"items\":{\"type\":\"array\",\"items\":" + one +
      "},\"next\":{\"type\":[\"string\",\"null\"]}}}";
}

std::string operation(const RouteTarget& t) {
  std::string out = "{\"operationId\":\"" + std::string(name_of(t)) + "\",\"parameters\":[" + parameters(t) + "]" + request_body(t);
  out += t.permission() == Permission::anyone ? ",\"security\":[]" : "";
  out += ",\"responses\":{\"" + std::to_string(t.route().status) + "\":{\"description\":\"done\"";
  if (name_of(t) == "stream") {
    out += ",\"content\":{\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}}";
  } else if (const std::string schema = answer_schema(t); !schema.empty()) {
    out += ",\"content\":{\"application/json\":{\"schema\":" + schema + "}}";
  }
  return out + "},\"default\":{\"description\":\"refused\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}}}";
}

std::string schemas(const Router& router) {
  std::vector<const Type*> roots{&type_of<ErrorBody>, &type_of<EventView>};
  for (const RouteTarget& t : router.targets())
    if (const Type* type = t.command ? t.command->answer_type : t.call->answer) roots.push_back(type);
  for (const RouteTarget& t : router.targets())  // records inside request bodies
    for (const Field& f : t.params().fields)
      if (!f.rules.internal) {
        const Type* type = f.type;
        while (type->item) type = type->item;
        if (type->kind == Kind::record) roots.push_back(type);
      }
  return component_schemas(roots, false);
}
}  // namespace

std::string openapi_json(std::string_view version) {
  const Router router;
  std::map<std::string, std::string> paths;
  for (const RouteTarget& t : router.targets()) {
    std::string method;
    for (const char c : t.route().method) method += static_cast<char>(c + 32);
    std::string& path = paths[std::string(kApiPrefix) + std::string(t.route().path)];
    path += (path.empty() ? "\"" : ",\"") + method + "\":" + operation(t);
  }
  static constexpr std::pair<std::string_view, std::string_view> operations[] = {{"/healthz", "process is alive"},
                                                                                 {"/readyz", "can serve"},
                                                                                 {"/metrics", "Prometheus metrics"},
                                                                                 {"/openapi.json", "this document"},
                                                                                 {"/.well-known/jwks.json", "keys of access tokens"}};
  for (const auto& [path, what] : operations)
    paths[std::string(path)] = "\"get\":{\"summary\":\"" + std::string(what) + "\",\"security\":[],\"responses\":{\"200\":{\"description\":\"" +
        std::string(what) + "\"}" + (path == "/readyz" ? ",\"503\":{\"description\":\"what is missing\"}" : "") + "}}";
  std::string out = "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Fechatter\",\"version\":\"" + std::string(version) +
      "\",\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},\"security\":[{\"bearer\":[]}],\"paths\":{";
  bool first = true;
  for (const auto& [path, operations_text] : paths) out += std::string(std::exchange(first, false) ? "\"" : ",\"") + path + "\":{" + operations_text + "}";
  return out +
      "},\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}},\"schemas\":" + schemas(router) +
      "}}";
}

}  // namespace fechatter
