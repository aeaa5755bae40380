// The search language: from: in: before: after: on: has: is: "a phrase" -not prefix*. Grammar: docs/formats/search.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "fechatter/ids.hpp"
#include "fechatter/result.hpp"

namespace fechatter::text {

constexpr std::size_t kMaxQueryBytes = 512;
constexpr std::size_t kMaxQueryTerms = 32;  ///< words, phrases and operators together

/// Text to find. It has at least one token.
struct Term {
  std::string text;     ///< as typed, without quotes, minus and star
  bool phrase = false;  ///< it was quoted
  bool negated = false;
  bool prefix = false;  ///< its last word may go on
  bool operator==(const Term&) const = default;
};

/// A person or a chat as typed, without the leading @ or #: an id or a name, which the caller resolves.
struct Name {
  std::string text;
  bool negated = false;
  bool operator==(const Name&) const = default;
};

/// What has: and is: ask about a message.
struct Traits {
  bool link = false, reaction = false, mention = false, reply = false;  ///< has:
  bool edited = false, unread = false, thread = false;                  ///< is:
  bool any() const noexcept { return link || reaction || mention || reply || edited || unread || thread; }
  bool operator==(const Traits&) const = default;
};

struct Query {
  std::vector<Term> terms;     ///< all must hold
  std::vector<Name> from, in;  ///< one of the positive ones, none of the negated ones
  std::optional<Time> before;  ///< created_at < before, 00:00 UTC of a day
  std::optional<Time> after;   ///< created_at >= after, 00:00 UTC of a day: after:D is the day behind D
  Traits with, without;        ///< all of these, none of those
  /// Asks for nothing: the empty text, or punctuation only.
  bool empty() const noexcept { return terms.empty() && from.empty() && in.empty() && !before && !after && !with.any() && !without.any(); }
  bool operator==(const Query&) const = default;
};

/// invalid_argument, field "q": longer than kMaxQueryBytes, more than kMaxQueryTerms, or a known operator with a value it does not
/// take. Unknown operators ("foo:bar") are text. Broken UTF-8 is repaired.
Result<Query> parse_query(std::string_view text);

/// The positive terms and the negated ones as one FTS5 MATCH expression over index_text(); every token is quoted, so nothing a user
/// types is syntax. Empty without positive terms (FTS5 cannot say "all but"): then take fts_exclude().
std::string fts_match(const Query&);
/// A MATCH expression for what must not be found: `rowid not in (select rowid ... match ?)`. Empty without negated terms.
std::string fts_exclude(const Query&);

/// What the terms say about this text: the meaning that fts_match and fts_exclude together have in SQL.
bool matches(const Query&, std::string_view body);
/// With the days and the traits too. from: and in: are the caller's, who knows the names.
bool matches(const Query&, std::string_view body, Time created_at, const Traits&);

/// True where a word or phrase that must stand in the text has one in it that must not: nothing can be found.
bool contradicts_itself(const Query&);

/// True where a body holds an http or https link: what has:link asks.
bool has_link(std::string_view body);

/// Bytes [begin, end) of the body.
struct Highlight {
  std::size_t begin = 0, end = 0;
  bool operator==(const Highlight&) const = default;
};
/// Where the positive terms stand in the body: ascending, not overlapping, on code-point borders.
std::vector<Highlight> highlights(const Query&, std::string_view body);

}  // namespace fechatter::text
