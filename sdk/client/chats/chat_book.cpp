#include "sdk/client/chats/chat_book.hpp"
#include <algorithm>
#include "sdk/core/reads/reads.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
static_assert(static_cast<int>(ChatSummary::Kind::public_channel) == static_cast<int>(ChatKind::public_channel));
constexpr std::size_t kPreview = 120;

// The first bytes of a text, not cutting a character.
std::string preview(const std::string& body) {
  std::size_t n = std::min(body.size(), kPreview);
  while (n < body.size() && n > 0 && (static_cast<unsigned char>(body[n]) & 0xc0) == 0x80) --n;
  return body.substr(0, n);
}
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
ChatSummary summary_of(const ChatRow& c, const ChatSyncRow& sync) {
  ChatSummary out;
  out.id = c.id, out.workspace_id = c.workspace_id, out.kind = static_cast<ChatSummary::Kind>(c.kind);
  out.name = c.name, out.topic = c.topic, out.archived = c.archived, out.member_count = c.member_count;
  out.head_seq = std::max(c.head_seq, sync.known_seq), out.last_at = c.last_at, out.peer_id = sync.peer_id;
  return out;
}
// A chat that only this device knows of.
std::optional<ChatSummary> summary_of(const OutboxRow& row) {
  CreateChat c;
  if (row.method != "create_chat" || read_json(row.args, c, Reading::tolerant)) return std::nullopt;
  ChatSummary out;
  out.id = c.id, out.workspace_id = c.workspace_id, out.kind = static_cast<ChatSummary::Kind>(c.kind);
  out.name = c.name.value_or(""), out.topic = c.topic.value_or(""), out.last_at = row.created_at;
  out.member_count = static_cast<std::int32_t>(c.member_ids.size()) + 1;
  if (c.kind == ChatKind::direct && c.member_ids.size() == 1) out.peer_id = c.member_ids.front();
  return out;
}
}  // namespace

void ChatBook::forget() { met_.clear(), names_.clear(); }
void ChatBook::forget(const std::set<ChatId>& changed) {
  for (const ChatId& id : changed) met_.erase(id);
}

std::string ChatBook::name_of(UserId id) const {
  const auto it = names_.find(id);
  if (it != names_.end()) return it->second;
  const auto row = desk_.cache->rows().get<UserRow>(id);
  if (row) names_[id] = row->name;
  return row ? row->name : std::string{};
}

std::int64_t ChatBook::read_seq(ChatId chat) const {
  const auto row = desk_.cache->rows().get<ReadMarkRow>(desk_.self(), chat);
  return row ? row->read_seq : 0;
}

std::optional<ChatSummary> ChatBook::summary(ChatId id, const std::vector<OutboxRow>& queued) const {
  Cache& cache = *desk_.cache;
  const ChatState* s = cache.chat(id);
  const auto row = s ? cache.rows().get<ChatRow>(id) : nullptr;
  std::optional<ChatSummary> out;
  if (row) out = summary_of(*row, s->sync);
  for (const OutboxRow& q : queued) {
    if (q.chat_id != id) continue;
    if (!out) out = summary_of(q);
    if (out && q.method == "post_message") ++out->pending, out->preview.clear(), out->last_at = std::max(out->last_at, q.created_at);
  }
  if (!row) return out;
  out->read_seq = read_seq(id);
  out->unread = unread_count(out->head_seq, out->read_seq, s->sync.visible_from);
  const std::int64_t counted = std::max(out->read_seq, s->sync.mentions_seq);
  out->mentions = (out->read_seq >= s->sync.mentions_seq ? 0 : s->sync.mentions_told()) +
      cache.count("select count(distinct seq) from mentions where chat_id=?1 and user_id in (?2,zeroblob(16)) and seq>?3 and live=1", id, desk_.self(),
                  counted);
  if (const auto newest = cache.newest(id)) out->preview = preview(newest->body);
  return out;
}

std::string ChatBook::display_name(const ChatSummary& c) const {
  if (c.peer_id && c.kind == ChatSummary::Kind::direct)
    if (auto name = name_of(*c.peer_id); !name.empty()) return name;
  return c.name;
}

// Chats with something queued may stand higher than the file knows: they are always looked at.
Result<std::vector<ChatSummary>> ChatBook::list(std::size_t limit) {
  const auto queued = desk_.local->entries();
  std::set<ChatId> ids;
  for (const OutboxRow& q : queued) ids.insert(q.chat_id);
  auto newest = desk_.cache->db().statement("select id from chats order by last_at desc, id limit ?1");
  if (newest) newest->bind(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
  std::optional<Error> unread;
  for (const ChatId& id : ids_of(std::move(newest), &unread)) ids.insert(id);
  if (unread) return *unread;
  std::vector<ChatSummary> out;
  for (const ChatId& id : ids) {
    auto it = met_.find(id);
    if (it == met_.end()) {
      auto made = summary(id, queued);
      if (!made) continue;
      it = met_.emplace(id, std::move(*made)).first;
    }
    out.push_back(it->second), out.back().name = display_name(it->second);
  }
  std::sort(out.begin(), out.end(), [](const ChatSummary& a, const ChatSummary& b) { return a.last_at != b.last_at ? a.last_at > b.last_at : a.id < b.id; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

std::optional<ChatSummary> ChatBook::find(ChatId id) const {
  auto found = summary(id, desk_.local->entries());
  if (found) found->name = display_name(*found);
  return found;
}

Result<ChatId> ChatBook::find(const std::string& text) const {
  if (const auto id = ChatId::parse(text); id && find(*id)) return *id;
  const std::string wanted = lower(!text.empty() && (text[0] == '#' || text[0] == '@') ? text.substr(1) : text);
  auto named = desk_.cache->db().statement(embedded_sql("cache/chats_called"));
  if (named) named->bind(1, std::string_view(wanted));
  std::set<ChatId> found;
  std::optional<Error> unread;
  for (const ChatId& id : ids_of(std::move(named), &unread)) found.insert(id);
  if (unread) return *unread;
  for (const OutboxRow& q : desk_.local->entries())
    if (const auto made = summary_of(q); made && lower(display_name(*made)) == wanted) found.insert(made->id);
  if (found.size() > 1) return Error{Code::conflict, "several chats are called " + text, "name"};
  if (found.size() == 1) return *found.begin();
  return Error{Code::not_found, "no chat is called " + text, "name"};
}

void ChatBook::publish() {
  std::erase_if(views, [](const auto& v) { return v.expired(); });
  for (const auto& v : views)
    if (const auto view = v.lock()) publish(*view);
}

void ChatBook::publish(ChatWindow& window) {
  auto now = list(window.size + 1);
  if (!now) return desk_.failed(now.error());  // no list is a shorter one: what is shown stays
  window.complete = now->size() <= window.size;
  if (!window.complete) now->pop_back();
  window.peers.clear();
  for (const ChatSummary& c : *now)
    if (c.peer_id) window.peers.push_back(*c.peer_id);
  desk_.to_app(window.publish(std::move(*now)));
}

}  // namespace fechatter
