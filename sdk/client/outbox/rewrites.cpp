#include "sdk/client/outbox/rewrites.hpp"
#include <algorithm>
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reactions/reactions.hpp"

namespace fechatter {
namespace {
template <class C> std::optional<C> command_of(const OutboxRow& row) {
  C c;
  if (row.method != type_of<C>.name || read_json(row.args, c, Reading::tolerant)) return std::nullopt;
  return c;
}
bool is_post(const OutboxRow& row) { return row.method == type_of<PostMessage>.name; }
bool is_create(const OutboxRow& row) { return row.method == "create_chat"; }

const OutboxRow* post_in(const Queue& queue, MessageId id) {
  const auto it = std::find_if(queue.begin(), queue.end(), [&](const OutboxRow& row) { return is_post(row) && row.target == id; });
  return it == queue.end() ? nullptr : &*it;
}
// Nothing of it is on its way.
bool may_change(const OutboxRow* post) { return post && (!post->attempted || post->failed); }

const OutboxRow* failed_in(const Queue& queue, MessageId id) {
  const auto it =
      std::find_if(queue.begin(), queue.end(), [&](const OutboxRow& row) { return row.failed && (row.target == id || id_cast<MessageId>(row.chat_id) == id); });
  return it == queue.end() ? nullptr : &*it;
}

template <class C> bool retarget(OutboxRow& row, MessageId to) {
  auto command = command_of<C>(row);
  if (!command) return false;
  command->message_id = to, row.target = to, row.args = to_json(*command);
  return true;
}
// Messages that answer one whose id is another now; nullopt: that will not be.
void answer_to(const Queue& queue, MessageId from, std::optional<MessageId> to, Rewrite& out) {
  for (OutboxRow row : queue) {
    auto post = command_of<PostMessage>(row);
    if (!post || post->reply_to != from || (row.attempted && !row.failed)) continue;
    post->reply_to = to, row.args = to_json(*post);
    out.put.push_back(std::move(row));
  }
}
Rewrite without(const Queue& queue, const OutboxRow& message) {
  const MessageId id = message.target;
  Rewrite out{message.chat_id, id, {}, {}};
  for (const OutboxRow& row : queue)
    if (row.target == id) out.erased.push_back(row.ord);
  answer_to(queue, id, std::nullopt, out);
  return out;
}

std::optional<Rewrite> post_again(const Queue& queue, OutboxRow row, MessageId fresh, Time now) {
  auto post = command_of<PostMessage>(row);
  if (!post) return std::nullopt;
  const MessageId old = row.target;
  Rewrite out{row.chat_id, fresh, {}, {}};
  for (OutboxRow next : queue) {
    if (next.target != old || next.ord == row.ord) continue;
    if (next.method == type_of<DeleteMessage>.name) return without(queue, row);
    const auto edit = command_of<EditMessage>(next);
    if (edit) post->body = edit->body;
    if (!edit && (retarget<AddReaction>(next, fresh) || retarget<RemoveReaction>(next, fresh))) out.put.push_back(std::move(next));
    else out.erased.push_back(next.ord);
  }
  post->id = fresh, post->client_at = now;
  row.id = id_cast<CommandId>(fresh), row.target = fresh, row.args = to_json(*post), row.created_at = now;
  row.attempted = row.failed = false, row.error.clear();
  out.put.push_back(std::move(row));
  answer_to(queue, old, fresh, out);
  return out;
}
}  // namespace

std::optional<Rewrite> edited(const Queue& queue, MessageId id, const std::string& body) {
  const OutboxRow* found = post_in(queue, id);
  if (!may_change(found)) return std::nullopt;
  OutboxRow row = *found;
  auto post = command_of<PostMessage>(row);
  if (!post) return std::nullopt;
  post->body = body, row.args = to_json(*post);
  Rewrite out{row.chat_id, id, {row}, {}};
  for (const OutboxRow& next : queue)  // older edits, queued while it was on its way
    if (next.target == id && next.method == type_of<EditMessage>.name) out.erased.push_back(next.ord);
  return out;
}

std::optional<Rewrite> removed(const Queue& queue, MessageId id) {
  const OutboxRow* found = post_in(queue, id);
  return may_change(found) ? std::optional(without(queue, *found)) : std::nullopt;
}

std::optional<Rewrite> retried(const Queue& queue, MessageId id, MessageId fresh, Time now) {
  const OutboxRow* found = failed_in(queue, id);
  if (!found) return std::nullopt;
  if (is_post(*found)) return post_again(queue, *found, fresh, now);
  OutboxRow row = *found;
  row.attempted = row.failed = false, row.error.clear();
  return Rewrite{row.chat_id, id, {row}, {}};
}

std::optional<Rewrite> arrived(const Queue& queue, MessageId id, const std::string& body, CommandId fresh) {
  const OutboxRow* found = post_in(queue, id);
  const auto post = found && found->failed ? command_of<PostMessage>(*found) : std::nullopt;
  if (!post) return std::nullopt;
  if (post->body == body) return Rewrite{found->chat_id, id, {}, {found->ord}};
  OutboxRow row = *found;
  row.id = fresh, row.method = type_of<EditMessage>.name, row.args = to_json(EditMessage{row.chat_id, id, post->body, {}, false});
  row.attempted = row.failed = false, row.error.clear();
  return Rewrite{row.chat_id, id, {row}, {}};
}

std::optional<Rewrite> discarded(const Queue& queue, MessageId id) {
  const OutboxRow* found = failed_in(queue, id);
  if (!found) return std::nullopt;
  if (!is_create(*found)) return without(queue, *found);
  Rewrite out{found->chat_id, id, {}, {}};
  for (const OutboxRow& row : queue)
    if (row.chat_id == found->chat_id) out.erased.push_back(row.ord);
  return out;
}

}  // namespace fechatter
