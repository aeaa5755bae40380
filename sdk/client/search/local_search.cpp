#include "sdk/client/search/local_search.hpp"
#include <algorithm>
#include "sdk/client/timeline/message.hpp"
#include "sdk/core/text/query.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kScanned = 20000;  // rows looked at for one query

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
// One of the positive names, none of the negated ones.
bool named(const std::vector<text::Name>& names, const std::string& id, const std::string& name) {
  bool wanted = false, any = false;
  for (const text::Name& n : names) {
    const bool same = n.text == id || lower(n.text) == lower(name);
    if (n.negated && same) return false;
    any = any || !n.negated, wanted = wanted || (!n.negated && same);
  }
  return wanted || !any;
}
}  // namespace

Result<std::vector<SearchHit>> search_held(Desk& desk, const ChatBook& book, const std::string& text, std::size_t limit) {
  auto query = text::parse_query(text);
  if (!query) return query.error();
  std::vector<SearchHit> hits;
  if (query->empty()) return hits;
  for (text::Name& n : query->from)
    if (n.text == "me") n.text = desk.self().str();
  const std::string match = text::fts_match(*query);
  std::string sql = "select m.* from messages m ";
  sql += match.empty() ? "where m.deleted=0 " : "where m.deleted=0 and m.rowid in (select rowid from messages_text where messages_text match ?1) ";
  auto s = desk.cache->db().statement(sql + "order by m.created_at desc limit ?2");
  if (!s) return s.error();
  if (!match.empty()) s->bind(1, std::string_view(match));
  s->bind(2, static_cast<std::int64_t>(kScanned));
  std::map<ChatId, std::string> chats;
  const auto called = [&](ChatId id) -> const std::string& {
    const auto [it, first] = chats.try_emplace(id);
    if (first)
      if (const auto chat = book.find(id)) it->second = chat->name;
    return it->second;
  };
  std::map<ChatId, OwnReactions> mine;
  while (hits.size() < limit) {
    auto more = s->step();
    if (!more || !*more) break;
    const auto m = std::static_pointer_cast<const MessageRow>(read_row(*s, type_of<MessageRow>));
    text::Traits t;
    t.link = text::has_link(m->body), t.reaction = !m->reactions.empty(), t.mention = !m->mentions.empty() || m->mentions_everyone;
    t.reply = t.thread = m->reply_to.has_value(), t.edited = m->edited_at.has_value(), t.unread = m->seq > book.read_seq(m->chat_id);
    if (!text::matches(*query, m->body, m->created_at, t)) continue;
    if (!named(query->from, m->author_id.str(), book.name_of(m->author_id)) || !named(query->in, m->chat_id.str(), called(m->chat_id))) continue;
    if (!mine.contains(m->chat_id)) mine[m->chat_id] = own_reactions(*desk.cache, m->chat_id, desk.self());
    SearchHit hit{message_of(*m, mine[m->chat_id]), {}};
    for (const auto& h : text::highlights(*query, m->body)) hit.highlights.push_back({h.begin, h.end});
    hits.push_back(std::move(hit));
  }
  s->reset();
  return hits;
}

}  // namespace fechatter
