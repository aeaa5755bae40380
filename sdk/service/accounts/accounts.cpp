#include "sdk/service/accounts/accounts.hpp"
#include <algorithm>
#include "sdk/core/hash.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kSessionMs = 30LL * 24 * 3600 * 1000;
Error wrong() { return {Code::unauthenticated, "wrong address or password", {}}; }
Error busy() { return {Code::unavailable, "too many people are signing in", {}, 1000}; }
constexpr std::size_t kShortestPassword = 8, kLongestPassword = 256;  // bytes
// Before any hashing: the cost of a hash must not be the caller's choice.
std::optional<Error> bad_length(const std::string& password, std::size_t least, const char* field) {
  if (password.size() >= least && password.size() <= kLongestPassword) return std::nullopt;
  return Error{Code::invalid_argument, password.size() < least ? "is too short" : "is too long", field};
}
Context actor_of(UserId user, SessionId session) {
  Context x;
  x.actor = user, x.session = session;
  return x;
}
// What was asked for, but for the secret and the device: its owner proves the one, and another device may retry.
std::string fingerprint(SignUpRequest r) {
  r.password.clear(), r.device.reset();
  return sha256_hex(to_json(r));
}
std::string trimmed(const std::string& s) {
  const auto first = s.find_first_not_of(" \t\r\n"), last = s.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? std::string() : s.substr(first, last - first + 1);
}
}  // namespace

Accounts::Accounts(AccountPorts ports) : ports_(std::move(ports)) {
  nobody_ = argon2id_hash("nobody has this password", salt(), ports_.argon2_kib, ports_.argon2_iterations);
}
std::string Accounts::salt() const {
  std::string bytes(16, '\0');
  ports_.random.fill(bytes.data(), bytes.size());
  return bytes;
}
NewSession Accounts::new_session(const std::optional<std::string>& device, Time now) const {
  const auto id = ports_.ids.next<SessionId>();
  return {id, device.value_or(""), {now.ms + kSessionMs}, sha256_hex(ports_.tokens.refresh_token(id, 0))};
}
SignedIn Accounts::signed_in(MeView me, SessionId session, std::int64_t generation) const {
  const Time now = ports_.clock.now();
  return {me, session, ports_.tokens.issue(me.id, session, now), ports_.tokens.refresh_token(session, generation), ports_.tokens.ttl_s()};
}
void Accounts::submit(const Type& command, std::shared_ptr<const void> value, Context x, std::function<void(Outcome)> done) {
  x.now = ports_.clock.now();
  if (!x.keyed) x.command_id = ports_.ids.next<CommandId>();
  ports_.submit({find_command(command.name), std::move(value), x, 512}, std::move(done));
}

void Accounts::signup(SignUpRequest r, CommandId key, SignedInDone done) {
  const auto email = fold_email(r.email);
  const std::string name = trimmed(r.name);
  if (!email) return done(Error{Code::invalid_argument, "is not an address", "email"});
  if (name.empty()) return done(Error{Code::invalid_argument, "must not be blank", "name"});
  if (auto error = bad_length(r.password, kShortestPassword, "password")) return done(*error);
  auto command = std::make_shared<SignUp>();
  command->user_id = ports_.ids.next<UserId>(), command->email = *email, command->name = name;
  command->session = new_session(r.device, ports_.clock.now());
  command->workspace = r.workspace, command->invite = r.invite, command->key = key, command->fingerprint = fingerprint(r);
  auto failure = std::make_shared<std::optional<Error>>();
  auto hash = [this, command, password = r.password, salt = salt(), failure] {
    command->password_hash = argon2id_hash(password, salt, ports_.argon2_kib, ports_.argon2_iterations);
    if (!command->invite) return;
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    if (const auto* invite = set.find<InviteRow>(*command->invite)) command->invite_workspace = invite->workspace_id;
    *failure = db->take_failure();
  };
  const bool taken = ports_.work(hash, [this, r = std::move(r), command, failure, done] {
    if (*failure) return done(**failure);
    if (command->password_hash.empty()) return done(Error{Code::internal, "the password could not be hashed", {}});
    submit(type_of<SignUp>, command, actor_of(command->user_id, command->session.id), [this, r, command, done](Outcome outcome) {
      if (outcome.error && outcome.error->code == Code::conflict) return signup_again(r, command, *outcome.error, done);
      if (outcome.error) return done(*outcome.error);
      auto db = ports_.snapshot();
      WorkingSet set(*db);
      const auto* user = set.find<UserRow>(command->user_id);
      if (auto unread = db->take_failure(); unread || !user) return done(unread.value_or(busy()));  // known by then, like after a lost answer
      done(signed_in({user->id, user->name, command->email, user->created_at}, command->session.id, 0));
    });
  });
  if (!taken) done(busy());
}

// The first answer may have been lost. Whoever sends the same once more and knows the password has made this account.
void Accounts::signup_again(SignUpRequest r, std::shared_ptr<const SignUp> command, const Error& refused, SignedInDone done) {
  if (!r.workspace && !command->key) return done(refused);
  auto person = std::make_shared<Result<Proven>>(refused);
  auto look = [this, person, command, r, refused] { *person = made_before(r, *command, refused); };
  const bool taken = ports_.work(look, [this, person, device = r.device, done] {
    if (*person) return start_session(**person, device, done);
    done(person->error());
  });
  if (!taken) done(busy());
}
Result<Accounts::Proven> Accounts::made_before(const SignUpRequest& r, const SignUp& command, const Error& refused) const {
  auto db = ports_.snapshot();
  WorkingSet set(*db);
  const auto* entry = set.find<EmailRow>(command.email);
  const auto* keyed = command.key ? set.find<CommandRow>(UserId{}, command.key) : nullptr;
  const auto* workspace = command.workspace ? set.find<WorkspaceRow>(command.workspace->id) : nullptr;
  const bool same_key = entry && keyed && keyed->answer == entry->user_id.str() && keyed->fingerprint == command.fingerprint;
  const bool same_workspace = entry && workspace && workspace->created_by == entry->user_id;
  if (auto failure = db->take_failure()) return *failure;
  if (!same_key && !same_workspace) return refused;
  auto person = prove(command.email, r.password);
  return person || person.error().code != Code::unauthenticated ? person : Result<Proven>(refused);
}

// The same work whether the address is known or not.
Result<Accounts::Proven> Accounts::prove(const std::optional<std::string>& email, const std::string& password) const {
  std::string hash = nobody_;
  std::optional<Proven> found;
  if (email) {
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    const auto* entry = set.find<EmailRow>(*email);
    const auto* secret = entry ? set.find<CredentialRow>(entry->user_id) : nullptr;
    const auto* user = entry ? set.find<UserRow>(entry->user_id) : nullptr;
    if (secret && user) hash = secret->password_hash, found = Proven{*user, *email, hash};
    if (auto failure = db->take_failure()) return *failure;
  }
  if (!argon2id_verify(hash, password) || !found || found->user.state != UserState::active) return wrong();
  found->displaced = oldest_sessions(found->user.id);
  return *found;
}

// Those that have to go when one more comes, by their last use. Where they cannot be read, one more is no harm.
std::vector<SessionId> Accounts::oldest_sessions(UserId user) const {
  auto db = ports_.snapshot();
  auto sessions = db->rows<SessionRow>("user_sessions", {value(user), value(ports_.clock.now().ms)});
  std::vector<SessionId> oldest;
  if (!sessions || sessions->size() < kMaxSessions) return oldest;
  std::sort(sessions->begin(), sessions->end(), [](const auto& a, const auto& b) { return a->used_at.ms > b->used_at.ms; });
  for (std::size_t i = kMaxSessions - 1; i < sessions->size(); ++i) oldest.push_back((*sessions)[i]->id);
  return oldest;
}

void Accounts::login(LoginRequest r, SignedInDone done) {
  if (auto error = bad_length(r.password, 0, "password")) return done(*error);
  const auto email = fold_email(r.email);
  auto person = std::make_shared<Result<Proven>>(wrong());
  auto look = [this, person, email, password = r.password] { *person = prove(email, password); };
  const bool taken = ports_.work(look, [this, person, email, device = r.device, done] {
    if (*person) return start_session(**person, device, done);
    if (ports_.failures && person->error().code == Code::unauthenticated) ports_.failures(email.value_or(""));
    done(person->error());
  });
  if (!taken) done(busy());
}

// Between the proof and the commit the password may have changed. The commit's callback runs before the lane's next batch: either it
// sees the new password, or the change, when its turn comes, sees this session.
void Accounts::start_session(const Proven& person, const std::optional<std::string>& device, SignedInDone done) {
  const UserRow& user = person.user;
  auto command = std::make_shared<StartSession>(StartSession{user.id, new_session(device, ports_.clock.now()), person.displaced});
  const MeView me{user.id, user.name, person.email, user.created_at};
  submit(type_of<StartSession>, command, actor_of(user.id, command->session.id), [this, command, me, hash = person.hash, done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    const SessionId session = command->session.id;
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    const auto* secret = set.find<CredentialRow>(me.id);
    if (secret && secret->password_hash == hash) return done(signed_in(me, session, 0));
    const Error refused = db->take_failure().value_or(wrong());
    revoke(me.id, session, [done, refused](const Result<Done>&) { done(refused); });  // its tokens were never given out
  });
}

void Accounts::refresh(RefreshRequest r, std::string key, SignedInDone done) {
  const auto token = ports_.tokens.parse_refresh(r.refresh_token);
  if (!token) return done(Error{Code::unauthenticated, "the refresh token is not valid", {}});
  if (!key.empty() && !CommandId::parse(key)) return done(Error{Code::invalid_argument, "must be a lower-case UUID", "Idempotency-Key"});
  const Time now = ports_.clock.now();
  const std::int64_t next = token->generation + 1;
  auto command = std::make_shared<RefreshSession>(RefreshSession{token->session,
                                                                 sha256_hex(r.refresh_token),
                                                                 sha256_hex(ports_.tokens.refresh_token(token->session, next)),
                                                                 std::move(key),
                                                                 token->generation,
                                                                 {now.ms + kSessionMs}});
  submit(type_of<RefreshSession>, command, actor_of({}, token->session), [this, command, next, done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    const auto* session = set.find<SessionRow>(command->session_id);
    const auto* user = session ? set.find<UserRow>(session->user_id) : nullptr;
    const auto* secret = session ? set.find<CredentialRow>(session->user_id) : nullptr;
    if (auto failure = db->take_failure()) return done(*failure);
    if (!user || !secret || session->revoked || user->state != UserState::active) return done(Error{Code::unauthenticated, "this session has ended", {}});
    done(signed_in({user->id, user->name, secret->email, user->created_at}, session->id, next));
  });
}

void Accounts::logout(const Context& x, PlainDone done) { revoke(x.actor, x.session, std::move(done)); }
void Accounts::revoke(UserId user, SessionId session, PlainDone done) {
  submit(type_of<RevokeSession>, std::make_shared<RevokeSession>(RevokeSession{session}), actor_of(user, session), [done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    done(Done{});
  });
}

void Accounts::prepare(const Context& x, const PasswordChange& r, const std::string& salt, Change& change) const {
  auto db = ports_.snapshot();
  WorkingSet set(*db);
  ChangePassword& command = *change.command;
  command.fingerprint = ports_.tokens.fingerprint("change_password", std::to_string(r.old.size()) + ' ' + r.old + r.fresh);
  const auto* before = x.keyed ? set.find<CommandRow>(x.actor, x.command_id) : nullptr;
  if (before) return void(change.made_at = before->at);  // the lane compares
  const auto* secret = set.find<CredentialRow>(x.actor);
  if (auto failure = db->take_failure()) return void(change.refused = *failure);
  const bool right = argon2id_verify(secret ? secret->password_hash : nobody_, r.old) && secret;
  if (!right) return void(change.refused = Error{Code::permission_denied, "the old password is wrong", "old"});
  command.old_hash = secret->password_hash;
  command.password_hash = argon2id_hash(r.fresh, salt, ports_.argon2_kib, ports_.argon2_iterations);
  if (command.password_hash.empty()) return void(change.refused = Error{Code::internal, "the password could not be hashed", {}});
  auto sessions = db->rows<SessionRow>("user_sessions", {value(x.actor), value(ports_.clock.now().ms)});
  if (!sessions) return void(change.refused = sessions.error());  // a change that left the other sessions alive would not be one
  for (const auto& s : *sessions)
    if (s->id != x.session) command.others.push_back(s->id);
}

void Accounts::set_password(const Context& x, PasswordChange r, PlainDone done) {
  if (auto error = bad_length(r.old, 0, "old")) return done(*error);
  if (auto error = bad_length(r.fresh, kShortestPassword, "new")) return done(*error);
  auto change = std::make_shared<Change>();
  auto look = [this, x, r, change, salt = salt()] { prepare(x, r, salt, *change); };
  const bool taken = ports_.work(look, [this, x, change, done] {
    if (change->refused) return done(*change->refused);
    submit(type_of<ChangePassword>, change->command, x, [this, x, at = change->made_at, done](Outcome outcome) {
      if (outcome.error) return done(*outcome.error);
      end_others(x.actor, x.session, at, done);
    });
  });
  if (!taken) done(busy());
}

// What the old password opened after prepare() had looked; as a rule nothing. A replay leaves alone what the new one has opened since.
void Accounts::end_others(UserId user, SessionId own, std::optional<Time> changed_at, PlainDone done) {
  auto db = ports_.snapshot();
  auto sessions = db->rows<SessionRow>("user_sessions", {value(user), value(ports_.clock.now().ms)});
  if (!sessions) return done(sessions.error());
  std::erase_if(*sessions, [&](const auto& s) { return s->id == own || (changed_at && s->created_at > *changed_at); });
  if (sessions->empty()) return done(Done{});
  auto waiting = std::make_shared<std::size_t>(sessions->size());
  auto failed = std::make_shared<std::optional<Error>>();
  for (const auto& s : *sessions)
    revoke(user, s->id, [waiting, failed, done](const Result<Done>& r) {
      if (!r) *failed = r.error();
      if (--*waiting > 0) return;
      if (*failed) return done(**failed);
      done(Done{});
    });
}

}  // namespace fechatter
