#include "sdk/service/service.hpp"
#include "sdk/core/access.hpp"
#include "sdk/core/live/live.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/routes/request.hpp"
#include "sdk/service/writes/prepare.hpp"

namespace fechatter {
namespace {
// The struct of the answering call, from the fields of the command that have the same name.
std::shared_ptr<void> params_from(const Type& params, const Type& command, const void* value) {
  auto out = params.make();
  for (const Field& to : params.fields)
    for (const Field& from : command.fields)
      if (to.name == from.name && to.type == from.type && to.type->kind == Kind::id)
        std::copy_n(static_cast<const char*>(value) + from.offset, to.type->size, static_cast<char*>(out.get()) + to.offset);
  return out;
}
// What tries passwords is limited as signing in is.
std::string_view limit_kind(const RouteTarget& t) {
  if (t.permission() == Permission::anyone || (t.call && t.call->name == "set_password")) return "login";
  return t.route().method == "GET" ? "read" : "write";
}
bool hides(const Error& e) { return e.code == Code::not_found || e.code == Code::permission_denied; }
constexpr int kWaitsForLeaves = 5;  // a leave may come behind each
bool is_logout(const RouteTarget& t) { return t.call && t.call->name == "logout"; }
}  // namespace

Service::Service(ServicePorts ports, ServiceOptions options)
    : ports_(std::move(ports)), options_(std::move(options)), reads_(*ports_.main, ports_.readers, *ports_.reader) {}
Service::~Service() = default;

void Service::handle(ApiRequest http, Reply done) {
  auto request = std::make_shared<Request>(Request{std::move(http), std::move(done), {}, {}, {}, {}, 0, 0});
  auto match = router_.match(request->http.method, request->http.path);
  if (!match) return reply(request, match.error());
  request->match = std::move(*match);
  if (request->match.target.permission() != Permission::anyone) {
    const bool logout = is_logout(request->match.target);
    auto context = authenticate(request->http.authorization, logout);
    if (!context) return reply(request, context.error());
    if (logout && ended(context->session)) return reply(request, request->match.target.route().status, "");  // as asked for
    request->context = *context;
  }
  if (auto error = limit(*request)) return reply(request, *error);
  if (auto error = take_key(*request)) return reply(request, *error);
  auto arguments = read_arguments(request->match, request->http, request->page);
  if (!arguments) return reply(request, arguments.error());
  request->body_size = request->http.body.size();
  std::string().swap(request->http.body);  // a poll waits for a minute, and blanks are no argument
  request->arguments = std::move(*arguments);
  request->context.now = ports_.clock->now();
  if (request->match.target.command) run_command(request);
  else run_call(request);
}

bool Service::ended(SessionId session) const { return revoked_.count(session.str()) > 0; }

Result<Context> Service::authenticate(const std::string& authorization, bool also_ended) const {
  constexpr std::string_view kScheme = "bearer ";
  const auto same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b); };  // in any case
  if (authorization.size() <= kScheme.size() || !std::equal(kScheme.begin(), kScheme.end(), authorization.begin(), same))
    return Error{Code::unauthenticated, "an access token is required", {}};
  const auto claims = tokens_->verify(std::string_view(authorization).substr(kScheme.size()), ports_.clock->now());
  if (!claims) return Error{Code::unauthenticated, "the access token is not valid", {}};
  if (!also_ended && ended(claims->session)) return Error{Code::unauthenticated, "this session has ended", {}};
  Context x;
  x.actor = claims->user, x.session = claims->session;
  return x;
}

std::optional<Error> Service::limit(const Request& r) const {
  if (!options_.limit) return std::nullopt;
  const bool known = static_cast<bool>(r.context.actor);
  auto allowed = options_.limit(limit_kind(r.match.target), known ? r.context.actor.str() : r.http.remote_ip);
  return allowed ? std::nullopt : std::optional<Error>(allowed.error());
}

// Of whatever changes something; reads have no use for one, and what creates something has that one's id.
std::optional<Error> Service::take_key(Request& r) const {
  if (r.http.idempotency_key.empty() || r.match.target.route().method == "GET") {
    if (r.match.target.command && !r.match.target.command->creates) r.context.command_id = ports_.ids->next<CommandId>();
    return std::nullopt;
  }
  const auto key = CommandId::parse(r.http.idempotency_key);
  if (!key || !*key) return Error{Code::invalid_argument, "must be a lower-case UUID", "Idempotency-Key"};
  r.context.command_id = *key, r.context.keyed = true;
  return std::nullopt;
}

// --- commands ---
void Service::run_command(const RequestPtr& r) {
  const CommandEntry& entry = *r->match.target.command;
  if (entry.creates) r->context.command_id = id_field<CommandId>(*entry.type, r->arguments.get(), "id");
  const Prepare fill = find_prepare(entry.type->name);
  PrepareContext x{r->context.actor, r->context.now, *ports_.random, nullptr};
  if (!fill || fill(x, r->arguments.get())) return submit(r);
  auto failed = std::make_shared<std::optional<Error>>();
  reads_.read(
      r->context.actor,
      [this, r, fill, failed](Snapshot& db) {
        PrepareContext y{r->context.actor, r->context.now, *ports_.random, &db};
        fill(y, r->arguments.get());
        *failed = db.take_failure();
      },
      [this, r, failed] {
        if (*failed) reply(r, **failed);
        else submit(r);
      });
}

void Service::submit(const RequestPtr& r) {
  Submission s{r->match.target.command, r->arguments, r->context, r->body_size + 64};
  lane_->submit(std::move(s), [this, r](Outcome outcome) {
    if (ports_.main->on_thread()) return finish_command(r, std::move(outcome));
    hand_over().answers.emplace_back(r, std::move(outcome));
  });
}

// What a batch leaves for the main loop goes there at its end, in one piece: one wake-up instead of one for each command.
Service::HandOver& Service::hand_over() {
  if (next_) return *next_;
  next_ = std::make_shared<HandOver>();
  ports_.lane->post([this] {
    ports_.main->post([this, h = std::exchange(next_, nullptr)] {
      for (auto& [request, outcome] : h->answers) finish_command(request, std::move(outcome));
      for (auto& c : h->commits) publish(std::move(c));
    });
  });
  return *next_;
}

void Service::finish_command(const RequestPtr& r, Outcome outcome) {
  if (outcome.error && says_still_leaving(*outcome.error) && r->waits++ < kWaitsForLeaves) return after_leaves(r);
  if (outcome.error) return reply(r, *outcome.error);
  const CommandEntry& entry = *r->match.target.command;
  if (!outcome.ask) return reply(r, outcome.status, std::move(outcome.answer));
  const CallEntry& call = *find_call(entry.answer_call);
  auto params = entry.call_params ? entry.call_params(r->arguments.get(), r->context) : params_from(*call.params, *entry.type, r->arguments.get());
  run_read(r, call, std::move(params), outcome.status, std::move(outcome.answer));
}

// --- calls ---
void Service::run_call(const RequestPtr& r) {
  const CallEntry& call = *r->match.target.call;
  if (find_read(call.name)) return run_read(r, call, r->arguments, call.route.status);
  if (call.permission == Permission::anyone || call.name == "logout" || call.name == "set_password") return run_account_call(r);
  run_live_call(r);
}

void Service::run_read(const RequestPtr& r, const CallEntry& call, std::shared_ptr<const void> params, int status, std::string otherwise) {
  auto answer = std::make_shared<Answer>(Error{Code::internal, "not run", {}});
  auto unreadable = std::make_shared<std::vector<std::int64_t>>();
  reads_.read(
      r->context.actor,
      [this, r, &call, params, answer, unreadable](Snapshot& db) {
        WorkingSet set(db);
        ReadContext x{db, r->context.actor, r->context.session, r->context.now, ports_.epoch, r->page};
        auto refused = authorise(set, call.permission, *call.params, params.get(), r->context);
        *answer = refused ? Answer(*refused) : find_read(call.name)(x, params.get());
        if (auto failure = db.take_failure()) *answer = *failure;  // whatever was concluded from that
        *unreadable = std::move(x.unreadable);
      },
      [this, r, answer, unreadable, status, otherwise = std::move(otherwise)] {
        complain(*unreadable);
        if (*answer) reply(r, status, std::move(**answer));
        else if (!otherwise.empty() && hides(answer->error())) reply(r, status, otherwise);
        else reply(r, answer->error());
      });
}

void Service::with_access(const RequestPtr& r, std::function<void()> allowed) {
  auto refused = std::make_shared<std::optional<Error>>();
  const CallEntry& call = *r->match.target.call;
  reads_.read(
      r->context.actor,
      [r, &call, refused](Snapshot& db) {
        WorkingSet set(db);
        *refused = authorise(set, call.permission, *call.params, r->arguments.get(), r->context);
        if (!*refused && call.name == "set_typing") *refused = read_only(set, arguments_of<SetTyping>(r->arguments).chat_id);
        if (auto failure = db.take_failure()) *refused = *failure;
      },
      [this, r, refused, allowed = std::move(allowed)] {
        if (*refused) reply(r, **refused);
        else allowed();
      });
}

void Service::reply(const RequestPtr& r, int status, std::string body) {
  const bool matched = r->match.target.command || r->match.target.call;
  r->done({status, status == 204 ? std::string() : std::move(body), matched ? std::string(r->match.target.route().path) : std::string(), 0});
}
void Service::reply(const RequestPtr& r, const Error& error) {
  ApiReply out = refuse(error, r->http.request_id);
  if (r->match.target.command || r->match.target.call) out.route = r->match.target.route().path;
  r->done(std::move(out));
}

}  // namespace fechatter
