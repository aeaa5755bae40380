// What a batch does to messages, and to what is counted of them.
#include <algorithm>
#include "sdk/client/sync/batch.hpp"
#include "sdk/core/fold.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"

namespace fechatter {

// One that may be held: the newer of the two stays.
void Batch::put_message(const MessageView& v, bool reacted) {
  force_ = true;
  set_->put(row_of(v));
  force_ = false;
  put_own_reactions(v, reacted);
}
// Nothing is held where these stand, so none is looked for. One that is held all the same stands elsewhere, and stays there.
void Batch::put_first(const std::vector<MessageView>& views, bool reacted) {
  std::vector<MessageRow> rows;
  for (const MessageView& v : views) rows.push_back(row_of(v));
  attempt([&]() -> Result<Done> {
    const auto added = cache_.rows().add<MessageRow>(rows);
    if (!added) return added.error();
    other_history = other_history || *added < rows.size();
    return Done{};
  });
  for (const MessageView& v : views) put_own_reactions(v, reacted);
}

void Batch::put_own_reactions(const MessageView& v, bool reacted) {
  for (const ReactionCount& r : v.reactions)
    if (r.mine) set_->put(ReactionRow{v.id, self_, r.emoji, v.chat_id, *r.mine, v.rev});
  if (reacted) take_back_reactions(v);
}

// As the server has it, whatever is held: a reaction that came while the row was stale has given it a newer rev, and no newer text.
void Batch::replace_message(const MessageView& v, bool reacted) {
  if (MessageRow* held = set_->edit<MessageRow>(0, v.id)) *held = row_of(v);
  put_message(v, reacted);
}

// Of a summary. A page may have been read after it, and what that has brought stays.
void Batch::put_newest(ChatState& s, const MessageView& v) {
  if (v.chat_id != s.sync.chat_id || v.seq <= 0) return;
  if (holds_elsewhere(v.id, v.chat_id, v.seq)) return void(other_history = true);
  s.coverage.add(v.seq, v.seq);
  const MessageRow* held = set_->find<MessageRow>(v.id);
  if (!held || held->rev <= v.rev) replace_message(v, true);
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

bool Batch::any(Result<Statement> s) {
  const auto row = s ? s->step() : Result<bool>(s.error());
  if (!row) return attempt([&] { return Result<Done>(row.error()); }), false;
  s->reset();
  return *row;
}
bool Batch::reacted_in(ChatId chat) {
  auto s = cache_.db().statement("select 1 from reactions where chat_id=?1 and user_id=?2 and \"on\"=1 limit 1");
  if (s) s->bind(1, chat).bind(2, self_);
  return any(std::move(s));
}
bool Batch::holds_any(ChatId chat, std::int64_t lo, std::int64_t hi) {
  auto s = cache_.db().statement("select 1 from messages where chat_id=?1 and seq between ?2 and ?3 limit 1");
  if (s) s->bind(1, chat).bind(2, lo).bind(3, hi);
  return any(std::move(s));
}

void Batch::acknowledged(const MessageView& v) {
  ChatState* s = state(v.chat_id);
  if (!s || v.rev <= s->sync.applied_rev) return;  // its event has been here: what is held is as new, or newer
  if (holds_elsewhere(v.id, v.chat_id, v.seq) || (s->coverage.at(v.seq) && holds_another(v))) return void(other_history = true);
  s->coverage.post(v.seq);
  s->sync.known_seq = std::max(s->sync.known_seq, v.seq), s->sync.known_rev = std::max(s->sync.known_rev, v.rev);
  put_message(v, true);
  set_->put(ReadMarkRow{self_, v.chat_id, v.seq, {}});
  mark_moved(*s, v.seq);
  changed.insert(v.chat_id);
}

void Batch::edited(const MessageView& v) {
  ChatState* s = state(v.chat_id);
  if (!s || v.rev <= s->sync.applied_rev || !set_->find<MessageRow>(v.id)) return;
  s->sync.known_rev = std::max(s->sync.known_rev, v.rev);
  put_message(v, true);
  changed.insert(v.chat_id);
}

void Batch::read(ChatId chat, std::int64_t seq) {
  ChatState* s = state(chat);
  if (!s) return;
  set_->put(ReadMarkRow{self_, chat, seq, {}});
  mark_moved(*s, seq);
  changed.insert(chat);
}

bool Batch::page(ChatId id, const MessagePage& page, std::int64_t asked_rev, std::optional<std::int64_t> changed_since) {
  ChatState* s = state(id);
  if (!s) return true;
  const bool usable = page.as_of_rev >= asked_rev && page.as_of_rev >= s->limited_rev && !s->overflow;
  const auto kept = std::exchange(s->kept, {});
  s->overflow = false;
  if (!usable) return false;
  const bool holding = s->holding;
  flush();
  const bool reacted = reacted_in(id);
  if (changed_since || holds_any(id, page.lo, page.hi)) {
    for (const MessageView& m : page.items) {
      if (holds_elsewhere(m.id, id, m.seq)) other_history = true;
      else if (!changed_since || s->coverage.at(m.seq))
        holding ? replace_message(m, reacted) : put_message(m, reacted);  // what came since is applied again below
    }
    if (!changed_since) drop_missing(id, page);
  } else {
    put_first(page.items, reacted);
  }
  s = state(id);
  if (changed_since) s->coverage.refresh(page.lo, page.hi, *changed_since);  // what was held when it was asked for may have been dropped since
  else s->coverage.add(page.lo, page.hi);
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
