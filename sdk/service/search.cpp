// Search over everything the asker may read: GET /search. The index finds candidates; the query language decides.
#include <algorithm>
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/text/query.hpp"
#include "sdk/service/reads.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kCandidates = 200;
constexpr int kRounds = 25;  // of candidates: a bound for filters that the index does not know

struct Names {
  std::vector<UserId> from, not_from;
  std::vector<ChatId> in, not_in;
  bool nobody = false;  // a wanted name that nothing has
};
template <class I> bool holds(const std::vector<I>& list, const I& id) { return std::find(list.begin(), list.end(), id) != list.end(); }

template <class Row, class I>
Result<Done> resolve(ReadContext& x, std::string_view query, const std::vector<text::Name>& names, std::vector<I>& yes, std::vector<I>& no, bool& nobody) {
  for (const auto& name : names) {
    auto& list = name.negated ? no : yes;
    if (auto id = I::parse(name.text)) {
      list.push_back(*id);
      continue;
    }
    auto rows = x.db.rows<Row>(query, {value(x.actor), value(name.text)});
    if (!rows) return rows.error();
    for (const auto& row : *rows) list.push_back(row->id);
    nobody |= rows->empty() && !name.negated;
  }
  return Done{};
}
Result<Names> resolve(ReadContext& x, const text::Query& q) {
  Names n;
  if (auto done = resolve<UserRow>(x, "users_named", q.from, n.from, n.not_from, n.nobody); !done) return done.error();
  if (auto done = resolve<ChatRow>(x, "chats_named", q.in, n.in, n.not_in, n.nobody); !done) return done.error();
  return n;
}

text::Traits traits_of(const MessageRow& m) {
  text::Traits t;
  t.link = text::has_link(m.body), t.reaction = !m.reactions.empty(), t.mention = !m.mentions.empty() || m.mentions_everyone;
  t.reply = t.thread = m.reply_to.has_value(), t.edited = m.edited_at.has_value();
  return t;
}
bool wanted(const MessageRow& m, const text::Query& q, const Names& n) {
  if (!n.from.empty() && !holds(n.from, m.author_id)) return false;
  if (!n.in.empty() && !holds(n.in, m.chat_id)) return false;
  if (holds(n.not_from, m.author_id) || holds(n.not_in, m.chat_id)) return false;
  return text::matches(q, m.body, m.created_at, traits_of(m));
}

struct Place {  // of the last candidate looked at
  Value at, id;
};
std::optional<Place> place_of(const std::string& cursor) {
  if (cursor.empty()) return Place{};
  const auto dot = cursor.find('.');
  const auto id = dot == std::string::npos ? std::nullopt : MessageId::parse(std::string_view(cursor).substr(dot + 1));
  if (!id) return std::nullopt;
  return Place{value(static_cast<std::int64_t>(std::strtoll(cursor.c_str(), nullptr, 10))), value(*id)};
}
Result<std::vector<std::shared_ptr<const MessageRow>>> candidates(ReadContext& x, const SearchParams& p, const text::Query& q, const Names& n,
                                                                  const Place& from) {
  const std::string match = text::fts_match(q);
  const auto flag = [](bool b) { return value(std::int64_t{b}); };
  const auto time = [](const std::optional<Time>& t) { return t ? value(t->ms) : Value{}; };
  return x.db.rows<MessageRow>(match.empty() ? "search_by_operators" : "search_messages",
                               {value(x.actor), match.empty() ? Value{} : value(match), p.workspace_id ? value(*p.workspace_id) : Value{}, time(q.before),
                                time(q.after), from.at, from.id, value(kCandidates), flag(q.with.link), flag(q.with.reaction), flag(false), flag(q.with.reply),
                                flag(q.with.edited), n.from.size() == 1 ? value(n.from[0]) : Value{}, n.in.size() == 1 ? value(n.in[0]) : Value{}});
}
Result<SearchItem> item_of(ReadContext& x, const MessageRow& m, const text::Query& q) {
  std::vector<MessageView> one{view_of(m)};
  if (auto done = mark_mine(x, m.chat_id, one); !done) return done.error();
  SearchItem item{std::move(one.front()), m.chat_id, {}};
  for (const auto& h : text::highlights(q, m.body)) item.highlights.push_back({static_cast<std::int64_t>(h.begin), static_cast<std::int64_t>(h.end)});
  return item;
}
}  // namespace

Answer read_search(ReadContext& x, const void* params) {
  const auto& p = *static_cast<const SearchParams*>(params);
  auto q = text::parse_query(p.q);
  if (!q) return q.error();
  if (q->empty()) return Error{Code::invalid_argument, "asks for nothing", "q"};
  auto names = resolve(x, *q);
  if (!names) return names.error();
  auto place = place_of(x.page.cursor);
  if (!place) return Error{Code::invalid_argument, "is not a cursor of this list", "cursor"};
  std::vector<std::shared_ptr<const SearchItem>> items;
  for (int round = 0; round < kRounds && !names->nobody && static_cast<std::int64_t>(items.size()) <= x.page.limit; ++round) {
    auto rows = candidates(x, p, *q, *names, *place);
    if (!rows) return rows.error();
    for (const auto& m : *rows) {
      place = Place{value(m->created_at.ms), value(m->id)};
      if (!wanted(*m, *q, *names)) continue;
      auto item = item_of(x, *m, *q);
      if (!item) return item.error();
      items.push_back(std::make_shared<SearchItem>(std::move(*item)));
      if (static_cast<std::int64_t>(items.size()) > x.page.limit) break;
    }
    if (static_cast<std::int64_t>(rows->size()) < kCandidates) break;
  }
  return listing(std::move(items), x.page, [](const SearchItem& i) { return std::to_string(i.message.created_at.ms) + '.' + i.message.id.str(); });
}

}  // namespace fechatter
