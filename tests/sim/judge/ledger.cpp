#include "tests/sim/judge/ledger.hpp"
#include <algorithm>
#include <cstdio>
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/reads/reads.hpp"
#include "tests/sim/judge/tokens.hpp"
#include "tests/sim/machines/server_node.hpp"

namespace fechatter::sim {
namespace {
constexpr std::size_t kFindings = 12;
constexpr std::int64_t kLogPage = 10000;

template <class T> std::optional<T> parsed(const std::string& json) {
  T value;
  return read_json(json, value, Reading::tolerant) ? std::nullopt : std::optional<T>(std::move(value));
}
}  // namespace

std::string Ledger::token() { return "tok" + std::to_string(written_.size()) + "z"; }
Written& Ledger::write(Written w) {
  w.order = static_cast<std::int64_t>(written_.size()) + 1;
  written_.push_back(std::move(w));
  return written_.back();
}
void Ledger::blame(std::string what) {
  world_.note(what);
  if (findings_.size() < kFindings) findings_.push_back("at " + std::to_string(world_.now_ms()) + " ms: " + std::move(what));
}
void Ledger::feed_opened(std::size_t device) { feeds_.try_emplace(device, Fed{world_.now_ms(), latest_clock_ms_, {}}); }

void Ledger::server_clock_set(Time now) {
  latest_clock_ms_ = std::max(latest_clock_ms_, now.ms);
  for (auto& [device, feed] : feeds_) feed.since_clock_ms = latest_clock_ms_;
}

// --- what the server did ---

void Ledger::observe(ServerNode& server) {
  if (!server.up() || server.store().head() == seen_) return;
  latest_clock_ms_ = std::max(latest_clock_ms_, server.clock().now().ms);
  if (server.store().head() < seen_) {
    blame("the log went back from " + std::to_string(seen_) + " to " + std::to_string(server.store().head()));
    seen_ = server.store().head();
    return;
  }
  auto db = server.snapshot();
  auto events = log_after(*db, seen_, kLogPage);
  if (!events) return;  // power fails
  for (const LogEvent& e : *events) observe_event(e, world_.now_ms()), ++counts_.events;
}
void Ledger::observe_event(const LogEvent& e, std::int64_t at_ms) {
  if (e.pos != seen_ + 1) blame("the log has a hole before " + std::to_string(e.pos));
  seen_ = e.pos, at_ms_ = at_ms;
  times_.resize(static_cast<std::size_t>(e.pos) + 1, at_ms);
  if (e.stream.kind == StreamKind::workspace) observe_workspace(e);
  if (e.stream.kind == StreamKind::chat) observe_chat(e);
}

void Ledger::member(ChatId chat, UserId user, std::int64_t visible_from) { stays_[{chat, user}].push_back({at_ms_, INT64_MAX, visible_from}); }

void Ledger::observe_workspace(const LogEvent& e) {
  const auto workspace = id_cast<WorkspaceId>(e.stream.id);
  if (e.type == type_of<WorkspaceMemberJoined>.name) {
    if (const auto body = parsed<WorkspaceMemberJoined>(e.payload)) residence_[{workspace, body->user_id}].push_back({at_ms_});
  } else if (e.type == type_of<WorkspaceMemberLeft>.name) {
    if (const auto body = parsed<WorkspaceMemberLeft>(e.payload)) residence_[{workspace, body->user_id}].back().until_ms = at_ms_;
  }
}
void Ledger::observe_chat(const LogEvent& e) {
  const auto chat = id_cast<ChatId>(e.stream.id);
  if (e.rev != ++revs_[chat]) blame("rev " + std::to_string(e.rev) + " of " + chat.str() + " is out of turn");
  if (e.seq > 0 && e.seq != ++seqs_[chat]) blame("seq " + std::to_string(e.seq) + " of " + chat.str() + " is out of turn");
  if (e.type == type_of<ChatCreated>.name) {
    if (const auto body = parsed<ChatCreated>(e.payload)) {
      workspace_of_[chat] = body->workspace_id;
      for (const FirstMember& m : body->members) member(chat, m.user_id, 1);
      observe_size(chat, static_cast<std::int32_t>(body->members.size()));
    }
  } else if (e.type == type_of<MemberJoined>.name) {
    if (const auto body = parsed<MemberJoined>(e.payload)) member(chat, body->user_id, body->visible_from), observe_size(chat, body->member_count);
  } else if (e.type == type_of<MemberLeft>.name) {
    if (const auto body = parsed<MemberLeft>(e.payload)) {
      if (auto& stays = stays_[{chat, body->user_id}]; !stays.empty()) stays.back().until_ms = at_ms_;
      observe_size(chat, body->member_count);
    }
  } else if (e.type == type_of<ChatChanged>.name) {
    if (const auto body = parsed<ChatChanged>(e.payload); body && body->archived) archived_.insert(chat);
  }
  observe_messages(chat, e);
}
void Ledger::observe_messages(ChatId chat, const LogEvent& e) {
  if (e.type == type_of<MessagePosted>.name) {
    for (const std::size_t n : tokens_in(e.payload)) token_seq_.emplace(n, e.seq);
    if (const auto m = parsed<MessageView>(e.payload)) posted_.push_back({m->id, chat, e.actor, at_ms_, e.at.ms, e.seq, e.pos});
    else if (e.subject) posted_.push_back({id_cast<MessageId>(e.subject), chat, e.actor, at_ms_, e.at.ms, e.seq, e.pos});  // deleted since
  } else if (e.type == type_of<MessageDeleted>.name) {
    const auto m = std::find_if(posted_.begin(), posted_.end(), [&](const Posted& p) { return p.id == id_cast<MessageId>(e.subject); });
    if (m != posted_.end() && m->author != e.actor) moderated_.insert(m->id), sights_.see("people a message deleted by a moderator");
  }
}
void Ledger::observe_size(ChatId chat, std::int32_t members) {
  const std::int32_t before = std::exchange(members_[chat], members);
  if (members > large_chat) large_.insert(chat);
  if (before > 0 && before <= large_chat && members > large_chat) sights_.see("people a chat grows large");
  if (before > large_chat && members <= large_chat) sights_.see("people a chat is large no more");
}

bool Ledger::in_workspace_of(ChatId chat, UserId user, std::int64_t at_ms) const {
  const auto workspace = workspace_of_.find(chat);
  if (workspace == workspace_of_.end()) return true;
  const auto stays = residence_.find({workspace->second, user});
  return stays == residence_.end() || std::any_of(stays->second.begin(), stays->second.end(), [&](const Stay& s) { return s.covers(at_ms, grace_at(at_ms)); });
}
std::int64_t Ledger::grace_at(std::int64_t ms) const {
  std::int64_t longest = 0;
  for (const Stay& s : stalls_)
    if (s.covers(ms, kGraceMs)) longest = std::max(longest, s.until_ms - s.from_ms);
  return kGraceMs + longest;
}
bool Ledger::never_left(ChatId chat, UserId user, std::int64_t since_ms) const {
  const auto stays = stays_.find({chat, user});
  const auto workspace = workspace_of_.find(chat);
  if (workspace == workspace_of_.end()) return false;
  const auto residence = residence_.find({workspace->second, user});
  const auto whole = [&](const std::vector<Stay>& s) { return s.size() == 1 && s[0].from_ms < since_ms && s[0].until_ms == INT64_MAX; };
  return stays != stays_.end() && whole(stays->second) && (residence == residence_.end() || whole(residence->second));
}

// --- an older history comes back ---

void Ledger::history_ends() {
  check_secrecy();
  deliveries_.clear();
}
// What the log says is read anew. What it had said since the copy was made is nobody's fault; it must not matter any more.
void Ledger::history_restored(ServerNode& server, bool renewed) {
  silently_restored_ |= !renewed;
  std::set<MessageId> lost;
  for (const Posted& p : posted_) lost.insert(p.id);
  stays_.clear(), residence_.clear(), workspace_of_.clear(), members_.clear(), posted_.clear(), seqs_.clear(), revs_.clear(), token_seq_.clear();
  seen_ = 0;
  auto db = server.snapshot();
  for (auto events = log_after(*db, 0, kLogPage); events && !events->empty(); events = log_after(*db, seen_, kLogPage))
    for (const LogEvent& e : *events)
      observe_event(e, static_cast<std::size_t>(e.pos) < times_.size() ? times_[static_cast<std::size_t>(e.pos)] : world_.now_ms());
  times_.resize(static_cast<std::size_t>(seen_) + 1);
  for (const Posted& p : posted_) lost.erase(p.id);  // by what it says and not by how long it is: a copy may hold a change that was refused for want of room
  for (Written& w : written_) w.rolled_back = true, w.gone = w.gone || lost.contains(w.id);
  for (const MessageId& id : lost) acknowledged_.erase(id);
}

// --- what was heard of it ---

void Ledger::answered(std::size_t device, const ApiRequest& request, const ApiReply& reply) {
  world_.note(request.method + request.path + std::to_string(reply.status));
  if (device == told_device)
    std::printf("%8lld    %s %s%s%s %s -> %d %s\n", static_cast<long long>(world_.now_ms()), request.method.c_str(), request.path.c_str(),
                request.query.empty() ? "" : "?", request.query.c_str(), request.body.c_str(), reply.status, reply.body.c_str());
  if (reply.status == 500) blame(request.method + " " + request.path + " answered 500: " + reply.body);
  deliver(device, reply.body, false);
  if (reply.status != 201 || request.method != "POST" || !request.path.ends_with("/messages")) return;
  const auto message = parsed<MessageView>(reply.body);
  if (!message) return blame("the answer to a message is no message: " + reply.body);
  const auto [it, fresh] = acknowledged_.try_emplace(message->id, message->chat_id, message->seq);
  if (fresh) ++counts_.acknowledged;
  else if (it->second != std::pair(message->chat_id, message->seq)) blame("message " + message->id.str() + " was acknowledged under two numbers");
}
void Ledger::framed(std::size_t device, const std::string& text) {
  world_.note(std::to_string(device) + ":" + std::to_string(text.size()));
  if (device == told_device) std::printf("%8lld    %s%s", static_cast<long long>(world_.now_ms()), text.c_str(), text.ends_with('\n') ? "" : "\n");
  deliver(device, text, true);
}
void Ledger::deliver(std::size_t device, std::string_view text, bool stream) {
  const auto user = users_.find(device);
  if (user == users_.end()) return;
  for (const std::size_t n : tokens_in(text)) deliveries_.push_back({world_.now_ms(), user->second, n, stream}), ++counts_.deliveries;
}

}  // namespace fechatter::sim
