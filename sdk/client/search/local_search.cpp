#include "sdk/client/search/local_search.hpp"
#include <algorithm>
#include "sdk/client/search/held_index.hpp"
#include "sdk/client/timeline/message.hpp"
#include "sdk/core/text/query.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kScanned = 20000;  // rows looked at for one query

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// What from: or in: ask, as ids: one of `some`, if any was named, and none of `none`.
template <class I> struct Named {
  bool asked = false;
  std::set<I> some, none;
  bool allows(const I& id) const { return !none.contains(id) && (!asked || some.contains(id)); }
};
template <class I> Result<Named<I>> resolve(Cache& cache, const std::vector<text::Name>& names, std::string_view called) {
  Named<I> out;
  for (const text::Name& n : names) {
    out.asked |= !n.negated;
    auto& ids = n.negated ? out.none : out.some;
    if (const auto id = I::parse(n.text)) ids.insert(*id);
    auto s = cache.db().statement(called);
    if (!s) return s.error();
    s->bind(1, std::string_view(lower(n.text)));
    for (auto more = s->step(); more && *more; more = s->step()) ids.insert(s->template id<I>(0));
    s->reset();
  }
  return out;
}

struct Wanted {
  text::Query query;
  Named<UserId> from;
  Named<ChatId> in;
  bool nothing() const { return query.empty() || text::contradicts_itself(query) || (from.asked && from.some.empty()) || (in.asked && in.some.empty()); }
};
Result<Wanted> read(Desk& desk, const std::string& text) {
  auto query = text::parse_query(text);
  if (!query) return query.error();
  for (text::Name& n : query->from)
    if (n.text == "me") n.text = desk.self().str();
  auto from = resolve<UserId>(*desk.cache, query->from, "select id from users where lower(name)=?1");
  if (!from) return from.error();
  auto in = resolve<ChatId>(*desk.cache, query->in, embedded_sql("cache/chats_called"));
  if (!in) return in.error();
  return Wanted{std::move(*query), std::move(*from), std::move(*in)};
}

std::string quoted(const std::string& mark) { return '"' + mark + '"'; }
template <class I> std::string one_of(const std::set<I>& ids, std::string (*mark)(I)) {
  std::string list;
  for (const I& id : ids) list += (list.empty() ? "(" : " OR ") + quoted(mark(id));
  return list + ')';
}
// All that the index can say; what it finds is looked at again. Where no word and no mark is asked for, everything is.
std::string match_of(const Wanted& w) {
  const text::Traits& with = w.query.with;
  const std::string words = text::fts_match(w.query), unwanted = text::fts_exclude(w.query);
  std::string all;
  const auto ask = [&](bool asked, const std::string& part) {
    if (asked) all += (all.empty() ? "" : " AND ") + part;
  };
  ask(!words.empty(), '(' + words + ')');
  ask(w.in.asked, one_of(w.in.some, chat_mark));
  ask(w.from.asked, one_of(w.from.some, author_mark));
  ask(with.link, quoted(mark::link));
  ask(with.reaction, quoted(mark::reaction));
  ask(with.mention, quoted(mark::mention));
  ask(with.reply || with.thread, quoted(mark::reply));
  ask(with.edited, quoted(mark::edited));
  ask(all.empty(), quoted(everything_mark()));
  return words.empty() && !unwanted.empty() ? '(' + all + ") NOT (" + unwanted + ')' : all;
}

class Search {
 public:
  Search(Desk& desk, Wanted wanted) : desk_(desk), wanted_(std::move(wanted)) {}

  // Places are ordered to the second: those of one second are all looked at, and ordered here.
  Result<std::vector<SearchHit>> run(std::size_t limit) {
    auto places = ready();
    auto rows = desk_.cache->db().statement("select * from messages where rowid=?1");
    if (!places || !rows) return places ? rows.error() : places.error();
    std::int64_t second = -1;
    for (std::size_t n = 0; n < kScanned; ++n) {
      const auto more = places->step();
      if (!more) return failed(more.error());
      if (!*more) break;
      const std::int64_t place = places->integer(0);
      if (hits_.size() >= limit && place >> kRowBits != second) break;
      second = place >> kRowBits;
      if (misread(places->integer(1) != 0)) continue;
      const auto row = rows->bind(1, place & kRows).step();
      if (!row) return places->reset(), failed(row.error());
      if (*row) look_at(*std::static_pointer_cast<const MessageRow>(read_row(*rows, type_of<MessageRow>)));
      rows->reset();
    }
    places->reset();
    std::sort(hits_.begin(), hits_.end(), [](const SearchHit& a, const SearchHit& b) {
      const Message &x = a.message, &y = b.message;
      return x.created_at != y.created_at ? x.created_at > y.created_at : x.id > y.id;
    });
    if (hits_.size() > limit) hits_.resize(limit);
    return std::move(hits_);
  }

 private:
  Error failed(const Error& e) {
    desk_.failed(e);  // a damaged file is built anew
    return e;
  }
  Result<Statement> ready() {
    auto s = desk_.cache->db().statement(embedded_sql("cache/search"));
    if (!s) return s;
    const text::Query& q = wanted_.query;
    s->bind(1, std::string_view(match_of(wanted_)));
    s->bind(2, q.before ? last_place(*q.before) + 1 : 0).bind(3, q.after ? last_place(*q.after) : INT64_MAX);
    if (q.with.unread || q.without.unread) s->bind(4, desk_.self());
    return s;
  }

  // Read where is:unread asks, or unread where it does not want that.
  bool misread(bool unread) const {
    const text::Query& q = wanted_.query;
    return unread ? q.without.unread : q.with.unread;
  }

  void look_at(const MessageRow& m) {
    const text::Query& q = wanted_.query;
    text::Traits t;
    t.link = (q.with.link || q.without.link) && text::has_link(m.body);
    t.unread = q.with.unread;  // as asked, see misread()
    t.reaction = !m.reactions.empty(), t.mention = !m.mentions.empty() || m.mentions_everyone;
    t.reply = t.thread = m.reply_to.has_value(), t.edited = m.edited_at.has_value();
    if (!wanted_.from.allows(m.author_id) || !wanted_.in.allows(m.chat_id) || !text::matches(q, m.body, m.created_at, t)) return;
    if (t.reaction && !mine_.contains(m.chat_id)) mine_[m.chat_id] = own_reactions(*desk_.cache, m.chat_id, desk_.self());
    SearchHit hit{message_of(m, mine_[m.chat_id]), {}};
    for (const auto& h : text::highlights(q, m.body)) hit.highlights.push_back({h.begin, h.end});
    hits_.push_back(std::move(hit));
  }

  Desk& desk_;
  Wanted wanted_;
  std::map<ChatId, OwnReactions> mine_;
  std::vector<SearchHit> hits_;
};
}  // namespace

Result<std::vector<SearchHit>> search_held(Desk& desk, const std::string& text, std::size_t limit) {
  auto wanted = read(desk, text);
  if (!wanted) return wanted.error();
  if (wanted->nothing()) return std::vector<SearchHit>{};
  return Search(desk, std::move(*wanted)).run(limit);
}

}  // namespace fechatter
