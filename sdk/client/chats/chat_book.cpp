#include "sdk/client/chats/chat_book.hpp"
#include <algorithm>
#include "sdk/core/reads/reads.hpp"

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

void ChatBook::load() {
  chats_.clear();
  load_people();
  std::set<ChatId> all;
  for (const auto& [id, s] : desk_.cache->chats()) all.insert(id);
  for (const OutboxRow& row : desk_.local->entries()) all.insert(row.chat_id);
  update(all);
}

void ChatBook::load_people() {
  people_.clear();
  for (const auto& u : rows_of<UserRow>(desk_.cache->db().statement("select * from users"))) people_[u->id] = u->name;
}

std::string ChatBook::name_of(UserId id) const {
  const auto it = people_.find(id);
  return it == people_.end() ? std::string{} : it->second;
}

std::int64_t ChatBook::read_seq(ChatId chat) const {
  const auto row = desk_.cache->rows().get<ReadMarkRow>(desk_.self(), chat);
  return row ? row->read_seq : 0;
}

void ChatBook::update(const std::set<ChatId>& changed) {
  if (changed.empty()) return;
  const auto queued = desk_.local->entries();
  for (const ChatId& id : changed) {
    if (auto s = summary(id, queued)) chats_[id] = std::move(*s);
    else chats_.erase(id);
  }
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
  out->mentions = (out->read_seq >= s->sync.mentions_seq ? 0 : s->sync.mentions) +
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

std::vector<ChatSummary> ChatBook::list() const {
  std::vector<ChatSummary> out;
  out.reserve(chats_.size());
  for (const auto& [id, c] : chats_) out.push_back(c), out.back().name = display_name(c);
  std::sort(out.begin(), out.end(), [](const ChatSummary& a, const ChatSummary& b) { return a.last_at != b.last_at ? a.last_at > b.last_at : a.id < b.id; });
  return out;
}

Result<ChatId> ChatBook::find(const std::string& text) const {
  if (const auto id = ChatId::parse(text); id && chats_.contains(*id)) return *id;
  const std::string wanted = lower(!text.empty() && (text[0] == '#' || text[0] == '@') ? text.substr(1) : text);
  std::optional<ChatId> found;
  for (const auto& [id, c] : chats_) {
    if (lower(display_name(c)) != wanted) continue;
    if (found) return Error{Code::conflict, "several chats are called " + text, "name"};
    found = id;
  }
  if (found) return *found;
  return Error{Code::not_found, "no chat is called " + text, "name"};
}

void ChatBook::publish() {
  std::erase_if(views, [](const auto& v) { return v.expired(); });
  if (views.empty()) return;
  const auto now = list();
  for (const auto& v : views)
    if (const auto view = v.lock()) desk_.to_app(view->publish(now));
}

}  // namespace fechatter
