#include "tests/sim/ledger.hpp"
#include <algorithm>
#include <cstdio>
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/reads.hpp"
#include "tests/sim/server_node.hpp"

namespace fechatter::sim {
namespace {
constexpr std::size_t kFindings = 12;
constexpr std::int64_t kGraceMs = 1000;  // removal takes effect for live connections within a second

// The numbers of all tokens in a text.
std::vector<std::size_t> tokens_in(std::string_view text) {
  std::vector<std::size_t> found;
  for (std::size_t at = text.find("tok"); at != std::string_view::npos; at = text.find("tok", at + 3)) {
    std::size_t n = 0, end = at + 3;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') n = n * 10 + static_cast<std::size_t>(text[end++] - '0');
    if (end > at + 3 && end < text.size() && text[end] == 'z') found.push_back(n);
  }
  return found;
}
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

// --- what the server did ---

void Ledger::member(ChatId chat, UserId user, std::int64_t visible_from) { stays_[{chat, user}].push_back({world_.now_ms(), INT64_MAX, visible_from}); }

void Ledger::observe(ServerNode& server) {
  if (!server.up() || server.store().head() == seen_) return;
  if (server.store().head() < seen_) {
    blame("the log went back from " + std::to_string(seen_) + " to " + std::to_string(server.store().head()));
    seen_ = server.store().head();
    return;
  }
  auto db = server.snapshot();
  auto events = log_after(*db, seen_, 10000);
  if (!events) return;  // power fails
  for (const LogEvent& e : *events) {
    if (e.pos != seen_ + 1) blame("the log has a hole before " + std::to_string(e.pos));
    seen_ = e.pos, ++counts_.events;
    if (e.stream.kind == StreamKind::workspace) observe_workspace(e);
    if (e.stream.kind == StreamKind::chat) observe_chat(e);
  }
}
void Ledger::observe_workspace(const LogEvent& e) {
  if (e.type == type_of<WorkspaceMemberJoined>.name) {
    if (const auto body = parsed<WorkspaceMemberJoined>(e.payload)) residence_[body->user_id].push_back({world_.now_ms()});
  } else if (e.type == type_of<WorkspaceMemberLeft>.name) {
    if (const auto body = parsed<WorkspaceMemberLeft>(e.payload)) residence_[body->user_id].back().until_ms = world_.now_ms();
  }
}
void Ledger::observe_chat(const LogEvent& e) {
  const auto chat = id_cast<ChatId>(e.stream.id);
  if (e.rev != ++revs_[chat]) blame("rev " + std::to_string(e.rev) + " of " + chat.str() + " is out of turn");
  if (e.seq > 0 && e.seq != ++seqs_[chat]) blame("seq " + std::to_string(e.seq) + " of " + chat.str() + " is out of turn");
  if (e.type == type_of<ChatCreated>.name) {
    if (const auto body = parsed<ChatCreated>(e.payload))
      for (const FirstMember& m : body->members) member(chat, m.user_id, 1);
  } else if (e.type == type_of<MemberJoined>.name) {
    if (const auto body = parsed<MemberJoined>(e.payload)) member(chat, body->user_id, body->visible_from);
  } else if (e.type == type_of<MemberLeft>.name) {
    if (const auto body = parsed<MemberLeft>(e.payload))
      if (auto& stays = stays_[{chat, body->user_id}]; !stays.empty()) stays.back().until_ms = world_.now_ms();
  } else if (e.type == type_of<ChatChanged>.name) {
    if (const auto body = parsed<ChatChanged>(e.payload); body && body->archived) archived_.insert(chat);
  } else if (e.type == type_of<MessagePosted>.name) {
    for (const std::size_t n : tokens_in(e.payload)) token_seq_.emplace(n, e.seq);
    if (const auto m = parsed<MessageView>(e.payload)) posted_.push_back({m->id, chat, e.actor, world_.now_ms(), e.seq});
  }
}
bool Ledger::in_workspace(UserId user, std::int64_t at_ms) const {
  const auto stays = residence_.find(user);
  return stays == residence_.end() || std::any_of(stays->second.begin(), stays->second.end(), [&](const Stay& s) { return s.covers(at_ms, kGraceMs); });
}
// In the millisecond of joining a message may stand on either side of it.
bool Ledger::never_left(ChatId chat, UserId user, std::int64_t since_ms) const {
  const auto stays = stays_.find({chat, user});
  const auto residence = residence_.find(user);
  const auto whole = [&](const std::vector<Stay>& s) { return s.size() == 1 && s[0].from_ms < since_ms && s[0].until_ms == INT64_MAX; };
  return stays != stays_.end() && whole(stays->second) && (residence == residence_.end() || whole(residence->second));
}

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
  if (device == told_device) std::printf("%8lld    %s", static_cast<long long>(world_.now_ms()), text.c_str());
  deliver(device, text, true);
}
void Ledger::deliver(std::size_t device, std::string_view text, bool stream) {
  const auto user = users_.find(device);
  if (user == users_.end()) return;
  for (const std::size_t n : tokens_in(text)) deliveries_.push_back({world_.now_ms(), user->second, n, stream}), ++counts_.deliveries;
}

// --- the verdict ---

// Nobody receives what they may not read. Authors know their own words.
void Ledger::check_secrecy() {
  for (const Delivery& d : deliveries_) {
    if (d.token >= written_.size()) continue;
    const Written& w = written_[d.token];
    if (w.author == d.user) continue;
    const auto stays = stays_.find({w.chat, d.user});
    const auto seq = token_seq_.find(d.token);
    const bool allowed = stays != stays_.end() &&
        std::any_of(stays->second.begin(), stays->second.end(),
                    [&](const Stay& s) { return s.covers(d.at_ms, kGraceMs) && (seq == token_seq_.end() || seq->second >= s.visible_from); }) &&
        in_workspace(d.user, d.at_ms);
    if (!allowed)
      blame("tok" + std::to_string(d.token) + " reached " + d.user.str() + (d.stream ? " by stream" : " by answer") + " at " + std::to_string(d.at_ms) +
            " ms, who may not read it");
  }
}

void Ledger::check_one(ServerNode&, Snapshot& db, const Written& w) {
  WorkingSet rows(db);
  const std::string name = "tok" + std::to_string(&w - written_.data()) + " (device " + std::to_string(w.device) + ")";
  for (const MessageId& id : w.refused)
    if (rows.find<MessageRow>(id)) blame(name + ": the server has it under an id that it had refused");
  const MessageRow* row = rows.find<MessageRow>(w.id);
  if (row && excused_.contains(w.id)) return blame(name + " counts as refused on its device and is on the server");
  if (!row) {
    if (!w.removed && !w.unsure && !excused_.contains(w.id)) blame(name + " is lost");
    return;
  }
  if (row->chat_id != w.chat) blame(name + " is in another chat");
  // Changes by somebody who is not in the chat any more are refused and dropped.
  if (w.unsure || archived_.contains(w.chat) || !never_left(w.chat, w.author, INT64_MAX)) return;
  if (w.removed && !row->deleted) blame(name + " was taken back and is still there");
  if (!w.removed && row->deleted) blame(name + " is deleted, by nobody");
  if (!w.removed && !row->deleted && row->body != w.body) blame(name + " says \"" + row->body + "\" and not \"" + w.body + "\"");
}

void Ledger::check_messages(ServerNode& server) {
  auto db = server.snapshot();
  WorkingSet rows(*db);
  for (const auto& [id, at] : acknowledged_) {  // deleted ones keep their row
    const MessageRow* row = rows.find<MessageRow>(id);
    if (!row) blame("message " + id.str() + " was acknowledged and is lost");
    else if (std::pair(row->chat_id, row->seq) != at) blame("message " + id.str() + " was acknowledged under another number");
  }
  for (const Written& w : written_)
    if (w.id) check_one(server, *db, w);
  // Once, and in the order of pressing send.
  std::map<std::size_t, int> times;
  std::map<std::pair<std::size_t, ChatId>, std::int64_t> last;
  for (const auto& [chat, head] : seqs_) {
    auto messages = db->rows<MessageRow>("messages_after", {value(chat), value(std::int64_t{0}), value(std::int64_t{1}), value(std::int64_t{100000})});
    if (!messages) return blame("the server's messages cannot be read");
    if (static_cast<std::int64_t>(messages->size()) != head) blame("a chat has " + std::to_string(messages->size()) + " messages of " + std::to_string(head));
    for (const auto& m : *messages)
      for (const std::size_t n : tokens_in(m->body)) {
        if (++times[n] == 2) blame("tok" + std::to_string(n) + " is doubled");
        if (n >= written_.size() || !written_[n].refused.empty()) continue;  // sent again: it stands where it came to stand
        auto& before = last[{written_[n].device, chat}];
        if (written_[n].order < before) blame("tok" + std::to_string(n) + " stands behind what was sent after it");
        before = std::max(before, written_[n].order);
      }
  }
}

// A bot that listens gets every message, and answers a question once.
void Ledger::check_feeds(ServerNode& server) {
  constexpr std::int64_t kClocksMs = 15000;  // what a process that ended before it heard the server knows only by its own clock
  auto db = server.snapshot();
  WorkingSet rows(*db);
  std::map<std::pair<UserId, std::string>, int> answers;
  for (const Posted& p : posted_)
    if (const MessageRow* row = rows.find<MessageRow>(p.id); row && row->body.starts_with("answer to ") && ++answers[{p.author, row->body}] == 2)
      blame("a bot answered twice: " + row->body);
  for (const auto& [device, feed] : feeds_)
    for (const Posted& p : posted_) {
      if (p.at_ms < feed.since_ms + kClocksMs || feed.items.contains(p.id) || !never_left(p.chat, users_[device], p.at_ms)) continue;
      blame("the bot on device " + std::to_string(device) + " was never given message " + std::to_string(p.seq) + " of " + p.chat.str());
    }
}

}  // namespace fechatter::sim
