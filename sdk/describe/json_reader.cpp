#include "sdk/describe/json_reader.hpp"
#include <algorithm>
#include <utility>
#include "sdk/describe/scalar.hpp"

namespace fechatter {
namespace {
constexpr std::uint32_t kMaxItems = 10000, kMaxRaw = 256 * 1024;
constexpr std::size_t kMaxFields = 64, kMaxShownKey = 64;
constexpr Rules kNoRules;

// The front of a key for an error's path, cut between two characters.
std::string shown(std::string_view key) {
  std::size_t n = std::min(key.size(), kMaxShownKey);
  while (n < key.size() && n > 0 && (static_cast<unsigned char>(key[n]) & 0xc0) == 0x80) --n;
  return std::string(key.substr(0, n));
}
}  // namespace

JsonReader::JsonReader(const Type& root, void* out, Reading how, std::uint64_t preset) : root_(root), out_(out), how_(how), preset_(preset) {
  stack_.reserve(8);
}

bool JsonReader::null() {
  if (raw_.active()) return settle(raw_.scalar("null"));
  if (skipping()) return true;
  const bool root = stack_.empty();
  Slot s;
  if (!slot(s)) return false;
  if (s.type->kind == Kind::json) return begin_raw(s), settle(raw_.scalar("null"));
  if (s.type->kind == Kind::maybe) return s.type->clear(s.at), true;
  return (how_ == Reading::tolerant && !root) || fail("must not be null");
}

bool JsonReader::boolean(bool v) {
  return value([&] { return raw_.scalar(v ? "true" : "false"); },
               [&](const Slot& s) -> std::string {
                 if (s.type->kind != Kind::boolean) return "must be " + std::string(wanted(*s.type));
                 return *static_cast<bool*>(s.at) = v, "";
               });
}
bool JsonReader::number(std::int64_t v, std::string_view text) {
  return value([&] { return raw_.scalar(text); }, [&](const Slot& s) { return store_number(v, *s.type, *s.rules, s.at); });
}
bool JsonReader::other_number(double v, std::string_view text) {
  const bool whole = text.find_first_of(".eE") == text.npos;
  return value([&] { return raw_.number(v, text); },
               [&](const Slot& s) -> std::string {
                 const bool integer = s.type->kind == Kind::integer || s.type->kind == Kind::position;
                 return integer && whole ? "is out of range" : "must be " + std::string(wanted(*s.type));
               });
}
bool JsonReader::string(std::string_view v) {
  if (how_ == Reading::tolerant && !raw_.active() && skipped_ == 0 && !skip_next_) {
    // A newer peer's choice: nothing is made for it, so that a member keeps its default and a list has no item that nobody sent.
    const Type& t = inner(*expected());
    if (t.kind == Kind::choice && !choice_of(t, v)) return true;
  }
  return value([&] { return raw_.string(v); }, [&](const Slot& s) { return store_text(v, *s.type, *s.rules, s.at, how_); });
}

bool JsonReader::open(Kind kind, char bracket) {
  if (++depth_ > kMaxDepth) return fail("is nested too deeply");
  if (raw_.active()) return settle(raw_.open(bracket));
  if (skipping()) return ++skipped_, true;
  const std::uint64_t seen = stack_.empty() ? preset_ : 0;
  Slot s;
  if (!slot(s)) return false;
  s = engage(s);
  if (s.type->kind == Kind::json) return begin_raw(s), settle(raw_.open(bracket));
  if (s.type->kind != kind) return fail("must be " + std::string(wanted(*s.type)));
  if (s.type->fields.size() > kMaxFields) return fail("has more fields than can be read");
  if (kind == Kind::list) s.type->clear(s.at);
  stack_.push_back({s.type, s.at, s.rules, seen});
  return true;
}

bool JsonReader::close(char bracket) {
  --depth_;
  if (raw_.active()) return settle(raw_.close(bracket));
  if (skipped_ > 0) return --skipped_, true;
  Frame& f = stack_.back();
  if (how_ == Reading::strict && missing(f)) return fail("is missing");
  const bool few = how_ == Reading::strict && f.type->kind == Kind::list && f.count < f.rules->min;
  stack_.pop_back();
  return !few || fail("has too few items");
}
bool JsonReader::missing(Frame& f) {
  for (std::size_t i = 0; i < f.type->fields.size(); ++i) {
    const Field& c = f.type->fields[i];
    if (f.seen >> i & 1 || c.type->kind == Kind::maybe || c.rules.defaulted || c.rules.internal) continue;
    f.field = nullptr, extra_ = c.wire();
    return true;
  }
  return false;
}

bool JsonReader::key(std::string_view k) {
  if (raw_.active()) return settle(raw_.key(k));
  if (skipped_ > 0) return true;
  Frame& f = stack_.back();
  f.field = nullptr;
  const auto fields = f.type->fields;
  for (std::size_t n = 0; n < fields.size(); ++n) {
    const std::size_t i = (f.next + n) % fields.size();  // peers write in our order: the first try hits
    const Field& c = fields[i];
    if (c.wire() != k) continue;
    if (c.rules.internal && how_ == Reading::strict) break;
    if (stack_.size() == 1 && preset_ >> i & 1) break;
    f.field = &c;
    if (f.seen >> i & 1 && how_ == Reading::strict) return fail("is given twice");
    f.next = i + 1, f.seen |= std::uint64_t{1} << i;
    return true;
  }
  if (how_ == Reading::strict) return extra_ = shown(k), fail("is not a known field");
  return skip_next_ = true;
}

// One value that is no object and no array: skipped, passed through, or checked and stored.
template <class Raw, class Store> bool JsonReader::value(Raw raw, Store store) {
  if (raw_.active()) return settle(raw());
  if (skipping()) return true;
  Slot s;
  if (!slot(s)) return false;
  s = engage(s);
  if (s.type->kind == Kind::json) return begin_raw(s), settle(raw());
  return settle(store(s));
}

bool JsonReader::skipping() { return skipped_ > 0 || std::exchange(skip_next_, false); }

// Where the next value goes; a list grows by it.
bool JsonReader::slot(Slot& s) {
  if (stack_.empty()) return s = {&root_, out_, &kNoRules}, true;
  Frame& f = stack_.back();
  if (f.type->kind != Kind::list) return s = {f.field->type, static_cast<char*>(f.at) + f.field->offset, &f.field->rules}, true;
  const std::uint32_t max = f.rules->max ? f.rules->max : kMaxItems;
  if (++f.count > max) return fail("has more than " + std::to_string(max) + " items");
  return s = {f.type->item, f.type->add(f.at), &kNoRules}, true;
}
const Type* JsonReader::expected() const {
  if (stack_.empty()) return &root_;
  const Frame& f = stack_.back();
  return f.type->kind == Kind::list ? f.type->item : f.field->type;
}
JsonReader::Slot JsonReader::engage(Slot s) {
  while (s.type->kind == Kind::maybe) s = {s.type->item, s.type->add(s.at), s.rules};
  return s;
}
void JsonReader::begin_raw(const Slot& s) { raw_.begin(static_cast<Json*>(s.at)->text, s.rules->max ? s.rules->max : kMaxRaw); }

bool JsonReader::fail(std::string message) {
  std::string path;
  for (const Frame& f : stack_) {
    if (f.type->kind == Kind::list) path += '[' + std::to_string(f.count ? f.count - 1 : 0) + ']';
    else if (f.field) (path.empty() ? path : path += '.') += f.field->wire();
  }
  if (!extra_.empty()) (path.empty() ? path : path += '.') += extra_;
  error = {std::move(path), std::move(message)};
  return false;
}

}  // namespace fechatter
