// Whether a device shows what the server has.
#include <algorithm>
#include "sdk/client/client_impl.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/reads/reads.hpp"
#include "tests/sim/judge/membership.hpp"
#include "tests/sim/machines/server_node.hpp"
#include "tests/sim/people/device.hpp"

namespace fechatter::sim {
namespace {
std::string text(const Message& m) {
  std::string s = m.body + "|" + m.author_id.str() + "|" + std::to_string(m.rev) + "|" + std::to_string(m.deleted) + "|" + std::to_string(m.created_at.ms) +
      "|" + std::to_string(m.edited_at ? m.edited_at->ms : 0) + "|" + (m.reply_to ? m.reply_to->str() : "") + "|";
  for (const Reaction& r : m.reactions) s += r.emoji + std::to_string(r.count) + (r.mine ? "mine" : "");
  for (const UserId& u : m.mentions) s += u.str();
  return s + (m.mentions_everyone ? "!" : "");
}
Message message_from(const MessageRow& r, UserId user, WorkingSet& rows) {
  Message m{r.id, r.chat_id, r.seq, r.rev, r.author_id, r.body, r.reply_to, r.created_at, r.edited_at, r.deleted, {}, r.mentions, r.mentions_everyone};
  for (const ReactionCount& c : r.reactions) {
    const auto* own = rows.find<ReactionRow>(r.id, user, c.emoji);
    m.reactions.push_back({c.emoji, c.count, own && own->on});
  }
  return m;
}
}  // namespace

std::set<MessageId> Device::unsent(bool refused) const {
  std::set<MessageId> ids;
  client_->impl().core->with([&] {
    for (const OutboxRow& row : client_->impl().core->desk()->local->entries())
      if (row.failed >= refused && row.method == "post_message") ids.insert(row.target);
  });
  return ids;
}

std::set<MessageId> Device::waiting_changes() const {
  std::set<MessageId> ids;
  client_->impl().core->with([&] {
    for (const OutboxRow& row : client_->impl().core->desk()->local->entries())
      if (row.method == "edit_message" || row.method == "delete_message") ids.insert(row.target);
  });
  return ids;
}

std::string Device::compare_chat(Snapshot& db, ChatId id, const ChatSummary& shown) {
  WorkingSet rows(db);
  const auto* chat = rows.find<ChatRow>(id);
  const auto* member = rows.find<MemberRow>(id, user);
  const auto* mark = rows.find<ReadMarkRow>(user, id);
  const std::int64_t read = mark ? mark->read_seq : 0;
  if (shown.head_seq != chat->head_seq) return "shows head " + std::to_string(shown.head_seq) + " of " + std::to_string(chat->head_seq);
  if (shown.member_count != chat->member_count) return "counts " + std::to_string(shown.member_count) + " members of " + std::to_string(chat->member_count);
  if (shown.read_seq != read) return "has read up to " + std::to_string(shown.read_seq) + ", the server says " + std::to_string(read);
  if (shown.name != chat->name && shown.kind != ChatSummary::Kind::direct) return "is called \"" + shown.name + "\" and not \"" + chat->name + "\"";
  if (shown.topic != chat->topic || shown.archived != chat->archived) return "shows topic or state of before";
  ReadContext reading{db, user, {}, clock_.now(), {}, {}};
  if (const auto view = chat_view(reading, id); !view || !*view || (*view)->mentions != shown.mentions)
    return "counts " + std::to_string(shown.mentions) + " mentions" + (view && *view ? " of " + std::to_string((*view)->mentions) : "");
  if (shown.unread != unread_count(chat->head_seq, read, member->visible_from)) return "shows " + std::to_string(shown.unread) + " unread";
  auto written = db.rows<MessageRow>("messages_after", {value(id), value(std::int64_t{0}), value(member->visible_from), value(std::int64_t{100000})});
  std::map<std::int64_t, Message> truth;
  for (const auto& m : *written) truth.emplace(m->seq, message_from(*m, user, rows));
  std::size_t held = 0;
  for (const Message& m : client_->held(id)) {
    const auto it = truth.find(m.seq);
    if (it == truth.end()) return "holds a message " + std::to_string(m.seq) + " that is not for it";
    if (it->second.id != m.id || text(it->second) != text(m))
      return "holds at " + std::to_string(m.seq) + " \"" + text(m) + "\" instead of \"" + text(it->second) + "\"";
    ++held;
  }
  bool all = false;
  std::string ranges;
  client_->impl().core->with([&] {
    all = client_->impl().core->hold_of(id) == Hold::all;
    if (const ChatState* s = client_->impl().core->desk()->cache->chat(id))
      for (const HeldRange& r : s->coverage.ranges()) ranges += ", " + std::to_string(r.lo) + " to " + std::to_string(r.hi) + (r.stale_rev ? " in doubt" : "");
  });
  if (all && held != truth.size()) return "holds " + std::to_string(held) + " messages of " + std::to_string(truth.size()) + ranges;
  return {};
}

std::string Device::compare_people(Snapshot& db) {
  auto mine = db.rows<WorkspaceView>("list_workspaces", {value(user), value(AnyId{}), value(std::int64_t{1000})});
  if (!mine) return "the server's workspaces cannot be read";
  std::map<WorkspaceId, std::string> shown;
  for (const Workspace& w : client_->workspaces()) shown.emplace(w.id, w.name);
  for (const auto& w : *mine) {
    const auto it = shown.find(w->id);
    if (it == shown.end()) return "lacks the workspace " + w->id.str();
    if (it->second != w->name) return "calls the workspace \"" + w->name + "\" \"" + it->second + "\"";
    if (auto text = compare_members(db, w->id); !text.empty()) return text;
    shown.erase(it);
  }
  return shown.empty() ? std::string() : "shows the workspace " + shown.begin()->first.str() + ", which it is not in";
}
std::string Device::compare_members(Snapshot& db, WorkspaceId workspace) {
  auto members = db.rows<WorkspaceMemberView>("list_workspace_members", {value(workspace), value(AnyId{}), value(std::int64_t{1000})});
  if (!members) return "the server's members cannot be read";
  std::map<UserId, std::string> shown;
  for (const User& u : client_->users(workspace)) shown.emplace(u.id, u.name);
  for (const auto& m : *members) {
    if (client_->name_of(m->user_id) != m->name) return "calls \"" + m->name + "\" \"" + client_->name_of(m->user_id) + "\"";
    if (shown.erase(m->user_id) == 0) return "lacks \"" + m->name + "\" among the people of " + workspace.str();
  }
  return shown.empty() ? std::string() : "shows \"" + shown.begin()->second + "\", who is not in " + workspace.str();
}

// What is held is found, and nothing else.
std::string Device::compare_search() {
  for (int i = 0; i < 4 && !ledger_.written().empty(); ++i) {
    const Written& w = ledger_.written()[lot(ledger_.written().size())];
    const std::string token = w.body.substr(0, w.body.find('z') + 1);
    std::size_t held = 0;
    for (const Message& m : client_->held(w.chat)) held += m.body.starts_with(token);
    const auto hits = client_->search_local(token);
    if (!hits || hits->size() != held) return "finds " + std::to_string(hits ? hits->size() : 0) + " of " + std::to_string(held) + " held messages by " + token;
  }
  return {};
}

std::string Device::difference(ServerNode& server) {
  const std::string name = "device " + std::to_string(number_) + " ";
  const ClientStatus status = client_->status();
  if (status.connection != Connection::live)
    return name + "is not live but in state " + std::to_string(static_cast<int>(status.connection)) +
        (status.last_error ? ": " + status.last_error->message : "");
  std::set<ChatId> stuck;
  std::string waiting;
  client_->impl().core->with([&] {
    for (const OutboxRow& row : client_->impl().core->desk()->local->entries()) {
      if (row.failed) stuck.insert(row.chat_id);
      else if (!stuck.contains(row.chat_id)) waiting = row.method;
    }
  });
  if (!waiting.empty()) return name + "has not sent a " + waiting;
  auto db = server.snapshot();
  auto mine = db->rows<Membership>("memberships", {value(user)});
  if (!mine) return "the server's memberships cannot be read";
  std::map<ChatId, ChatSummary> shown;
  for (const ChatSummary& c : client_->chats_now()) shown.emplace(c.id, c);
  for (const auto& m : *mine) {
    const auto it = shown.find(m->chat_id);
    if (it == shown.end()) return name + "lacks the chat " + m->chat_id.str();
    if (auto text = compare_chat(*db, m->chat_id, it->second); !text.empty()) return name + "in chat " + m->chat_id.str() + " " + text;
    shown.erase(it);
  }
  for (const auto& [id, c] : shown)
    if (!stuck.contains(id)) return name + "shows the chat " + id.str() + ", which it is not in";
  if (auto text = compare_people(*db); !text.empty()) return name + text;
  if (auto text = compare_search(); !text.empty()) return name + text;
  for (const auto& o : open_) {
    if (auto text = look(*o); !text.empty()) return name + text;
    if (o->timeline->stale()) return name + "shows a timeline that is not checked";
  }
  return {};
}

}  // namespace fechatter::sim
