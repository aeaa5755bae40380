// The changes an app makes: checked, made durable, queued.
#include <set>
#include "sdk/client/client_impl.hpp"
#include "sdk/client/timeline/message.hpp"
#include "sdk/client/timeline/timeline_impl.hpp"
#include "sdk/core/hash.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kMaxBody = 40000;

std::optional<Error> refuse_body(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return Error{Code::invalid_argument, "the message is empty", "body"};
  if (body.size() > kMaxBody) return Error{Code::invalid_argument, "the message is longer than 40,000 bytes", "body"};
  if (!valid_utf8(body) || body.find('\0') != body.npos) return Error{Code::invalid_argument, "the message is not valid text", "body"};
  return std::nullopt;
}
template <class C> OutboxRow change(const Desk& desk, const C& command, MessageId target) {
  OutboxRow row;
  row.chat_id = command.chat_id, row.target = target, row.method = type_of<C>.name, row.args = to_json(command);
  row.id = desk.ids->next<CommandId>(), row.created_at = desk.now();
  return row;
}
OutboxRow post(const Desk& desk, ChatId chat, MessageId id, std::string body, std::optional<MessageId> reply_to) {
  PostMessage command{chat, id, std::move(body), reply_to, desk.now(), {}, false};
  OutboxRow row = change(desk, command, id);
  row.id = id_cast<CommandId>(id);
  return row;
}
}  // namespace

Result<std::int64_t> Client::Impl::enqueue(OutboxRow row) {
  const ChatId chat = row.chat_id;
  auto queued = core->desk()->local->enqueue(std::move(row));
  if (!queued) return queued.error();
  core->desk()->post([c = core.get(), chat] { c->queued(chat); });
  return queued->ord;
}

Result<std::optional<Rewrite>> Client::Impl::rewrite(const Local::Decide& decide) {
  auto changed = core->desk()->local->rewrite(decide);
  if (changed && *changed) core->desk()->post([c = core.get(), chat = (*changed)->chat_id] { c->queued(chat); });
  return changed;
}

Result<ChatId> Client::Impl::chat_of(MessageId id) {
  if (const auto queued = core->desk()->local->post_of(id)) return queued->chat_id;
  return read(Result<ChatId>(Error{Code::not_found, "no such message on this device"}), [&](ClientCore& c) -> Result<ChatId> {
    const auto row = c.desk()->cache->rows().get<MessageRow>(id);
    if (!row) return Error{Code::not_found, "no such message on this device"};
    return row->chat_id;
  });
}

Result<MessageId> Client::send(ChatId chat, std::string body, std::optional<MessageId> reply_to) {
  if (auto error = refuse_body(body)) return *error;
  if (!chat) return Error{Code::invalid_argument, "which chat?", "chat_id"};
  const auto id = impl_->core->desk()->new_id<MessageId>();
  if (auto queued = impl_->enqueue(post(*impl_->core->desk(), chat, id, std::move(body), reply_to)); !queued) return queued.error();
  return id;
}

Result<MessageId> Client::reply_once(const Message& question, std::string body) {
  if (auto error = refuse_body(body)) return *error;
  const auto id = answer_id(impl_->core->desk()->self(), question.id);
  const bool known = impl_->core->desk()->local->post_of(id).has_value() ||
      impl_->read(false, [&](ClientCore& c) { return c.desk()->cache->rows().get<MessageRow>(id) != nullptr; });
  if (known) return id;
  if (auto queued = impl_->enqueue(post(*impl_->core->desk(), question.chat_id, id, std::move(body), question.id)); !queued) return queued.error();
  return id;
}

Result<Done> Client::edit(MessageId id, std::string body) {
  if (auto error = refuse_body(body)) return *error;
  const auto chat = impl_->chat_of(id);
  if (!chat) return chat.error();
  const auto folded = impl_->rewrite([&](const Queue& queue) { return edited(queue, id, body); });
  if (!folded) return folded.error();
  if (*folded) return Done{};
  auto done = impl_->enqueue(change(*impl_->core->desk(), EditMessage{*chat, id, std::move(body), {}, false}, id));
  return done ? Result<Done>(Done{}) : Result<Done>(done.error());
}

Result<Done> Client::remove(MessageId id) {
  const auto chat = impl_->chat_of(id);
  if (!chat) return chat.error();
  const auto folded = impl_->rewrite([&](const Queue& queue) { return removed(queue, id); });
  if (!folded) return folded.error();
  if (*folded) return Done{};
  auto done = impl_->enqueue(change(*impl_->core->desk(), DeleteMessage{*chat, id}, id));
  return done ? Result<Done>(Done{}) : Result<Done>(done.error());
}

Result<Done> Client::react(MessageId id, std::string emoji, bool on) {
  if (emoji.empty() || emoji.size() > 64 || !valid_utf8(emoji)) return Error{Code::invalid_argument, "not an emoji", "emoji"};
  const auto chat = impl_->chat_of(id);
  if (!chat) return chat.error();
  const Desk& desk = *impl_->core->desk();
  auto done = impl_->enqueue(on ? change(desk, AddReaction{*chat, id, emoji}, id) : change(desk, RemoveReaction{*chat, id, emoji}, id));
  return done ? Result<Done>(Done{}) : Result<Done>(done.error());
}

Result<Done> mark_read_in(ClientCore& core, ChatId chat, std::int64_t seq) {
  Result<Done> done = Error{Code::closed, "the client is closed"};
  core.with([&] {
    done = Done{};
    Desk& desk = *core.desk();
    if (const ChatState* s = desk.cache->chat(chat)) seq = std::min(seq, s->sync.known_seq);
    if (seq <= std::max(core.marks[chat], core.book().read_seq(chat))) return;
    const auto queued = desk.local->enqueue(change(desk, MarkRead{chat, seq}, {}));
    if (!queued) return void(done = queued.error());
    core.marks[chat] = seq;
    Batch batch(*desk.cache, desk.self());  // shown as read at once; the outbox row is what is durable
    batch.read(chat, seq);
    (void)desk.commit(batch);
  });
  return done;
}
Result<Done> Client::mark_read(ChatId chat, std::int64_t seq) { return mark_read_in(*impl_->core, chat, seq); }

namespace {
CreateChat creation_of(Desk& desk, const NewChat& chat) {
  CreateChat command{desk.new_id<ChatId>(), chat.workspace_id, static_cast<ChatKind>(chat.kind), {}, {}, {}, chat.member_ids};
  if (!chat.name.empty()) command.name = chat.name;
  if (!chat.topic.empty()) command.topic = chat.topic;
  command.id = id_of(command, desk.self());
  return command;
}
// Whoever left the workspace, and is in it again, comes back into a direct chat when it is asked for.
bool holds_whole(Desk& desk, const CreateChat& direct) {
  const auto row = desk.cache->rows().get<ChatRow>(direct.id);
  std::set<UserId> people(direct.member_ids.begin(), direct.member_ids.end());
  people.insert(desk.self());
  return row && static_cast<std::size_t>(row->member_count) >= people.size();
}
// What the server would refuse whatever it holds: better said now than when it is reached.
std::optional<Error> refuse_creation(const CreateChat& command, UserId self) {
  CreateChat read;
  if (auto error = read_json(to_json(command), read, Reading::strict)) return Error{Code::invalid_argument, error->message, error->field};
  return misshapen(command, self);
}
}  // namespace

Result<ChatId> Client::create_chat(NewChat chat) {
  Desk& desk = *impl_->core->desk();
  if (!chat.workspace_id) {
    const auto all = workspaces();
    if (all.size() != 1) return Error{Code::invalid_argument, "which workspace?", "workspace_id"};
    chat.workspace_id = all.front().id;
  }
  const CreateChat command = creation_of(desk, chat);
  if (auto error = refuse_creation(command, desk.self())) return *error;
  if (chat.kind == ChatSummary::Kind::direct) {
    for (const OutboxRow& row : desk.local->entries()) {
      if (row.chat_id != command.id || row.method != "create_chat") continue;
      if (row.failed) (void)retry(id_cast<MessageId>(row.id));  // asked for once more
      return command.id;
    }
    if (impl_->read(false, [&](ClientCore& c) { return holds_whole(*c.desk(), command); })) return command.id;
  }
  OutboxRow row;
  row.chat_id = command.id, row.method = "create_chat", row.args = to_json(command);
  row.id = id_cast<CommandId>(command.id), row.created_at = desk.now();
  if (auto queued = impl_->enqueue(std::move(row)); !queued) return queued.error();
  return command.id;
}

namespace {
Error nothing_failed() { return {Code::not_found, "nothing of that id has failed"}; }
}  // namespace

Result<MessageId> Client::retry(MessageId id) {
  Desk& desk = *impl_->core->desk();
  const auto changed = impl_->rewrite([&, fresh = desk.new_id<MessageId>()](const Queue& queue) { return retried(queue, id, fresh, desk.now()); });
  if (!changed) return changed.error();
  return *changed ? Result<MessageId>((*changed)->id) : Result<MessageId>(nothing_failed());
}

Result<Done> Client::discard(MessageId id) {
  const auto changed = impl_->rewrite([&](const Queue& queue) { return discarded(queue, id); });
  if (!changed) return changed.error();
  return *changed ? Result<Done>(Done{}) : Result<Done>(nothing_failed());
}

namespace {
template <class C> Handle settle(Client::Impl& impl, ChatId chat, Completion<Done> done) {
  return impl.start<Done>(std::move(done), [&](ClientCore& core, const auto& p) {
    C command{};
    command.chat_id = chat, command.user_id = core.desk()->self();
    auto queued = core.desk()->local->enqueue(change(*core.desk(), command, {}));
    if (!queued) return core.desk()->answer(p, Result<Done>(queued.error()));
    core.settling[queued->ord] = p;
    core.queued(chat);
  });
}
}  // namespace
Handle Client::join(ChatId chat, Completion<Done> done) { return settle<AddMember>(*impl_, chat, std::move(done)); }
Handle Client::leave(ChatId chat, Completion<Done> done) { return settle<RemoveMember>(*impl_, chat, std::move(done)); }

}  // namespace fechatter
