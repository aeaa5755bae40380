// Putting the service together, and what it does on its own: the rest of leaves, the revoked sessions.
#include <algorithm>
#include <set>
#include "sdk/core/access.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/routes/request.hpp"

namespace fechatter {
namespace {
constexpr UserId kOurselves = [] {  // whose turn it is when the service reads for itself
  UserId id;
  id.bytes.fill(0xff);
  return id;
}();
constexpr std::int64_t kLeaveBatch = 200;
constexpr std::int64_t kLongestAccessS = 900;  // of access tokens, whatever is configured
constexpr std::size_t kComplaints = 1000;  // about positions of the log
constexpr std::int64_t kLeaveRetryMs = 1000;  // the store failed, or its queue was full
struct MembershipRow {
  ChatId chat_id;
  WorkspaceId workspace_id;
  std::int32_t member_count = 0;
  std::int64_t visible_from = 1, head_seq = 0, head_rev = 0;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::MembershipRow, "membership", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(workspace_id), FECHATTER_FIELD(member_count),
                 FECHATTER_FIELD(visible_from), FECHATTER_FIELD(head_seq), FECHATTER_FIELD(head_rev));
namespace fechatter {

Result<std::unique_ptr<Service>> Service::start(ServicePorts ports, ServiceOptions options) {
  std::unique_ptr<Service> service(new Service(std::move(ports), std::move(options)));
  if (auto done = service->prepare(); !done) return done.error();
  return service;
}

Result<Done> Service::prepare() {
  auto tokens = Tokens::open(*ports_.files, *ports_.random, options_.key_directory,
                             {options_.issuer, options_.issuer, options_.access_ttl_s, options_.signing_key, options_.refresh_secret, ports_.epoch});
  if (!tokens) return tokens.error();
  tokens_ = std::move(*tokens);
  lane_ = std::make_unique<Lane>(*ports_.lane, *ports_.store, *ports_.log, [this](std::shared_ptr<const Committed> c) { committed(std::move(c)); });
  if (auto done = load_revoked(); !done) return done;
  start_accounts();
  start_hub();
  leaves_.push_back({});
  finish_leaves();
  return Done{};
}

// Access tokens outlive their session by at most their own lifetime: until then the sessions that ended are remembered.
Result<Done> Service::load_revoked() {
  auto db = ports_.reader->snapshot();
  auto rows = db->rows<SessionRow>("revoked_sessions", {value(ports_.clock->now().ms)});
  if (!rows) return rows.error();
  for (const auto& s : *rows) remember_ended(s->id);
  auto head = db->rows<LogRow>("log_head", {});
  if (!head) return head.error();
  if (!head->empty()) head_command_ = head->front()->command_id, ports_.head = head->front()->pos;
  return Done{};
}

void Service::remember_ended(SessionId session) {
  const std::int64_t now = ports_.clock->now().ms;
  revoked_[session.str()] = now + std::max(options_.access_ttl_s, kLongestAccessS) * 1000;  // the tokens may be of another configuration
  if (revoked_.size() < forget_at_) return;
  std::erase_if(revoked_, [now](const auto& r) { return r.second < now; });
  forget_at_ = std::max<std::size_t>(1024, 2 * revoked_.size());
}

// Once for each: it will be met again and again.
void Service::complain(const std::vector<std::int64_t>& unreadable) {
  for (const std::int64_t position : unreadable)
    if (unreadable_.size() < kComplaints && unreadable_.insert(position).second)
      ports_.log->write(Level::error, "store", "position " + std::to_string(position) + " of the log cannot be read: it is served without its content");
}

void Service::start_accounts() {
  AccountPorts ports{[this](Submission s, std::function<void(Outcome)> done) { lane_->submit(std::move(s), std::move(done)); },
                     [this] { return ports_.reader->snapshot(); },
                     ports_.work,
                     *ports_.clock,
                     *ports_.random,
                     *ports_.ids,
                     *tokens_,
                     static_cast<std::uint32_t>(options_.argon2_kib),
                     static_cast<std::uint32_t>(options_.argon2_iterations)};
  accounts_ = std::make_unique<Accounts>(std::move(ports));
}

void Service::start_hub() {
  HubPorts ports{*ports_.main, *ports_.clock, *ports_.random, *ports_.log, {}, {}, ports_.epoch, ports_.head, head_command_, {}};
  ports.read_log = [this](std::int64_t after, std::function<void(Result<std::vector<LogEvent>>)> done) {
    auto events = std::make_shared<Result<std::vector<LogEvent>>>(Error{Code::internal, "not run", {}});
    auto unreadable = std::make_shared<std::vector<std::int64_t>>();
    reads_.read(
        kOurselves, [after, events, unreadable](Snapshot& db) { *events = log_after(db, after, 500, unreadable.get()); },
        [this, events, unreadable, done] {
          complain(*unreadable);
          done(std::move(*events));
        });
  };
  ports.memberships = [this](UserId user, std::function<void(Result<Memberships>)> done) {
    auto found = std::make_shared<Result<Memberships>>(Error{Code::internal, "not run", {}});
    reads_.read(user, [user, found](Snapshot& db) { *found = memberships_of(db, user); }, [found, done] { done(std::move(*found)); });
  };
  ports.limits = options_.live;
  ports.limits.large_chat = static_cast<std::int32_t>(options_.large_chat);
  hub_ = std::make_unique<Hub>(std::move(ports));
}

Result<Memberships> Service::memberships_of(Snapshot& db, UserId user) {
  Memberships m;
  WorkingSet set(db);
  if (!is_active(set, user)) return db.take_failure().value_or(Error{Code::unauthenticated, "this account is not active", {}});
  auto head = db.rows<LogRow>("log_head", {});
  if (!head) return head.error();
  m.position = head->empty() ? 0 : head->front()->pos;
  auto chats = db.rows<MembershipRow>("memberships", {value(user)});
  if (!chats) return chats.error();
  for (const auto& c : *chats) m.chats.push_back({c->chat_id, c->workspace_id, c->member_count, c->visible_from, c->head_seq, c->head_rev});
  auto workspaces = db.rows<WorkspaceView>("list_workspaces", {value(user), value(AnyId{}), value(std::int64_t{1000})});
  if (!workspaces) return workspaces.error();
  for (const auto& w : *workspaces) m.workspaces.push_back(w->id);
  return m;
}

// On the lane's loop. What ends sessions is known on the main loop before anybody is answered; who writes is answered before all others
// are told.
void Service::committed(std::shared_ptr<const Committed> c) {
  if (ports_.main->on_thread()) {
    note(*c);
    return publish(std::move(c));
  }
  const bool only_chats = std::all_of(c->events.begin(), c->events.end(), [](const LogEvent& e) { return e.stream.kind == StreamKind::chat; });
  if (!only_chats) ports_.main->post([this, c] { note(*c); });
  hand_over().commits.push_back(std::move(c));
}

void Service::note(const Committed& c) {
  for (const LogEvent& e : c.events) {
    if (e.stream.kind == StreamKind::user && e.type == type_of<SessionRevoked>.name) {
      SessionRevoked body;
      if (!read_json(e.payload, body, Reading::tolerant)) remember_ended(body.session_id);
    }
    if (e.stream.kind == StreamKind::workspace && e.type == type_of<WorkspaceMemberLeft>.name) {
      WorkspaceMemberLeft body;
      const bool read = !read_json(e.payload, body, Reading::tolerant);
      leaves_.push_back(read ? Leave{id_cast<WorkspaceId>(e.stream.id), body.user_id} : Leave{});
      finish_leaves();
    }
    if (e.stream.kind == StreamKind::user && e.type == type_of<ProfileChanged>.name) tell_name(c, id_cast<UserId>(e.stream.id));
  }
}

// A workspace that somebody came into after their new name was prepared, and before it was stored, was told of the old one. It hears of
// the new one now; once more, if it has by itself.
void Service::tell_name(const Committed& c, UserId renamed) {
  std::set<WorkspaceId> told;
  for (const LogEvent& e : c.events)
    if (e.stream.kind == StreamKind::workspace && e.actor == renamed && e.type == type_of<ProfileChanged>.name) told.insert(id_cast<WorkspaceId>(e.stream.id));
  auto command = std::make_shared<UpdateMe>();
  reads_.read(
      kOurselves,
      [renamed, told, command](Snapshot& db) {
        const auto mine = db.rows<WorkspaceView>("list_workspaces", {value(renamed), value(AnyId{}), value(std::int64_t{1000})});
        if (!mine) return;
        for (const auto& w : *mine)
          if (!told.contains(w->id)) command->workspaces.push_back(w->id);
      },
      [this, renamed, command] {
        if (command->workspaces.empty()) return;
        Submission s{find_command(type_of<UpdateMe>.name), command, {}};
        s.context.actor = renamed, s.context.now = ports_.clock->now(), s.context.command_id = ports_.ids->next<CommandId>();
        lane_->submit(std::move(s), [](const Outcome&) {});
      });
}

void Service::publish(std::shared_ptr<const Committed> c) {
  if (!ports_.bus) return hub_->on_commit(std::move(c));
  ports_.bus(std::move(c), [this](std::shared_ptr<const Committed> told) { hub_->on_commit(std::move(told)); });
}

// Leaving a workspace took effect with one event; the memberships of its chats follow in batches. Only at the start, when it is not known
// whose are left over, everybody who ever left is looked at. One leave at a time, and each until nothing is left of it.
void Service::finish_leaves() {
  if (leaves_.empty() || std::exchange(leaving_, true)) return;
  const Leave leave = leaves_.front();
  auto rows = std::make_shared<Result<std::vector<std::shared_ptr<const MemberRow>>>>(Error{Code::internal, "not run", {}});
  reads_.read(
      kOurselves,
      [rows, leave](Snapshot& db) {
        *rows = leave.user ? db.rows<MemberRow>("left_memberships_of", {value(kLeaveBatch), value(leave.workspace), value(leave.user)})
                           : db.rows<MemberRow>("left_memberships", {value(kLeaveBatch)});
      },
      [this, rows] {
        if (*rows && !(*rows)->empty()) return forget(**rows);
        if (*rows) leaves_.pop_front();
        leaves_done(!*rows);
      });
}

void Service::forget(const std::vector<std::shared_ptr<const MemberRow>>& members) {
  struct Round {
    std::size_t waiting;
    bool failed = false;
  };
  auto round = std::make_shared<Round>(Round{members.size()});
  for (const auto& m : members) {
    Submission s{find_command(type_of<ForgetMember>.name), std::make_shared<const ForgetMember>(ForgetMember{m->chat_id, m->user_id}), {}};
    s.context.actor = m->user_id, s.context.now = ports_.clock->now(), s.context.command_id = ports_.ids->next<CommandId>();
    lane_->submit(std::move(s), [this, round](Outcome outcome) {
      ports_.main->post([this, round, failed = outcome.error.has_value()] {  // counted on one thread: a full queue answers on this one
        round->failed |= failed;
        if (--round->waiting == 0) leaves_done(round->failed);
      });
    });
  }
}

// One that failed waits behind the others.
void Service::leaves_done(bool failed) {
  leaving_ = false;
  if (!failed && !leaves_.empty()) return finish_leaves();
  if (failed) {
    std::rotate(leaves_.begin(), leaves_.begin() + 1, leaves_.end());
    leave_retry_ = ports_.main->after(kLeaveRetryMs, [this] { finish_leaves(); });
  }
  for (const RequestPtr& r : std::exchange(behind_leaves_, {})) run_command(r);
}

// The leave was told of before the command was answered: where none is under way by now, that one is done.
void Service::after_leaves(const RequestPtr& r) {
  if (leaving_) behind_leaves_.push_back(r);
  else run_command(r);
}

std::string Service::not_ready() const { return lane_->queued() > 4000 ? "the writer is behind" : std::string(); }

}  // namespace fechatter
