#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include "sdk/describe/json.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
namespace bj = boost::json;
constexpr std::size_t kMaxDepth = 32;
constexpr std::uint32_t kMaxText = 65536, kMaxItems = 10000, kMaxRaw = 256 * 1024;
constexpr std::int64_t kMaxNumber = (std::int64_t{1} << 53) - 1;  // what JavaScript keeps exactly

std::string_view wanted(const Type& t) {
  static constexpr std::string_view names[] = {"a boolean", "an integer", "a string", "a UUID", "a time", "an integer",
                                               "a string", "an array", "null", "an object", "a value"};
  return names[static_cast<std::size_t>(t.kind)];
}
const Type& inner(const Type& t) { return t.kind == Kind::maybe ? inner(*t.item) : t; }

// Checks and stores one value; the same rules for JSON and for URL parameters. Empty: stored.
std::string store_text(std::string_view text, const Type& t, const Rules& rules, void* at, Reading how) {
  switch (t.kind) {
    case Kind::text: {
      const std::uint32_t max = rules.max ? rules.max : kMaxText;
      if (text.size() > max && how == Reading::strict) return "is longer than " + std::to_string(max) + " bytes";
      if (text.size() < rules.min && how == Reading::strict)
        return rules.min == 1 ? "must not be empty" : "is shorter than " + std::to_string(rules.min) + " bytes";
      if (text.find('\0') != text.npos) return "must not contain U+0000";
      if (!valid_utf8(text)) return "is not valid UTF-8";
      static_cast<std::string*>(at)->assign(text);
      return {};
    }
    case Kind::id: return parse_id(text, static_cast<std::uint8_t*>(at)) ? "" : "must be a lower-case UUID";
    case Kind::time: return parse_time(text, static_cast<Time*>(at)->ms) ? "" : "must be an RFC 3339 UTC time";
    case Kind::choice:
      for (std::size_t i = 0; i < t.choices.size(); ++i)
        if (t.choices[i] == text) return *static_cast<std::uint8_t*>(at) = static_cast<std::uint8_t>(i), "";
      if (how == Reading::tolerant) return {};
      break;
    default: return "must be " + std::string(wanted(t));
  }
  std::string list;
  for (const auto choice : t.choices) (list.empty() ? list : list += ", ") += choice;
  return "must be one of " + list;
}
std::string store_number(std::int64_t n, const Type& t, const Rules& rules, void* at) {
  if (t.kind != Kind::integer && t.kind != Kind::position) return "must be " + std::string(wanted(t));
  if (n > kMaxNumber || n < -kMaxNumber) return "is out of range";
  if (rules.max && (n > rules.max || n < rules.min)) return "must be from " + std::to_string(rules.min) + " to " + std::to_string(rules.max);
  if (t.size == 8) return *static_cast<std::int64_t*>(at) = n, "";
  if (n != static_cast<std::int32_t>(n)) return "is out of range";
  return *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(n), "";
}

// Drives the description with the parser's tokens: one pass, no document tree, straight into the struct.
class Reader {
 public:
  Reader(const Type& root, void* out, Reading how, std::uint64_t preset) : root_(root), out_(out), how_(how), preset_(preset) { stack_.reserve(8); }
  ReadError error;

  bool null() {
    if (raw_) return raw_scalar("null");
    if (skipping()) return true;
    Slot s;
    if (!slot(s)) return false;
    if (s.type->kind == Kind::json) return begin_raw(s), raw_scalar("null");
    if (s.type->kind == Kind::maybe) return s.type->clear(s.at), true;
    return how_ == Reading::tolerant || fail("must not be null");
  }
  bool boolean(bool v) {
    return value(v ? "true" : "false", [&](const Slot& s) -> std::string {
      if (s.type->kind != Kind::boolean) return "must be " + std::string(wanted(*s.type));
      return *static_cast<bool*>(s.at) = v, "";
    });
  }
  bool number(std::int64_t v, std::string_view text) {
    return value(text, [&](const Slot& s) { return store_number(v, *s.type, *s.rules, s.at); });
  }
  bool not_integer(std::string_view text) {
    return value(text, [&](const Slot& s) { return s.type->kind == Kind::integer ? std::string("must be an integer") : "must be " + std::string(wanted(*s.type)); });
  }
  bool string(std::string_view v) {
    std::string quoted;
    if (raw_ || next_is_raw()) write_string(v, quoted);
    return value(quoted, [&](const Slot& s) { return store_text(v, *s.type, *s.rules, s.at, how_); });
  }
  bool open(Kind kind, char bracket) {
    if (raw_) return raw_open(bracket);
    if (skip_depth_ > 0 || std::exchange(skip_next_, false)) return ++skip_depth_ < kMaxDepth || fail("is nested too deeply");
    Slot s;
    if (!slot(s)) return false;
    s = engage(s);
    if (s.type->kind == Kind::json) return begin_raw(s), raw_open(bracket);
    if (s.type->kind != kind) return fail("must be " + std::string(wanted(*s.type)));
    if (stack_.size() >= kMaxDepth) return fail("is nested too deeply");
    if (kind == Kind::list) s.type->clear(s.at);
    stack_.push_back({s.type, s.at, nullptr, s.rules, 0, stack_.empty() ? preset_ : 0, 0});
    return true;
  }
  bool close(char bracket) {
    if (raw_) return raw_close(bracket);
    if (skip_depth_ > 0) return --skip_depth_, true;
    Frame& f = stack_.back();
    if (f.type->kind == Kind::list) {
      if (how_ == Reading::strict && f.rules && f.count < f.rules->min && f.type->kind == Kind::list) return stack_.pop_back(), fail("has too few items");
    } else if (how_ == Reading::strict) {
      for (std::size_t i = 0; i < f.type->fields.size(); ++i) {
        const Field& c = f.type->fields[i];
        if (!(f.seen >> i & 1) && c.type->kind != Kind::maybe && !c.rules.defaulted) return f.field = nullptr, extra_ = c.wire(), fail("is missing");
      }
    }
    stack_.pop_back();
    return true;
  }
  bool key(std::string_view k) {
    if (raw_) return raw_key(k);
    if (skip_depth_ > 0) return true;
    Frame& f = stack_.back();
    f.field = nullptr;
    const auto fields = f.type->fields;
    for (std::size_t n = 0; n < fields.size(); ++n) {
      const std::size_t i = (f.next + n) % fields.size();  // peers write in our order: the first try hits
      const Field& c = fields[i];
      if (c.wire() != k || (c.rules.internal && how_ == Reading::strict)) continue;
      if (stack_.size() == 1 && preset_ >> i & 1 && how_ == Reading::strict) break;
      if (f.seen >> i & 1 && how_ == Reading::strict) return f.field = &c, fail("is given twice");
      f.field = &c, f.next = i + 1, f.seen |= std::uint64_t{1} << i;
      return true;
    }
    if (how_ == Reading::strict) return extra_ = std::string(k.substr(0, 64)), fail("is not a known field");
    return skip_next_ = true;
  }

 private:
  struct Slot {
    const Type* type = nullptr;
    void* at = nullptr;
    const Rules* rules = nullptr;
  };
  struct Frame {
    const Type* type;
    void* at;
    const Field* field;
    const Rules* rules;
    std::size_t next;
    std::uint64_t seen;
    std::size_t count;
  };

  bool skipping() { return skip_depth_ > 0 || std::exchange(skip_next_, false); }
  static Slot engage(Slot s) {
    while (s.type->kind == Kind::maybe) s = {s.type->item, s.type->add(s.at), s.rules};
    return s;
  }
  bool slot(Slot& s) {
    static constexpr Rules none;
    if (stack_.empty()) return s = {&root_, out_, &none}, true;
    Frame& f = stack_.back();
    if (f.type->kind != Kind::list) return s = {f.field->type, static_cast<char*>(f.at) + f.field->offset, &f.field->rules}, true;
    const std::uint32_t max = f.rules && f.rules->max ? f.rules->max : kMaxItems;
    if (++f.count > max) return fail("has more than " + std::to_string(max) + " items");
    return s = {f.type->item, f.type->add(f.at), &none}, true;
  }
  template <class F> bool value(std::string_view text, F store) {
    if (raw_) return raw_scalar(text);
    if (skipping()) return true;
    Slot s;
    if (!slot(s)) return false;
    s = engage(s);
    if (s.type->kind == Kind::json) return begin_raw(s), raw_scalar(text);
    const std::string why = store(s);
    return why.empty() || fail(why);
  }

  // --- raw values: the tokens, written again ---
  bool next_is_raw() const {
    if (skip_depth_ > 0 || skip_next_) return false;
    if (stack_.empty()) return inner(root_).kind == Kind::json;
    const Frame& f = stack_.back();
    const Type* t = f.type->kind == Kind::list ? f.type->item : f.field ? f.field->type : nullptr;
    return t && inner(*t).kind == Kind::json;
  }
  void begin_raw(const Slot& s) {
    raw_ = &static_cast<Json*>(engage(s).at)->text;
    raw_->clear(), raw_depth_ = 0;
    raw_max_ = s.rules && s.rules->max ? s.rules->max : kMaxRaw;
  }
  bool raw_put(std::string_view text) {
    if (raw_->size() + text.size() > raw_max_) return fail("is longer than " + std::to_string(raw_max_) + " bytes");
    *raw_ += text;
    return true;
  }
  bool raw_comma() {
    const char last = raw_->empty() ? '[' : raw_->back();
    return last == '[' || last == '{' || last == ':' || raw_depth_ == 0 || raw_put(",");
  }
  bool raw_scalar(std::string_view text) {
    if (!raw_comma() || !raw_put(text)) return false;
    if (raw_depth_ == 0) raw_ = nullptr;
    return true;
  }
  bool raw_open(char bracket) {
    if (!raw_comma() || !raw_put({&bracket, 1})) return false;
    return ++raw_depth_ < kMaxDepth || fail("is nested too deeply");
  }
  bool raw_close(char bracket) {
    if (!raw_put({&bracket, 1})) return false;
    if (--raw_depth_ == 0) raw_ = nullptr;
    return true;
  }
  bool raw_key(std::string_view k) {
    std::string quoted;
    if (!raw_->empty() && raw_->back() != '{') quoted = ",";
    write_string(k, quoted);
    return raw_put(quoted + ':');
  }

  bool fail(std::string message) {
    std::string path;
    for (const Frame& f : stack_) {
      if (f.type->kind == Kind::list) path += '[' + std::to_string(f.count ? f.count - 1 : 0) + ']';
      else if (f.field) (path.empty() ? path : path += '.') += f.field->wire();
    }
    if (!extra_.empty()) (path.empty() ? path : path += '.') += extra_;
    error = {std::move(path), std::move(message)};
    return false;
  }

  const Type& root_;
  void* out_;
  Reading how_;
  std::uint64_t preset_;
  std::vector<Frame> stack_;
  std::string extra_;
  std::size_t skip_depth_ = 0, raw_depth_ = 0, raw_max_ = 0;
  bool skip_next_ = false;
  std::string* raw_ = nullptr;
};

struct Tokens {  // the parser's events to the Reader's
  static constexpr std::size_t max_object_size = 4096, max_array_size = 100000, max_key_size = 1024, max_string_size = 1 << 20;
  using Ec = bj::error_code;
  Reader& r;
  std::string part;
  explicit Tokens(Reader& reader) : r(reader) {}
  bool to(bool ok, Ec& ec) {
    part.clear();
    if (!ok) ec = bj::error::syntax;
    return ok;
  }
  std::string_view whole(bj::string_view v) {
    if (part.empty()) return {v.data(), v.size()};
    part.append(v.data(), v.size());
    return part;
  }
  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_object_begin(Ec& e) { return to(r.open(Kind::record, '{'), e); }
  bool on_object_end(std::size_t, Ec& e) { return to(r.close('}'), e); }
  bool on_array_begin(Ec& e) { return to(r.open(Kind::list, '['), e); }
  bool on_array_end(std::size_t, Ec& e) { return to(r.close(']'), e); }
  bool on_key_part(bj::string_view v, std::size_t, Ec&) { return part.append(v.data(), v.size()), true; }
  bool on_key(bj::string_view v, std::size_t, Ec& e) { return to(r.key(whole(v)), e); }
  bool on_string_part(bj::string_view v, std::size_t, Ec&) { return part.append(v.data(), v.size()), true; }
  bool on_string(bj::string_view v, std::size_t, Ec& e) { return to(r.string(whole(v)), e); }
  bool on_number_part(bj::string_view v, Ec&) { return part.append(v.data(), v.size()), true; }
  bool on_int64(std::int64_t n, bj::string_view v, Ec& e) { return to(r.number(n, whole(v)), e); }
  bool on_uint64(std::uint64_t n, bj::string_view v, Ec& e) { return to(n <= INT64_MAX ? r.number(static_cast<std::int64_t>(n), whole(v)) : r.not_integer(whole(v)), e); }
  bool on_double(double, bj::string_view v, Ec& e) { return to(r.not_integer(whole(v)), e); }
  bool on_bool(bool v, Ec& e) { return to(r.boolean(v), e); }
  bool on_null(Ec& e) { return to(r.null(), e); }
  bool on_comment_part(bj::string_view, Ec&) { return true; }
  bool on_comment(bj::string_view, Ec&) { return true; }
};
}  // namespace

std::optional<ReadError> read_json(std::string_view text, const Type& type, void* out, Reading how, std::uint64_t preset) {
  Reader reader(type, out, how, preset);
  bj::parse_options options;
  options.max_depth = 2 * kMaxDepth;
  bj::basic_parser<Tokens> parser(options, reader);
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used == text.size()) return std::nullopt;
  if (!reader.error.message.empty()) return reader.error;
  if (ec == bj::error::too_deep) return ReadError{"", "is nested too deeply"};
  return ReadError{"", "not valid JSON at byte " + std::to_string(used)};
}

bool read_scalar(std::string_view text, const Field& field, void* record, std::string& why) {
  const Type* t = field.type;
  void* at = static_cast<char*>(record) + field.offset;
  while (t->kind == Kind::maybe) at = t->add(at), t = t->item;
  if (t->kind == Kind::boolean) {
    if (text != "true" && text != "false") return why = "must be true or false", false;
    return *static_cast<bool*>(at) = text == "true", true;
  }
  if (t->kind == Kind::integer) {
    std::int64_t n = 0;
    const bool negative = !text.empty() && text[0] == '-';
    const auto digits = text.substr(negative);
    if (digits.empty() || digits.size() > 16 || digits.find_first_not_of("0123456789") != digits.npos) return why = "must be an integer", false;
    for (const char c : digits) n = n * 10 + (c - '0');
    why = store_number(negative ? -n : n, *t, field.rules, at);
    return why.empty();
  }
  why = store_text(text, *t, field.rules, at, Reading::strict);
  return why.empty();
}

}  // namespace fechatter
