#include "sdk/describe/scalar.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
constexpr std::uint32_t kMaxText = 65536;

std::string store_string(std::string_view text, const Rules& rules, std::string& at, Reading how) {
  const std::uint32_t max = rules.max ? rules.max : kMaxText;
  if (text.size() > max && how == Reading::strict) return "is longer than " + std::to_string(max) + " bytes";
  if (text.size() < rules.min && how == Reading::strict)
    return rules.min == 1 ? "must not be empty" : "is shorter than " + std::to_string(rules.min) + " bytes";
  if (text.find('\0') != text.npos) return "must not contain U+0000";  // PostgreSQL refuses it, and with it the whole batch
  if (!valid_utf8(text)) return "is not valid UTF-8";
  if (rules.line && how == Reading::strict && !is_line(text)) return "must be one line, without characters that control how it is written";
  if (rules.line && rules.min > 0 && how == Reading::strict && text.find_first_not_of(' ') == text.npos) return "must not be blank";
  at.assign(text);
  return {};
}
std::string store_choice(std::string_view text, const Type& t, std::uint8_t& at) {
  if (const auto n = choice_of(t, text)) return at = *n, "";
  std::string list;
  for (const auto choice : t.choices) (list.empty() ? list : list += ", ") += choice;
  return "must be one of " + list;
}
std::string store_boolean(std::string_view text, bool& at) {
  if (text != "true" && text != "false") return "must be true or false";
  return at = text == "true", "";
}
std::string store_digits(std::string_view text, const Type& t, const Rules& rules, void* at) {
  const bool negative = text.starts_with('-');
  const auto digits = text.substr(negative);
  if (digits.empty() || digits.size() > 16 || digits.find_first_not_of("0123456789") != digits.npos) return "must be an integer";
  std::int64_t n = 0;
  for (const char c : digits) n = n * 10 + (c - '0');
  return store_number(negative ? -n : n, t, rules, at);
}
}  // namespace

std::string_view wanted(const Type& t) {
  static constexpr std::string_view names[] = {"a boolean", "an integer", "a string", "a UUID",    "a time", "an integer",
                                               "a string",  "an array",   "null",     "an object", "a value"};
  return names[static_cast<std::size_t>(t.kind)];
}
const Type& inner(const Type& t) { return t.kind == Kind::maybe ? inner(*t.item) : t; }

std::optional<std::uint8_t> choice_of(const Type& t, std::string_view text) {
  for (std::size_t i = 0; i < t.choices.size(); ++i)
    if (t.choices[i] == text) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

std::string store_text(std::string_view text, const Type& t, const Rules& rules, void* at, Reading how) {
  switch (t.kind) {
    case Kind::text: return store_string(text, rules, *static_cast<std::string*>(at), how);
    case Kind::id: return parse_id(text, static_cast<std::uint8_t*>(at)) ? "" : "must be a lower-case UUID";
    case Kind::time: return parse_time(text, static_cast<Time*>(at)->ms) ? "" : "must be an RFC 3339 UTC time";
    case Kind::choice: return store_choice(text, t, *static_cast<std::uint8_t*>(at));
    default: return "must be " + std::string(wanted(t));
  }
}

std::string store_number(std::int64_t n, const Type& t, const Rules& rules, void* at) {
  if (t.kind != Kind::integer && t.kind != Kind::position) return "must be " + std::string(wanted(t));
  if (n > kMaxNumber || n < -kMaxNumber) return "is out of range";
  if (rules.max && (n > rules.max || n < rules.min)) return "must be from " + std::to_string(rules.min) + " to " + std::to_string(rules.max);
  if (t.size == 8) return *static_cast<std::int64_t*>(at) = n, "";
  if (n != static_cast<std::int32_t>(n)) return "is out of range";
  return *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(n), "";
}

bool read_scalar(std::string_view text, const Field& field, void* record, std::string& why) {
  void* const first = static_cast<char*>(record) + field.offset;
  const Type* t = field.type;
  void* at = first;
  while (t->kind == Kind::maybe) at = t->add(at), t = t->item;
  if (t->kind == Kind::boolean) why = store_boolean(text, *static_cast<bool*>(at));
  else if (t->kind == Kind::integer || t->kind == Kind::position) why = store_digits(text, *t, field.rules, at);
  else why = store_text(text, *t, field.rules, at, Reading::strict);
  if (!why.empty() && field.type->kind == Kind::maybe) field.type->clear(first);
  return why.empty();
}

}  // namespace fechatter
