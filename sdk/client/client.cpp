#include "sdk/client/chats/chat_list_impl.hpp"
#include "sdk/client/client_impl.hpp"
#include "sdk/client/feed/feed_impl.hpp"
#include "sdk/client/search/local_search.hpp"
#include "sdk/client/timeline/message.hpp"
#include "sdk/client/timeline/timeline_impl.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kFarewellMs = 2000;

Error closed() { return {Code::closed, "the client is closed"}; }
}  // namespace

Result<std::unique_ptr<Client>> open_client(const Ports& ports, ClientOptions options) {
  auto core = ClientCore::open(ports, std::move(options));
  if (!core) return core.error();
  (*core)->start();
  auto impl = std::make_unique<Client::Impl>();
  impl->core = std::move(*core);
  impl->connection_wake = std::make_shared<Wake>(impl->core->desk()->options.executor);
  impl->core->with([&] { impl->core->connection_wakes.push_back(impl->connection_wake); });
  return std::make_unique<Client>(std::move(impl));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() {
  impl_->connection_wake->end();
  impl_->core->typing->end(), impl_->core->presence->end();
  impl_->core->close();
}

// --- account ---

Handle Client::sign_in(std::string email, std::string password, Completion<User> done) {
  return impl_->start<User>(std::move(done), [&](ClientCore& core, const auto& p) {
    core.session().sign_in(email, password, [desk = core.desk().get(), p](Result<User> user) { desk->answer(p, std::move(user)); });
  });
}
Handle Client::sign_up(NewAccount account, Completion<User> done) {
  return impl_->start<User>(std::move(done), [&](ClientCore& core, const auto& p) {
    core.session().sign_up(account, [desk = core.desk().get(), p](Result<User> user) { desk->answer(p, std::move(user)); });
  });
}
Handle Client::sign_out(Completion<Done> done) {
  return impl_->start<Done>(std::move(done), [](ClientCore& core, const auto& p) {
    const auto told = [desk = core.desk().get(), p](Result<Done> known) { desk->answer(p, std::move(known)); };
    auto out = core.session().sign_out(told);
    if (!out) return told(std::move(out));
    core.forget_account();
    core.desk()->delay(kFarewellMs, [told] { told(Session::why_untold()); });  // who leaves does not wait for a silent server
  });
}
std::optional<User> Client::me() const {
  const auto account = impl_->core->desk()->local->account();
  if (!account || account->refresh_token.empty()) return std::nullopt;
  return User{account->user_id, account->name};
}

Connection Client::connection() const {
  return impl_->read(Connection::offline, [](ClientCore& core) { return core.follower().connection(); });
}
void Client::on_connection(std::function<void()> wake) {
  // Every change is worth a wake of its own: there is nothing to drain.
  impl_->connection_wake->on_change([wake = std::move(wake), self = std::weak_ptr(impl_->connection_wake)] {
    if (const auto held = self.lock()) held->drained();
    if (wake) wake();
  });
}
ClientStatus Client::status() const {
  return impl_->read(ClientStatus{}, [](ClientCore& core) { return core.status(); });
}
Handle Client::when_synced(Completion<Done> done) {
  return impl_->start<Done>(std::move(done), [](ClientCore& core, const auto& p) { core.until_synced.push_back(p), core.turn(); });
}
Handle Client::when_sent(Completion<Done> done) {
  return impl_->start<Done>(std::move(done), [](ClientCore& core, const auto& p) { core.until_sent.push_back(p), core.turn(); });
}

// --- reading what is held ---

std::vector<ChatSummary> Client::chats_now() const {
  return impl_->read(std::vector<ChatSummary>{}, [](ClientCore& core) {
    auto list = core.book().list();
    return list ? std::move(*list) : std::vector<ChatSummary>{};
  });
}
Result<ChatId> Client::find_chat(const std::string& name) const {
  return impl_->read(Result<ChatId>(closed()), [&](ClientCore& core) { return core.book().find(name); });
}
std::vector<Workspace> Client::workspaces() const {
  return impl_->read(std::vector<Workspace>{}, [](ClientCore& core) {
    std::vector<Workspace> list;
    for (const auto& w : rows_of<WorkspaceRow>(core.desk()->cache->db().statement("select * from workspaces order by name"))) list.push_back({w->id, w->name});
    return list;
  });
}
std::vector<User> Client::users() const {
  return impl_->read(std::vector<User>{}, [](ClientCore& core) {
    std::vector<User> list;
    for (const auto& u : rows_of<UserRow>(core.desk()->cache->db().statement("select * from users order by name"))) list.push_back({u->id, u->name});
    return list;
  });
}
std::vector<User> Client::users(WorkspaceId workspace) const {
  return impl_->read(std::vector<User>{}, [&](ClientCore& core) {
    std::vector<User> list;
    auto people = core.desk()->cache->db().statement(embedded_sql("cache/people_in"));
    if (people) people->bind(1, workspace);
    for (const auto& u : rows_of<UserRow>(std::move(people))) list.push_back({u->id, u->name});
    return list;
  });
}
std::string Client::name_of(UserId id) const {
  return impl_->read(std::string{}, [&](ClientCore& core) { return core.book().name_of(id); });
}
std::vector<Message> Client::held(ChatId chat) const {
  return impl_->read(std::vector<Message>{}, [&](ClientCore& core) {
    std::vector<Message> list;
    Cache& cache = *core.desk()->cache;
    const auto mine = own_reactions(cache, chat, core.desk()->self());
    std::optional<Error> unread;
    for (const auto& row : cache.messages(chat, 0, INT64_MAX, 0, &unread)) list.push_back(message_of(*row, mine));
    if (unread) core.desk()->failed(*unread);  // a damaged file is built anew
    return list;
  });
}
Result<std::vector<SearchHit>> Client::search_local(const std::string& query, std::size_t limit) const {
  return impl_->read(Result<std::vector<SearchHit>>(closed()), [&](ClientCore& core) { return search_held(*core.desk(), query, limit); });
}
void Client::hold(ChatId chat, Hold how) {
  impl_->core->with([&] {
    if (auto done = impl_->core->desk()->local->set("hold:" + chat.str(), how == Hold::all ? "all" : "recent"); !done)
      return impl_->core->desk()->note(done.error());
    impl_->core->look_behind(chat), impl_->core->turn();
  });
}
void Client::drop_history(ChatId chat) {
  impl_->core->with([&] {
    Batch batch(*impl_->core->desk()->cache, impl_->core->desk()->self());
    batch.drop_history(chat);
    (void)impl_->core->desk()->commit(batch);
  });
}

Result<Done> Client::save_draft(ChatId chat, const std::string& body) { return impl_->core->desk()->local->set_draft(chat, body); }
std::string Client::draft(ChatId chat) const {
  auto text = impl_->core->desk()->local->draft(chat);
  if (text) return std::move(*text);
  impl_->core->with([&] { impl_->core->desk()->note(text.error()); });
  return {};
}

// --- streams ---

std::unique_ptr<ChatList> Client::chats(std::size_t window) {
  auto impl = std::make_unique<ChatList::Impl>();
  impl->core = impl_->core;
  impl->view = std::make_shared<ChatWindow>(impl_->core->desk()->options.executor, std::clamp<std::size_t>(window, 1, SIZE_MAX / 2));
  impl_->core->with([&] {
    impl_->core->book().views.push_back(impl->view);
    impl_->core->book().publish(*impl->view), impl_->core->turn();
  });
  return std::make_unique<ChatList>(std::move(impl));
}
std::unique_ptr<Timeline> Client::timeline(ChatId chat) {
  auto impl = std::make_unique<Timeline::Impl>();
  impl->core = impl_->core, impl->app = impl_->core->desk()->options.executor, impl->chat = chat;
  impl->shared = std::make_shared<TimelineShared>(impl->app);
  impl_->core->with([&] {
    const auto model = impl_->core->add_timeline(chat);
    impl->model = model, impl->shared = model->shared();
  });
  return std::make_unique<Timeline>(std::move(impl));
}
Result<std::unique_ptr<Feed>> Client::feed(std::string name) {
  const auto model = impl_->read(Result<std::shared_ptr<FeedModel>>(closed()), [&](ClientCore& core) { return core.add_feed(name); });
  if (!model) return model.error();
  auto impl = std::make_unique<Feed::Impl>();
  impl->core = impl_->core, impl->model = *model, impl->shared = (*model)->shared(), impl->name = std::move(name);
  return std::make_unique<Feed>(std::move(impl));
}
void Client::on_typing(std::function<void(ChatId, UserId, bool)> call) { impl_->core->typing->set(std::move(call)); }
void Client::set_presence(Availability state) {
  impl_->core->with([&] { impl_->core->follower().presence(static_cast<Presence>(state)); });
}
void Client::on_presence(std::function<void(UserId, Availability)> call) { impl_->core->presence->set(std::move(call)); }

}  // namespace fechatter
