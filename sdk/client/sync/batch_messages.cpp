// What a batch does to messages, and to what is counted of them.
#include <algorithm>
#include "sdk/client/sync/batch.hpp"
#include "sdk/core/fold.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"

namespace fechatter {
namespace {
// Of rows in doubt one may have the page's rev and lack what an older version skipped before that.
Result<Done> give_way(Database& db, const MessagePage& page) {
  for (const MessageView& m : page.items) {
    auto s = db.statement("update messages set rev=rev-1 where id=?1 and rev=?2");
    if (!s) return s.error();
    if (auto done = s->bind(1, m.id).bind(2, m.rev).run(); !done) return done;
  }
  return Done{};
}
}  // namespace

void Batch::put_message(const MessageView& v) {
  force_ = true;
  set_->put(row_of(v));
  for (const ReactionCount& r : v.reactions)
    if (r.mine) set_->put(ReactionRow{v.id, self_, r.emoji, v.chat_id, *r.mine, v.rev});
  take_back_reactions(v);
  force_ = false;
}

// Ours that the server does not list any more: taken away on another device.
void Batch::take_back_reactions(const MessageView& v) {
  auto s = cache_.db().statement("select * from reactions where message_id=?1 and user_id=?2 and \"on\"=1");
  if (s) s->bind(1, v.id).bind(2, self_);
  std::optional<Error> unread;
  for (const auto& row : rows_of<ReactionRow>(std::move(s), &unread)) {
    const bool listed = std::any_of(v.reactions.begin(), v.reactions.end(), [&](const ReactionCount& r) { return r.emoji == row->emoji; });
    if (!listed) set_->put(ReactionRow{v.id, self_, row->emoji, v.chat_id, false, v.rev});
  }
  if (unread && !failed_) failed_ = *unread;
}

void Batch::acknowledged(const MessageView& v) {
  ChatState* s = state(v.chat_id);
  if (!s || v.rev <= s->sync.applied_rev) return;  // its event has been here: what is held is as new, or newer
  if (s->coverage.at(v.seq) && holds_another(v)) return void(other_history = true);
  s->coverage.post(v.seq);
  s->sync.known_seq = std::max(s->sync.known_seq, v.seq), s->sync.known_rev = std::max(s->sync.known_rev, v.rev);
  put_message(v);
  set_->put(ReadMarkRow{self_, v.chat_id, v.seq, {}});
  mark_moved(*s, v.seq);
  changed.insert(v.chat_id);
}

void Batch::read(ChatId chat, std::int64_t seq) {
  ChatState* s = state(chat);
  if (!s) return;
  set_->put(ReadMarkRow{self_, chat, seq, {}});
  mark_moved(*s, seq);
  changed.insert(chat);
}

bool Batch::page(ChatId id, const MessagePage& page, std::int64_t asked_rev, bool changes) {
  ChatState* s = state(id);
  if (!s) return true;
  const bool usable = page.as_of_rev >= asked_rev && page.as_of_rev >= s->limited_rev && !s->overflow;
  const auto kept = std::exchange(s->kept, {});
  s->overflow = false;
  if (!usable) return false;
  if (s->coverage.stale()) {
    flush();
    if (auto done = give_way(cache_.db(), page); !done && !failed_) failed_ = done.error();
  }
  for (const MessageView& m : page.items) put_message(m);
  if (!changes) drop_missing(id, page);
  s = state(id);
  s->coverage.add(page.lo, page.hi);
  for (const auto& e : kept) apply(*set_, *e);  // rows that contain them already are left alone, by their rev
  s->sync.known_seq = std::max(s->sync.known_seq, page.head_seq), s->sync.known_rev = std::max(s->sync.known_rev, page.as_of_rev);
  changed.insert(id);
  return true;
}

// --- mentions: those up to mentions_seq are a number that only the server can correct ---

void Batch::recount(ChatState& s) {
  s.sync.mentions = -1 - s.sync.mentions_told();
  recounts.insert(s.sync.chat_id);
}
void Batch::mark_moved(ChatState& s, std::int64_t seq) {
  if (seq < s.sync.mentions_seq && s.sync.mentions_told() > 0) recount(s);
}
// Whom it names now, also where the message itself is not held; a deletion may come without the edits before it, which are emptied then.
void Batch::message_changed(const Event& e, ChatState& s) {
  const auto* edited = e.body.as<MessageEdited>();
  const auto* deleted = e.body.as<MessageDeleted>();
  if (!edited && !deleted) return;
  const std::int64_t seq = edited ? edited->message.seq : deleted->seq;
  const bool all = edited && edited->message.mentions_everyone.value_or(false);
  const bool me = edited && std::count(edited->message.mentions.begin(), edited->message.mentions.end(), self_) > 0;
  if (seq <= s.sync.mentions_seq) return all || me || s.sync.mentions_told() > 0 ? recount(s) : void();
  for (const auto& [user, named] : {std::pair(self_, me), std::pair(UserId{}, all)})
    if (named || set_->find<MentionRow>(s.sync.chat_id, user, seq)) set_->put(MentionRow{s.sync.chat_id, user, seq, named, e.rev});
}
void Batch::counted(const ChatView& v) {
  ChatState* s = state(v.id);
  if (!s) return;
  s->sync.mentions = v.mentions, s->sync.mentions_seq = v.head_seq;
  nudge({v.id, v.head_seq, v.head_rev});
}

}  // namespace fechatter
