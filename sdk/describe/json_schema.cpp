#include <map>
#include "sdk/describe/json.hpp"

namespace fechatter {
namespace {
std::string bounds(const Rules& r, std::string_view min, std::string_view max) {
  std::string out;
  if (r.max) out += ",\"" + std::string(max) + "\":" + std::to_string(r.max);
  if (r.min) out += ",\"" + std::string(min) + "\":" + std::to_string(r.min);
  return out;
}
constexpr const char* kLine = R"(,"pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")";
constexpr const char* kNotBlank =
    R"(,"pattern":"^ *[^\\u0000- \\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")";
std::string reference(const Type& t) { return "{\"$ref\":\"#/components/schemas/" + std::string(t.name) + "\"}"; }

std::string schema(const Type& t, const Rules& rules) {
  switch (t.kind) {
    case Kind::boolean: return "{\"type\":\"boolean\"}";
    case Kind::integer:
    case Kind::position:
      return "{\"type\":\"integer\"" + std::string(rules.max && !rules.min ? ",\"minimum\":0" : "") + bounds(rules, "minimum", "maximum") + "}";
    case Kind::text:
      return "{\"type\":\"string\"" + bounds(rules, "minLength", "maxLength") + (rules.line && rules.min ? kNotBlank : rules.line ? kLine : "") + "}";
    case Kind::id: return "{\"type\":\"string\",\"format\":\"uuid\"}";
    case Kind::time: return "{\"type\":\"string\",\"format\":\"date-time\"}";
    case Kind::choice: {
      std::string list;
      for (const auto c : t.choices) list += (list.empty() ? "\"" : ",\"") + std::string(c) + '"';
      return "{\"type\":\"string\",\"enum\":[" + list + "]}";
    }
    case Kind::list: return "{\"type\":\"array\",\"items\":" + schema(*t.item, {}) + bounds(rules, "minItems", "maxItems") + "}";
    case Kind::maybe: return schema(*t.item, rules);
    case Kind::record: return reference(t);
    case Kind::json: return "{}";
  }
  return "{}";
}
void collect(const Type& t, std::map<std::string_view, const Type*>& found) {
  if (t.item) collect(*t.item, found);
  if (t.kind != Kind::record || !found.emplace(t.name, &t).second) return;
  for (const Field& f : t.fields)
    if (!f.rules.internal) collect(*f.type, found);
}
}  // namespace

std::string schema_of(const Type& t, bool closed) {
  if (t.kind != Kind::record) return schema(t, {});
  std::string properties, required;
  for (const Field& f : t.fields) {
    if (f.rules.internal) continue;
    std::string one = schema(*f.type, f.rules);
    if (!f.rules.doc.empty() && one.size() > 2 && one.compare(0, 8, "{\"$ref\":") != 0) {
      one.pop_back();
      one += ",\"description\":";
      write_string(f.rules.doc, one);
      one += '}';
    }
    if (closed && f.type->kind == Kind::maybe) one = "{\"anyOf\":[" + one + ",{\"type\":\"null\"}]}";  // readers take it for absent
    properties += (properties.empty() ? "\"" : ",\"") + std::string(f.wire()) + "\":" + one;
    if (f.type->kind != Kind::maybe && !f.rules.defaulted) required += (required.empty() ? "\"" : ",\"") + std::string(f.wire()) + '"';
  }
  std::string out = "{\"type\":\"object\",\"properties\":{" + properties + '}';
  if (!required.empty()) out += ",\"required\":[" + required + ']';
  if (closed) out += ",\"additionalProperties\":false";
  return out + '}';
}

std::string component_schemas(std::span<const Type* const> roots, bool closed) {
  std::map<std::string_view, const Type*> found;
  for (const Type* t : roots) collect(*t, found);
  std::string out = "{";
  for (const auto& [name, type] : found) {
    if (out.size() > 1) out += ',';
    write_string(name, out);
    out += ':' + schema_of(*type, closed);
  }
  return out + '}';
}

}  // namespace fechatter
