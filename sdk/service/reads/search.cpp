// Search over everything the asker may read: GET /search. The index finds candidates; the query language decides.
#include <algorithm>
#include <map>
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/text/query.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
// Candidates of each round: few for what the database decides alone, then more for what only the text tells. After the last round the
// page ends where it stands, and `next` goes on behind it.
constexpr std::int64_t kRounds[] = {200, 1000, 1000};

struct Names {
  std::vector<UserId> from, not_from;
  std::vector<ChatId> in, not_in;
  bool nobody = false;  // a wanted name that nothing has
};
// What all the names stand for, by the folded name: one query, since it may have to look at everybody.
template <class Row, class I>
Result<std::multimap<std::string, I>> find_named(ReadContext& x, std::string_view query, const std::vector<text::Name>& names) {
  std::vector<std::string> folded;
  for (const auto& name : names)
    if (!I::parse(name.text)) folded.push_back(text::fold(name.text));
  std::multimap<std::string, I> found;
  if (folded.empty()) return found;
  auto rows = x.db.rows<Row>(query, {value(x.actor), json_list(folded)});
  if (!rows) return rows.error();
  for (const auto& row : *rows) found.emplace(text::fold(row->name), row->id);
  return found;
}
template <class Row, class I>
Result<Done> resolve(ReadContext& x, std::string_view query, const std::vector<text::Name>& names, std::vector<I>& yes, std::vector<I>& no, bool& nobody) {
  const auto found = find_named<Row, I>(x, query, names);
  if (!found) return found.error();
  for (const auto& name : names) {
    auto& list = name.negated ? no : yes;
    if (auto id = I::parse(name.text)) {
      list.push_back(*id);
      continue;
    }
    auto [it, end] = found->equal_range(text::fold(name.text));
    nobody |= it == end && !name.negated;
    for (; it != end; ++it) list.push_back(it->second);
  }
  return Done{};
}
Result<Names> resolve(ReadContext& x, const text::Query& q) {
  Names n;
  if (auto done = resolve<UserRow>(x, "users_named", q.from, n.from, n.not_from, n.nobody); !done) return done.error();
  if (auto done = resolve<ChatRow>(x, "chats_named", q.in, n.in, n.not_in, n.nobody); !done) return done.error();
  return n;
}

// Read or unread was the database's matter.
text::Traits traits_of(const MessageRow& m, bool unread) {
  text::Traits t;
  t.unread = unread;
  t.link = text::has_link(m.body), t.reaction = !m.reactions.empty(), t.mention = !m.mentions.empty() || m.mentions_everyone;
  t.reply = t.thread = m.reply_to.has_value(), t.edited = m.edited_at.has_value();
  return t;
}
bool wanted(const MessageRow& m, const text::Query& q) { return text::matches(q, m.body, m.created_at, traits_of(m, q.with.unread)); }

// A list of ids as a text that SQL can look into.
template <class I> Value hex_list(const std::vector<I>& ids) {
  if (ids.empty()) return {};
  std::string list;
  for (const I& id : ids) {
    for (const char c : id.str())
      if (c != '-') list += c >= 'a' ? static_cast<char>(c - 32) : c;
    list += ',';
  }
  return value(std::move(list));
}

Result<std::vector<std::shared_ptr<const MessageRow>>> candidates(ReadContext& x, const SearchParams& p, const text::Query& q, const Names& n,
                                                                  const Place& from, std::int64_t limit) {
  const std::string match = text::fts_match(q);
  const auto flag = [](bool b) { return value(std::int64_t{b}); };
  const auto time = [](const std::optional<Time>& t) { return t ? value(t->ms) : Value{}; };
  const Value unread = q.with.unread || q.without.unread ? flag(q.with.unread) : Value{};
  return x.db.rows<MessageRow>(
      match.empty() ? "search_by_operators" : "search_messages",
      {value(x.actor), match.empty() ? Value{} : value(match), p.workspace_id ? value(*p.workspace_id) : Value{}, time(q.before), time(q.after), from.at,
       from.id, value(limit), flag(q.with.link), flag(q.with.reaction), flag(q.with.mention), flag(q.with.reply || q.with.thread), flag(q.with.edited),
       hex_list(n.from), hex_list(n.in), hex_list(n.not_from), hex_list(n.not_in), unread});
}
Result<SearchItem> item_of(ReadContext& x, const MessageRow& m, const text::Query& q) {
  std::vector<MessageView> one{view_of(m)};
  if (auto done = mark_mine(x, m.chat_id, one); !done) return done.error();
  SearchItem item{std::move(one.front()), m.chat_id, {}};
  for (const auto& h : text::highlights(q, m.body)) item.highlights.push_back({static_cast<std::int64_t>(h.begin), static_cast<std::int64_t>(h.end)});
  return item;
}
// Those of the candidates that are hits, until the page has one more than it shows.
Result<Done> take(ReadContext& x, const text::Query& q, const std::vector<std::shared_ptr<const MessageRow>>& rows,
                  std::vector<std::shared_ptr<const SearchItem>>& items) {
  for (const auto& m : rows) {
    if (static_cast<std::int64_t>(items.size()) > x.page.limit) break;
    if (!wanted(*m, q)) continue;
    auto item = item_of(x, *m, q);
    if (!item) return item.error();
    items.push_back(std::make_shared<SearchItem>(std::move(*item)));
  }
  return Done{};
}
}  // namespace

Answer read_search(ReadContext& x, const void* params) {
  const auto& p = *static_cast<const SearchParams*>(params);
  auto q = text::parse_query(p.q);
  if (!q) return q.error();
  if (q->empty()) return Error{Code::invalid_argument, "asks for nothing", "q"};
  auto names = resolve(x, *q);
  if (!names) return names.error();
  auto place = page_place(x.page);
  if (!place) return place.error();
  std::vector<std::shared_ptr<const SearchItem>> items;
  std::string behind;
  for (const std::int64_t round : kRounds) {
    if (names->nobody || static_cast<std::int64_t>(items.size()) > x.page.limit) break;
    auto rows = candidates(x, p, *q, *names, *place, round);
    if (!rows) return rows.error();
    if (auto done = take(x, *q, *rows, items); !done) return done.error();
    behind.clear();
    if (static_cast<std::int64_t>(rows->size()) < round) break;
    const MessageRow& last = *rows->back();
    place = Place{value(last.created_at.ms), value(last.id)}, behind = place_text(last.created_at, id_cast<AnyId>(last.id));
  }
  const auto key = [](const SearchItem& i) { return place_text(i.message.created_at, id_cast<AnyId>(i.message.id)); };
  return listing(std::move(items), x.page, key, behind);
}

}  // namespace fechatter
