#include "sdk/client/outbox/sender.hpp"
#include <algorithm>
#include "sdk/client/outbox/command_request.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"

namespace fechatter {
namespace {
// A refused message, or chat, stops its queue until the app decides; anything else refused is dropped, or it would block for ever.
bool stops_queue(const OutboxRow& row) { return (row.method == "post_message" && !answers_once(row)) || row.method == "create_chat"; }
// Under other words: the question has its answer, and nothing is left to decide.
bool answered_before(const OutboxRow& row, const Error& e) { return answers_once(row) && e.code == Code::conflict && e.field == "id"; }
template <class V> std::optional<V> answer(const std::string& body) {
  V v;
  if (read_json(body, v, Reading::tolerant)) return std::nullopt;
  return v;
}
}  // namespace

std::string error_text(const Error& e) { return to_json(WireError{std::string(code_name(e.code)), e.message, e.field, {}, {}}); }
Error error_from(const std::string& text) {
  WireError w;
  if (read_json(text, w, Reading::tolerant)) return {Code::internal, "refused"};
  return {code_named(w.code).value_or(Code::internal), w.message, w.field.value_or("")};
}

void Sender::pump() {
  if (!session_.signed_in()) return;
  std::set<QueueKey> seen;
  for (const OutboxRow& row : desk_.local->entries()) {
    const QueueKey key = queue_of(row);
    if (!seen.insert(key).second) continue;
    if (row.failed) {
      look_for(row);
      continue;
    }
    Queue& q = queues_[key];
    if (q.busy == 0 && !q.waiting) start(key, row);
  }
}

// Something in between may deliver a request twice, and what refused the first was over when the second came. Sent again under a new id
// the message would be there twice.
void Sender::look_for(const OutboxRow& refused) {
  const auto there = refused.method == "post_message" ? desk_.cache->rows().get<MessageRow>(refused.target) : nullptr;
  if (!there || there->author_id != desk_.self() || there->chat_id != refused.chat_id) return;
  const auto wanted = [&, fresh = desk_.ids->next<CommandId>()](const auto& queue) { return arrived(queue, there->id, there->body, fresh); };
  if (const auto changed = desk_.local->rewrite(wanted); !changed || !*changed) return;
  if (on_settled) on_settled(refused, std::string{});
  desk_.turn();
}

void Sender::hurry() {
  for (auto& [key, q] : queues_) q.waiting = false, q.timer = {}, q.backoff.reset();
  pump();
}

bool Sender::waiting() const {
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& e) { return e.second.waiting; });
}

void Sender::stop() {
  ++generation_;
  queues_.clear(), busy_.clear();
}

void Sender::start(const QueueKey& key, const OutboxRow& head) {
  const auto row = desk_.local->attempt(head.ord);
  if (!row) {
    desk_.note(row.error());
    return wait(key, 0);
  }
  if (!*row) return;  // dropped in this moment
  const auto call = api_call((*row)->method, (*row)->args);
  if (!call) return refused(**row, call.error());
  queues_[key].busy = head.ord, busy_.insert(head.ord);
  session_.ask(*call, call->creates ? std::string{} : (*row)->id.str(), [this, sent = **row, g = generation_](const Judgement& j, const std::string& body) {
    if (g == generation_) answered(sent, j, body);
  });
}

void Sender::answered(const OutboxRow& row, const Judgement& j, const std::string& body) {
  const QueueKey key = queue_of(row);
  queues_[key].busy = 0, busy_.erase(row.ord);
  const bool known = j.verdict == Verdict::refused && answered_before(row, j.error);
  if (j.verdict == Verdict::refused && !known) {
    refused(row, j.error);
  } else if (known ? settled(row, {}) : j.verdict == Verdict::acknowledged && acknowledged(row, j, body)) {
    queues_.erase(key);
  } else {
    desk_.note(j.verdict == Verdict::acknowledged ? not_ours() : j.error);
    wait(key, j.error.retry_after_ms);
  }
  desk_.turn();
}

bool Sender::acknowledged(const OutboxRow& row, const Judgement& j, const std::string& body) {
  if (row.method == "post_message") {
    const auto v = answer<MessageView>(body);
    if (!v || v->id != row.target || !store([&](Batch& batch) { batch.acknowledged(*v); })) return false;
  } else if (row.method == "create_chat") {
    const auto v = answer<ChatView>(body);
    if (!v || !v->id || !store([&](Batch& batch) { batch.created(*v); })) return false;
  } else if (row.method == "edit_message") {
    const auto v = answer<MessageView>(body);
    if (!v || v->id != row.target || !store([&](Batch& batch) { batch.edited(*v); })) return false;
  } else if (row.method == "add_member") {
    if (const auto v = answer<MemberView>(body); !v || !v->user_id) return false;
  } else if (!says_done(j, body)) {
    return false;
  }
  return settled(row, body);
}

// The cache has it first; a crash in between leaves it in both, where it is shown once.
bool Sender::store(const std::function<void(Batch&)>& write) {
  Batch batch(*desk_.cache, desk_.self());
  write(batch);
  return static_cast<bool>(desk_.commit(batch));
}

// Its place in the queue is free.
bool Sender::settled(const OutboxRow& row, const std::string& body) {
  if (auto done = desk_.local->erase(row.ord); !done) return desk_.note(done.error()), false;
  if (on_settled) on_settled(row, body);
  return true;
}

void Sender::refused(const OutboxRow& row, const Error& error) {
  desk_.note(error);
  const auto done = stops_queue(row) ? desk_.local->fail(row.ord, error_text(error)) : desk_.local->erase(row.ord);
  if (!done) return wait(queue_of(row), 0);  // asked again: the answer will be the same
  if (on_settled) on_settled(row, error);
  desk_.turn();
}

void Sender::wait(const QueueKey& key, std::int64_t floor_ms) {
  Queue& q = queues_[key];
  q.waiting = true;
  q.timer = desk_.after(floor_ms + desk_.draw(q.backoff.next_bound()), [this, key, g = generation_] {
    if (g != generation_) return;
    queues_[key].waiting = false;
    pump();
  });
}

// What may have reached the server before is left to the server's word: it answers a message it has as it did the first time. So is what
// stands behind a way back into the chat.
void Sender::chat_gone(ChatId chat) {
  for (const OutboxRow& row : desk_.local->entries()) {
    if (row.chat_id != chat) continue;
    if (row.method == "create_chat" || row.method == "add_member") return;
    if (!row.failed && !row.attempted && row.method != "remove_member") refused(row, {Code::permission_denied, "not a member of this chat any more"});
  }
}

}  // namespace fechatter
