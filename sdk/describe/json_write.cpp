#include <charconv>
#include "sdk/describe/json.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
void write_number(std::int64_t n, std::string& out) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}
std::int64_t number(const Type& t, const void* p) { return t.size == 4 ? *static_cast<const std::int32_t*>(p) : *static_cast<const std::int64_t*>(p); }
bool empty(const Type& t, const void* p) {
  if (t.kind == Kind::text) return static_cast<const std::string*>(p)->empty();
  if (t.kind == Kind::list) return t.at(p, 0) == nullptr;
  if (t.kind == Kind::boolean) return !*static_cast<const bool*>(p);
  return t.kind == Kind::id && !*static_cast<const AnyId*>(p);
}
void write_record(const Type& t, const void* p, std::string& out) {
  out += '{';
  bool first = true;
  for (const Field& f : t.fields) {
    const void* v = static_cast<const char*>(p) + f.offset;
    if (f.type->kind == Kind::maybe && !f.type->at(v, 0)) continue;
    if (f.rules.internal && empty(*f.type, v)) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += f.wire();
    out += "\":";
    write_json(*f.type, v, out);
  }
  out += '}';
}
}  // namespace

void write_string(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += "\\u00", out += hex[c >> 4], out += hex[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

void write_json(const Type& t, const void* p, std::string& out) {
  switch (t.kind) {
    case Kind::boolean: out += *static_cast<const bool*>(p) ? "true" : "false"; break;
    case Kind::integer:
    case Kind::position: write_number(number(t, p), out); break;
    case Kind::text: write_string(*static_cast<const std::string*>(p), out); break;
    case Kind::id: out += '"', append_id(static_cast<const std::uint8_t*>(p), out), out += '"'; break;
    case Kind::time: out += '"', append_time(static_cast<const Time*>(p)->ms, out), out += '"'; break;
    case Kind::choice: {
      const auto n = *static_cast<const std::uint8_t*>(p);
      write_string(n < t.choices.size() ? t.choices[n] : t.choices[0], out);
      break;
    }
    case Kind::maybe:
      if (const void* v = t.at(p, 0)) write_json(*t.item, v, out);
      else out += "null";
      break;
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; const void* v = t.at(p, i); ++i) {
        if (i) out += ',';
        write_json(*t.item, v, out);
      }
      out += ']';
      break;
    case Kind::record: write_record(t, p, out); break;
    case Kind::json: {
      const auto& text = static_cast<const Json*>(p)->text;
      out += text.empty() ? std::string_view("null") : std::string_view(text);
      break;
    }
  }
}

}  // namespace fechatter
