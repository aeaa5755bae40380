// Calls that are neither commands nor reads: accounts, and what is live.
#include "sdk/core/live/live.hpp"
#include "sdk/service/routes/request.hpp"
#include "sdk/service/writes/prepare.hpp"

namespace fechatter {
namespace {
// Frames of a stream that is none; the paths of the real ones are taken before.
Error no_stream() { return {Code::invalid_argument, "this path is a stream; ask for it as one", {}}; }
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

// An access token outlives the account's being active: whoever may do these is asked of the store, as for everything else.
void Service::run_live_call(const RequestPtr& r) {
  with_access(r, [this, r] {
    const std::string_view name = r->match.target.call->name;
    if (name == "poll") return poll(r);
    if (name == "create_ticket") {
      const std::string ticket = tickets_.issue({r->context.actor, r->context.session}, ports_.clock->steady_ms(), *ports_.random);
      return reply(r, 201, to_json(TicketView{ticket, Tickets::kLifeMs / 1000}));
    }
    if (auto done = whisper(*r); !done) return reply(r, done.error());
    reply(r, 204, "");
  });
}

Result<Done> Service::whisper(const Request& r) {
  const std::string_view name = r.match.target.call->name;
  if (name == "set_typing") {
    const auto& p = arguments_of<SetTyping>(r.arguments);
    return hub_->typing(p.chat_id, r.context.actor, p.active), Done{};
  }
  if (name == "set_presence") return hub_->presence(r.context.actor, arguments_of<SetPresence>(r.arguments).state), Done{};
  if (name != "set_focus") return no_stream();
  const auto& p = arguments_of<SetFocus>(r.arguments);
  return hub_->focus(r.context.actor, p.connection_id, p.chats, p.users);
}

void Service::poll(const RequestPtr& r) {
  const auto& p = arguments_of<PollParams>(r->arguments);
  PollRequest request{r->context.actor, r->context.session, p.cursor, p.wait.value_or(25) * 1000, p.connection_id};
  if (options_.limit && !hub_->goes_on(request))  // it opens a connection, as a stream does
    if (auto allowed = options_.limit("stream", r->context.actor.str()); !allowed) return reply(r, allowed.error());
  const bool waits = request.wait_ms > 0;
  const std::uint64_t number = hub_->poll(std::move(request), [this, r](Result<PollPage> page) {
    if (page) reply(r, 200, to_json(*page));
    else reply(r, page.error());
  });
  if (waits && r->http.when_gone) r->http.when_gone([this, user = r->context.actor, number] { hub_->end_poll(user, number); });
}

Result<StreamOpening> Service::open_stream(const ApiRequest& request) {
  StreamParams p;
  for (const auto& [name, text] : parse_query_string(request.query)) {
    std::optional<std::string>* const given = name == "cursor" ? &p.cursor : name == "ticket" ? &p.ticket : nullptr;
    if (!given) return Error{Code::invalid_argument, "is not a known parameter", name};
    if (*given) return Error{Code::invalid_argument, "is given twice", name};
    *given = text;
  }
  if (!request.last_event_id.empty()) p.cursor = request.last_event_id;
  StreamOpening opening;
  if (p.ticket) {
    const auto holder = tickets_.look(*p.ticket, ports_.clock->steady_ms());
    if (holder && !ended(holder->session)) opening = {holder->user, holder->session, {}};
    else return Error{Code::unauthenticated, "this ticket is not valid any more", "ticket"};
  } else {
    auto context = authenticate(request.authorization);
    if (!context) return context.error();
    opening = {context->actor, context->session, {}};
  }
  if (options_.limit)
    if (auto allowed = options_.limit("stream", opening.user.str()); !allowed) return allowed.error();
  if (auto admitted = hub_->admits(opening.session); !admitted) return admitted.error();
  if (p.ticket) tickets_.take(*p.ticket, ports_.clock->steady_ms());  // only now: who is refused may come again with it
  opening.cursor = std::move(p.cursor);
  return opening;
}

}  // namespace fechatter
