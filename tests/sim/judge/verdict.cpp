// The verdict at the end of a run: what was acknowledged, who was told what, and what the bots were given.
#include <algorithm>
#include "sdk/core/messages/messages.hpp"
#include "sdk/service/reads/reads.hpp"
#include "tests/sim/judge/ledger.hpp"
#include "tests/sim/judge/tokens.hpp"
#include "tests/sim/machines/server_node.hpp"

namespace fechatter::sim {

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
                    [&](const Stay& s) { return s.covers(d.at_ms, grace_at(d.at_ms)) && (seq == token_seq_.end() || seq->second >= s.visible_from); }) &&
        in_workspace_of(w.chat, d.user, d.at_ms);
    if (!allowed)
      blame("tok" + std::to_string(d.token) + " reached " + d.user.str() + (d.stream ? " by stream" : " by answer") + " at " + std::to_string(d.at_ms) +
            " ms, who may not read it");
  }
}

void Ledger::check_one(Snapshot& db, const Written& w) {
  WorkingSet rows(db);
  const std::string name = "tok" + std::to_string(&w - written_.data()) + " (device " + std::to_string(w.device) + ")";
  for (const MessageId& id : w.refused)
    if (!w.rolled_back && rows.find<MessageRow>(id)) blame(name + ": the server has it under an id that it had refused");
  const MessageRow* row = rows.find<MessageRow>(w.id);
  if (row && excused_.contains(w.id) && !w.rolled_back) return blame(name + " counts as refused on its device and is on the server");
  if (!row) {
    if (!w.removed && !w.unsure && !w.gone && !excused_.contains(w.id)) blame(name + " is lost");
    return;
  }
  if (row->chat_id != w.chat) blame(name + " is in another chat");
  // Changes by somebody who is not in the chat any more are refused and dropped.
  if (w.unsure || w.rolled_back || waiting_.contains(w.id) || moderated_.contains(w.id) || archived_.contains(w.chat) ||
      !never_left(w.chat, w.author, INT64_MAX))
    return;
  if (w.removed && !row->deleted) blame(name + " was taken back and is still there");
  if (!w.removed && row->deleted) blame(name + " is deleted, by nobody");
  if (!w.removed && !row->deleted && row->body != w.body) blame(name + " says \"" + row->body + "\" and not \"" + w.body + "\"");
}

void Ledger::check_messages(ServerNode& server) {
  auto db = server.snapshot();
  check_acknowledged(*db);
  for (const Written& w : written_)
    if (w.id) check_one(*db, w);
  check_order(*db);
}
void Ledger::check_acknowledged(Snapshot& db) {
  WorkingSet rows(db);
  for (const auto& [id, at] : acknowledged_) {  // deleted ones keep their row
    const MessageRow* row = rows.find<MessageRow>(id);
    if (!row) blame("message " + id.str() + " was acknowledged and is lost");
    else if (std::pair(row->chat_id, row->seq) != at) blame("message " + id.str() + " was acknowledged under another number");
  }
}
// Once, and in the order of pressing send.
void Ledger::check_order(Snapshot& db) {
  std::map<std::size_t, int> times;
  std::map<std::pair<std::size_t, ChatId>, std::int64_t> last;
  for (const auto& [chat, head] : seqs_) {
    auto messages = db.rows<MessageRow>("messages_after", {value(chat), value(std::int64_t{0}), value(std::int64_t{1}), value(std::int64_t{100000})});
    if (!messages) return blame("the server's messages cannot be read");
    if (static_cast<std::int64_t>(messages->size()) != head) blame("a chat has " + std::to_string(messages->size()) + " messages of " + std::to_string(head));
    for (const auto& m : *messages)
      for (const std::size_t n : tokens_in(m->body)) {
        if (++times[n] == 2) blame("tok" + std::to_string(n) + " is doubled");
        if (n >= written_.size()) continue;
        // Sent again by its author, or lost with a history and here by a late copy of its request: it stands where it came to stand.
        if (!written_[n].refused.empty() || written_[n].gone) continue;
        auto& before = last[{written_[n].device, chat}];
        if (written_[n].order < before) blame("tok" + std::to_string(n) + " stands behind what was sent after it");
        before = std::max(before, written_[n].order);
      }
  }
}

// A bot that listens gets every message. It began to listen by the server's clock, as it knew that.
std::string Ledger::missing_in_feeds() const {
  constexpr std::int64_t kClocksMs = 15000;  // what a process that ended before it heard the server knows only by its own clock
  for (const auto& [device, feed] : feeds_)
    for (const Posted& p : posted_) {
      const bool before = p.at_ms < feed.since_ms + kClocksMs || p.created_ms < feed.since_clock_ms + kClocksMs;
      if (before || feed.items.contains(p.id) || !never_left(p.chat, users_.at(device), p.at_ms)) continue;
      return "the bot on device " + std::to_string(device) + " was never given message " + std::to_string(p.seq) + " of " + p.chat.str();
    }
  return {};
}
// And answers a question once.
void Ledger::check_answers(ServerNode& server) {
  auto db = server.snapshot();
  WorkingSet rows(*db);
  std::map<std::pair<UserId, std::string>, int> answers;
  for (const Posted& p : posted_)
    if (const MessageRow* row = rows.find<MessageRow>(p.id); row && row->body.starts_with("answer to ") && ++answers[{p.author, row->body}] == 2)
      blame("a bot answered twice: " + row->body);
}

}  // namespace fechatter::sim
