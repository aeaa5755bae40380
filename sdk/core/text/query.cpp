// The parser of the search language; what a query means is in query_match.cpp.
#include "sdk/core/text/query.hpp"

#include <algorithm>
#include <array>

#include "sdk/core/text/tokens.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

Error bad(std::string message) { return {Code::invalid_argument, std::move(message), "q"}; }

// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's days_from_civil).
std::int64_t day_number(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const std::int64_t era = year / 400;  // years are 0 to 9999
  const unsigned of_era = static_cast<unsigned>(year - era * 400);
  const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// "2026-11-23" as days since 1970.
std::optional<std::int64_t> parse_day(std::string_view s) {
  if (s.size() != 10 || s[4] != '-' || s[7] != '-') return std::nullopt;
  unsigned parts[3] = {};
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (i == 4 || i == 7) continue;
    if (s[i] < '0' || s[i] > '9') return std::nullopt;
    unsigned& part = parts[i < 4 ? 0 : i < 7 ? 1 : 2];
    part = part * 10 + static_cast<unsigned>(s[i] - '0');
  }
  const auto [year, month, day] = parts;
  if (year < 1 || month < 1 || month > 12) return std::nullopt;
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > kDays[month - 1] + leap) return std::nullopt;
  return day_number(year, month, day);
}

// One word, phrase or operator:value as it stands in the query.
struct Item {
  std::string_view key;  // empty: a term
  std::string_view text;
  bool negated = false, quoted = false, prefix = false;
};

constexpr std::array<std::string_view, 7> kOperators = {"from", "in", "before", "after", "on", "has", "is"};

// Phones type quotes that curl.
std::string straighten(std::string text) {
  for (std::string_view curly : {"\u201C", "\u201D", "\u201E"})
    for (std::size_t at = 0; (at = text.find(curly, at)) != std::string::npos;) text.replace(at, curly.size(), "\"");
  return text;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool next(Item& item) {
    while (at_ < text_.size() && space()) at_ += decode(text_, at_).size;
    if (at_ == text_.size()) return false;
    item = {};
    if (text_[at_] == '-' && at_ + 1 < text_.size()) {
      ++at_;
      item.negated = !space();  // a lone dash is punctuation
    }
    if (!quoted(item)) word(item);
    return true;
  }

 private:
  bool space() const { return is_space(decode(text_, at_).value); }

  bool quoted(Item& item) {
    if (at_ == text_.size() || text_[at_] != '"') return false;
    const std::size_t begin = ++at_;
    const std::size_t end = std::min(text_.find('"', begin), text_.size());  // an open quote reaches to the end
    item.text = text_.substr(begin, end - begin);
    item.quoted = true;
    at_ = std::min(end + 1, text_.size());
    return true;
  }

  void word(Item& item) {
    const std::size_t begin = at_;
    for (; at_ < text_.size() && !space() && text_[at_] != '"'; at_ += decode(text_, at_).size) {
      if (text_[at_] != ':' || !item.key.empty()) continue;
      for (std::string_view name : kOperators)
        if (fold(text_.substr(begin, at_ - begin)) == name) item.key = name;
      if (!item.key.empty() && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        ++at_;
        quoted(item);
        return;
      }
    }
    item.text = text_.substr(begin, at_ - begin);
    if (!item.key.empty()) item.text.remove_prefix(item.key.size() + 1);
    if (item.key.empty() && item.text.size() > 1 && item.text.back() == '*') item.prefix = true, item.text.remove_suffix(1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Done> add_name(std::vector<Name>& names, const Item& item, std::string_view sigils) {
  std::string_view name = item.text;
  if (!name.empty() && sigils.find(name.front()) != sigils.npos) name.remove_prefix(1);
  if (name.empty()) return bad(std::string(item.key) + ": needs a name, as in " + (item.key == "from" ? "from:alice" : "in:general"));
  names.push_back({std::string(name), item.negated});
  return Done{};
}

Result<Done> add_day(Query& q, const Item& item) {
  const std::string key(item.key);
  if (item.negated) return bad("-" + key + ": does not exist; use the opposite operator");
  const auto day = parse_day(item.text);
  if (!day) return bad(key + ": needs a day, as in " + key + ":2026-11-23");
  const Time begin{*day * kDayMs}, end{begin.ms + kDayMs};
  if (key != "after") q.before = std::min(q.before.value_or(Time{INT64_MAX}), key == "on" ? end : begin);
  if (key != "before") q.after = std::max(q.after.value_or(Time{INT64_MIN}), key == "on" ? begin : end);
  return Done{};
}

struct TraitName {
  std::string_view key, value;
  bool Traits::* flag;
};
constexpr TraitName kTraits[] = {
    {"has", "link", &Traits::link},    {"has", "reaction", &Traits::reaction}, {"has", "mention", &Traits::mention}, {"has", "reply", &Traits::reply},
    {"is", "edited", &Traits::edited}, {"is", "unread", &Traits::unread},      {"is", "thread", &Traits::thread},
};

Result<Done> add_trait(Query& q, const Item& item) {
  Traits& traits = item.negated ? q.without : q.with;  // a name of its own: GCC 12 writes (a ? b : c).*m to a copy
  std::string known;
  const std::string value = fold(item.text);
  for (const TraitName& t : kTraits) {
    if (t.key != item.key) continue;
    if (t.value == value) {
      traits.*t.flag = true;
      return Done{};
    }
    known += (known.empty() ? "" : ", ") + std::string(t.value);
  }
  return bad(std::string(item.key) + ": takes " + known);
}

Result<Done> add(Query& q, const Item& item) {
  if (item.key == "from") return add_name(q.from, item, "@");
  if (item.key == "in") return add_name(q.in, item, "#@");
  if (item.key == "has" || item.key == "is") return add_trait(q, item);
  if (!item.key.empty()) return add_day(q, item);
  if (!tokenise(item.text).empty()) q.terms.push_back({std::string(item.text), item.quoted, item.negated, item.prefix});
  return Done{};
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  if (text.size() > kMaxQueryBytes) return bad("a query has at most " + std::to_string(kMaxQueryBytes) + " bytes");
  const std::string clean = straighten(repair(text));
  Scanner scanner(clean);
  Query query;
  Item item;
  for (std::size_t count = 0; scanner.next(item);) {
    if (++count > kMaxQueryTerms) return bad("a query has at most " + std::to_string(kMaxQueryTerms) + " words and operators");
    if (auto done = add(query, item); !done) return done.error();
  }
  return query;
}

}  // namespace fechatter::text
