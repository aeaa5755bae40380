// Calls that are neither commands nor reads: accounts, and what is live.
#include "sdk/core/live/live.hpp"
#include "sdk/service/prepare.hpp"
#include "sdk/service/request.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kTicketMs = 60'000;
constexpr std::size_t kMaxTickets = 100'000;
}  // namespace

void Service::run_account_call(const RequestPtr& r) {
  const std::string_view name = r->match.target.call->name;
  const int status = r->match.target.route().status;
  const auto on_main = [this](std::function<void()> f) {
    if (ports_.main->on_thread()) f();
    else ports_.main->post(std::move(f));
  };
  auto session = [this, r, status, on_main](Result<SignedIn> result) {
    auto kept = std::make_shared<Result<SignedIn>>(std::move(result));
    on_main([this, r, status, kept] {
      if (*kept) reply(r, status, to_json(**kept));
      else reply(r, kept->error());
    });
  };
  auto done = [this, r, status, on_main](Result<Done> result) {
    auto kept = std::make_shared<Result<Done>>(std::move(result));
    on_main([this, r, status, kept] {
      if (*kept) reply(r, status, "");
      else reply(r, kept->error());
    });
  };
  const CommandId key = r->context.keyed ? r->context.command_id : CommandId{};
  if (name == "signup") accounts_->signup(arguments_of<SignUpRequest>(r->arguments), key, session);
  else if (name == "login") accounts_->login(arguments_of<LoginRequest>(r->arguments), session);
  else if (name == "refresh") accounts_->refresh(arguments_of<RefreshRequest>(r->arguments), r->http.idempotency_key, session);
  else if (name == "logout") accounts_->logout(r->context, done);
  else accounts_->set_password(r->context, arguments_of<PasswordChange>(r->arguments), done);
}

void Service::run_live_call(const RequestPtr& r) {
  const std::string_view name = r->match.target.call->name;
  if (name == "set_typing")
    return with_access(r, [this, r] {
      const auto& p = arguments_of<SetTyping>(r->arguments);
      hub_->typing(p.chat_id, r->context.actor, p.active);
      reply(r, 204, "");
    });
  if (name == "set_presence") {
    hub_->presence(r->context.actor, arguments_of<SetPresence>(r->arguments).state);
    return reply(r, 204, "");
  }
  if (name == "set_focus") {
    const auto& p = arguments_of<SetFocus>(r->arguments);
    auto done = hub_->focus(r->context.actor, p.connection_id, p.chats, p.users);
    return done ? reply(r, 204, "") : reply(r, done.error());
  }
  if (name == "create_ticket") {
    const std::int64_t now = ports_.clock->steady_ms();
    if (tickets_.size() >= kMaxTickets) std::erase_if(tickets_, [&](auto& t) { return t.second.until_ms < now; });
    const std::string ticket = random_code(*ports_.random) + random_code(*ports_.random);
    tickets_[ticket] = {{r->context.actor, r->context.session, {}}, now + kTicketMs};
    return reply(r, 201, to_json(TicketView{ticket, kTicketMs / 1000}));
  }
  if (name == "poll") {
    const auto& p = arguments_of<PollParams>(r->arguments);
    PollRequest poll{r->context.actor, r->context.session, p.cursor, p.wait.value_or(25) * 1000, p.connection_id};
    return hub_->poll(std::move(poll), [this, r](Result<PollPage> page) {
      if (page) reply(r, 200, to_json(*page));
      else reply(r, page.error());
    });
  }
  reply(r, Error{Code::invalid_argument, "this path is a stream; ask for it as one", {}});
}

Result<StreamOpening> Service::open_stream(const ApiRequest& request) {
  StreamParams p;
  for (const auto& [name, text] : parse_query_string(request.query)) {
    if (name == "cursor") p.cursor = text;
    else if (name == "ticket") p.ticket = text;
    else return Error{Code::invalid_argument, "is not a known parameter", name};
  }
  if (!request.last_event_id.empty()) p.cursor = request.last_event_id;
  StreamOpening opening;
  if (p.ticket) {
    const auto it = tickets_.find(*p.ticket);
    const bool good = it != tickets_.end() && it->second.until_ms >= ports_.clock->steady_ms() && !ended(it->second.opening.session);
    if (good) opening = it->second.opening;
    if (it != tickets_.end()) tickets_.erase(it);
    if (!good) return Error{Code::unauthenticated, "this ticket is not valid any more", "ticket"};
  } else {
    auto context = authenticate(request.authorization);
    if (!context) return context.error();
    opening = {context->actor, context->session, {}};
  }
  if (options_.limit)
    if (auto allowed = options_.limit("stream", opening.user.str()); !allowed) return allowed.error();
  opening.cursor = std::move(p.cursor);
  return opening;
}

}  // namespace fechatter
