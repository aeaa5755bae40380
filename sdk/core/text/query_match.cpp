// What a query means: as an FTS5 expression, and by itself over the tokens of a body.
#include <algorithm>

#include "sdk/core/text/markdown.hpp"
#include "sdk/core/text/query.hpp"
#include "sdk/core/text/tokens.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

std::string alternatives(const Query& q, bool negated, std::string_view between) {
  std::string out;
  for (const Term& term : q.terms) {
    if (term.negated != negated) continue;
    const std::string tokens = index_text(term.text);
    if (tokens.empty()) continue;
    if (!out.empty()) out += between;
    out += '"' + tokens + (term.prefix ? "\"*" : "\"");  // tokens hold no quotes
  }
  return out;
}

// A term's tokens one behind the other, the last one perhaps only as a start.
bool stands_at(const std::vector<Token>& body, std::size_t at, const std::vector<Token>& term, bool prefix) {
  if (term.size() > body.size() - at) return false;
  for (std::size_t i = 0; i < term.size(); ++i) {
    const std::string &have = body[at + i].text, &want = term[i].text;
    const bool same = prefix && i + 1 == term.size() ? have.compare(0, want.size(), want) == 0 : have == want;
    if (!same) return false;
  }
  return true;
}

bool contains(const std::vector<Token>& body, const Term& term) {
  const auto tokens = tokenise(term.text);
  if (tokens.empty()) return false;
  for (std::size_t at = 0; at < body.size(); ++at)
    if (stands_at(body, at, tokens, term.prefix)) return true;
  return false;
}

bool all_of(const Traits& asked, const Traits& t) {
  return (!asked.link || t.link) && (!asked.reaction || t.reaction) && (!asked.mention || t.mention) && (!asked.reply || t.reply) &&
      (!asked.edited || t.edited) && (!asked.unread || t.unread) && (!asked.thread || t.thread);
}
bool any_of(const Traits& a, const Traits& b) {
  return (a.link && b.link) || (a.reaction && b.reaction) || (a.mention && b.mention) || (a.reply && b.reply) || (a.edited && b.edited) ||
      (a.unread && b.unread) || (a.thread && b.thread);
}

bool links(const Node& node) {
  if (node.kind == Node::Kind::link && fold(node.info).starts_with("http")) return true;
  return std::any_of(node.children.begin(), node.children.end(), links);
}

}  // namespace

std::string fts_exclude(const Query& q) { return alternatives(q, true, " OR "); }

std::string fts_match(const Query& q) {
  const std::string wanted = alternatives(q, false, " AND ");
  const std::string unwanted = fts_exclude(q);
  if (wanted.empty() || unwanted.empty()) return wanted;
  return "(" + wanted + ") NOT (" + unwanted + ")";
}

bool matches(const Query& q, std::string_view body) {
  const auto tokens = tokenise(body);
  return std::all_of(q.terms.begin(), q.terms.end(), [&](const Term& t) { return contains(tokens, t) != t.negated; });
}

// The last word of a positive prefix may go on, and then be another one.
bool contradicts_itself(const Query& q) {
  Query unwanted;
  for (const Term& t : q.terms)
    if (t.negated) unwanted.terms.push_back(t);
  return std::any_of(q.terms.begin(), q.terms.end(), [&](const Term& t) { return !t.negated && !t.prefix && !matches(unwanted, t.text); });
}

bool matches(const Query& q, std::string_view body, Time created_at, const Traits& traits) {
  if ((q.before && created_at >= *q.before) || (q.after && created_at < *q.after)) return false;
  return all_of(q.with, traits) && !any_of(q.without, traits) && matches(q, body);
}

bool has_link(std::string_view body) { return links(parse_markdown(body)); }

std::vector<Highlight> highlights(const Query& q, std::string_view body) {
  const auto tokens = tokenise(body);
  std::vector<Highlight> found;
  for (const Term& term : q.terms) {
    const auto wanted = tokenise(term.text);
    if (term.negated || wanted.empty()) continue;
    for (std::size_t at = 0; at < tokens.size(); ++at)
      if (stands_at(tokens, at, wanted, term.prefix)) found.push_back({tokens[at].begin, tokens[at + wanted.size() - 1].end});
  }
  std::sort(found.begin(), found.end(), [](const Highlight& a, const Highlight& b) { return a.begin < b.begin; });
  std::vector<Highlight> merged;
  for (const Highlight& h : found) {
    if (!merged.empty() && h.begin < merged.back().end) merged.back().end = std::max(merged.back().end, h.end);
    else merged.push_back(h);
  }
  return merged;
}

}  // namespace fechatter::text
