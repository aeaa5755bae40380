#include "tests/fuzz/world/values.hpp"
#include <algorithm>

namespace fechatter::fuzz {
namespace {
constexpr const char* kTexts[] = {"a", "general", "+1", "\xf0\x9f\x8e\x89", "x@example.org", "@User1 **hi**", "\xe4\xb8\x96\xe7\x95\x8c", "welcome", "{}"};
constexpr std::int64_t kMaxWire = (std::int64_t{1} << 53) - 1;

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

const std::vector<AnyId>& pool(std::string_view type, std::string_view field, const Names& n) {
  if (has(field, "chat")) return n.chats;
  if (has(field, "workspace")) return n.spaces;
  if (has(field, "session")) return n.sessions;
  if (has(field, "message") || has(field, "reply")) return n.messages;
  if (has(field, "user") || has(field, "author") || has(field, "actor") || has(field, "member") || has(field, "mention") || has(field, "_by")) return n.users;
  if (has(type, "hat")) return n.chats;  // "id" of a chat, and so on
  if (has(type, "orkspace")) return n.spaces;
  if (has(type, "essage") || has(type, "post")) return n.messages;
  return has(type, "ession") ? n.sessions : n.users;
}
AnyId pick(const std::vector<AnyId>& from, Input& in) { return from.empty() ? AnyId{} : from[in.below(from.size())]; }

std::string text(const Rules& rules, Input& in) {
  std::string out = kTexts[in.below(std::size(kTexts))];
  while (out.size() < rules.min) out += 'x';
  if (rules.max && out.size() > rules.max) out.assign(rules.max, 'y');
  return out;
}
std::int64_t number(const Rules& rules, Input& in) {
  const std::int64_t n = in.number();
  if (rules.max) return rules.min + (n & INT64_MAX) % (std::int64_t{rules.max} - rules.min + 1);
  return std::clamp(n, -kMaxWire, kMaxWire);
}
void fill_value(const Type&, void*, const Rules&, std::string_view type, std::string_view field, Input&, const Names&);

void fill_list(const Type& t, void* at, const Rules& rules, std::string_view type, std::string_view field, Input& in, const Names& names) {
  std::size_t n = std::max<std::size_t>(rules.min, in.below(4));
  if (rules.max) n = std::min<std::size_t>(n, rules.max);
  while (n-- > 0) fill_value(*t.item, t.add(at), {}, type, field, in, names);
}
void fill_value(const Type& t, void* at, const Rules& rules, std::string_view type, std::string_view field, Input& in, const Names& names) {
  switch (t.kind) {
    case Kind::boolean: *static_cast<bool*>(at) = in.coin(); break;
    case Kind::text: *static_cast<std::string*>(at) = text(rules, in); break;
    case Kind::id: *static_cast<AnyId*>(at) = pick(pool(type, field, names), in); break;
    case Kind::time: static_cast<Time*>(at)->ms = 1'700'000'000'000 + in.byte(); break;
    case Kind::choice: *static_cast<std::uint8_t*>(at) = static_cast<std::uint8_t>(in.below(t.choices.size())); break;
    case Kind::maybe:
      if (in.coin()) fill_value(*t.item, t.add(at), rules, type, field, in, names);
      break;
    case Kind::list: fill_list(t, at, rules, type, field, in, names); break;
    case Kind::record: fill(t, at, in, names); break;
    case Kind::json: static_cast<Json*>(at)->text = in.coin() ? "{}" : "[1,\"x\"]"; break;
    case Kind::integer:
    case Kind::position: {
      const std::int64_t n = number(rules, in);
      if (t.size == 4) *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(n);
      else *static_cast<std::int64_t*>(at) = n;
    }
  }
}
}  // namespace

void fill(const Type& type, void* value, Input& in, const Names& names) {
  for (const Field& f : type.fields) fill_value(*f.type, static_cast<char*>(value) + f.offset, f.rules, type.name, f.wire(), in, names);
}

}  // namespace fechatter::fuzz
