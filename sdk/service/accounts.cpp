#include "sdk/service/accounts.hpp"
#include "sdk/core/hash.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kSessionMs = 30LL * 24 * 3600 * 1000;
Error wrong() { return {Code::unauthenticated, "wrong address or password", {}}; }
Error busy() { return {Code::unavailable, "too many people are signing in", {}, 1000}; }
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
void Accounts::submit(const Type& command, std::shared_ptr<const void> value, UserId actor, SessionId session, std::function<void(Outcome)> done) {
  Submission s{find_command(command.name), std::move(value), {}, 512};
  s.context.actor = actor, s.context.session = session, s.context.now = ports_.clock.now(), s.context.command_id = ports_.ids.next<CommandId>();
  ports_.submit(std::move(s), std::move(done));
}

void Accounts::signup(SignUpRequest r, SignedInDone done) {
  const auto email = fold_email(r.email);
  const std::string name = trimmed(r.name);
  if (!email) return done(Error{Code::invalid_argument, "is not an address", "email"});
  if (name.empty()) return done(Error{Code::invalid_argument, "must not be blank", "name"});
  auto command = std::make_shared<SignUp>();
  command->user_id = ports_.ids.next<UserId>(), command->email = *email, command->name = name;
  command->session = new_session(r.device, ports_.clock.now());
  command->workspace = r.workspace, command->invite = r.invite;
  auto hash = [this, command, password = r.password, salt = salt()] {
    command->password_hash = argon2id_hash(password, salt, ports_.argon2_kib, ports_.argon2_iterations);
    if (!command->invite) return;
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    if (const auto* invite = set.find<InviteRow>(*command->invite)) command->invite_workspace = invite->workspace_id;
  };
  const bool taken = ports_.work(hash, [this, command, done] {
    if (command->password_hash.empty()) return done(Error{Code::internal, "the password could not be hashed", {}});
    submit(type_of<SignUp>, command, command->user_id, command->session.id, [this, command, done](Outcome outcome) {
      if (outcome.error) return done(*outcome.error);
      done(signed_in({command->user_id, command->name, command->email, ports_.clock.now()}, command->session.id, 0));
    });
  });
  if (!taken) done(busy());
}

void Accounts::login(LoginRequest r, SignedInDone done) {
  struct Found {
    std::optional<UserRow> user;
    std::string email;
    bool good = false;
  };
  auto found = std::make_shared<Found>();
  auto look = [this, found, email = fold_email(r.email), password = r.password] {
    std::string hash = nobody_;
    if (email) {
      auto db = ports_.snapshot();
      WorkingSet set(*db);
      const auto* entry = set.find<EmailRow>(*email);
      const auto* secret = entry ? set.find<CredentialRow>(entry->user_id) : nullptr;
      const auto* user = entry ? set.find<UserRow>(entry->user_id) : nullptr;
      if (secret && user) hash = secret->password_hash, found->user = *user, found->email = *email;
    }
    found->good = argon2id_verify(hash, password) && found->user && found->user->state == UserState::active;
  };
  const bool taken = ports_.work(look, [this, found, device = r.device, done] {
    if (!found->good) return done(wrong());
    start_session(*found->user, found->email, device, done);
  });
  if (!taken) done(busy());
}

void Accounts::start_session(const UserRow& user, const std::string& email, const std::optional<std::string>& device, SignedInDone done) {
  auto command = std::make_shared<StartSession>(StartSession{user.id, new_session(device, ports_.clock.now())});
  const MeView me{user.id, user.name, email, user.created_at};
  submit(type_of<StartSession>, command, user.id, command->session.id, [this, command, me, done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    done(signed_in(me, command->session.id, 0));
  });
}

void Accounts::refresh(RefreshRequest r, std::string key, SignedInDone done) {
  const auto token = ports_.tokens.parse_refresh(r.refresh_token);
  if (!token) return done(Error{Code::unauthenticated, "the refresh token is not valid", {}});
  const Time now = ports_.clock.now();
  const std::int64_t next = token->generation + 1;
  auto command = std::make_shared<RefreshSession>(RefreshSession{token->session, sha256_hex(r.refresh_token),
                                                                 sha256_hex(ports_.tokens.refresh_token(token->session, next)), std::move(key),
                                                                 token->generation, {now.ms + kSessionMs}});
  submit(type_of<RefreshSession>, command, {}, token->session, [this, command, next, done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    const auto* session = set.find<SessionRow>(command->session_id);
    const auto* user = session ? set.find<UserRow>(session->user_id) : nullptr;
    const auto* secret = session ? set.find<CredentialRow>(session->user_id) : nullptr;
    if (!user || !secret || session->revoked || user->state != UserState::active)
      return done(Error{Code::unauthenticated, "this session has ended", {}});
    done(signed_in({user->id, user->name, secret->email, user->created_at}, session->id, next));
  });
}

void Accounts::logout(const Context& x, PlainDone done) {
  submit(type_of<RevokeSession>, std::make_shared<RevokeSession>(RevokeSession{x.session}), x.actor, x.session, [done](Outcome outcome) {
    if (outcome.error) return done(*outcome.error);
    done(Done{});
  });
}

void Accounts::set_password(const Context& x, PasswordChange r, PlainDone done) {
  auto command = std::make_shared<ChangePassword>();
  auto good = std::make_shared<bool>(false);
  auto look = [this, x, r, command, good, salt = salt()] {
    auto db = ports_.snapshot();
    WorkingSet set(*db);
    const auto* secret = set.find<CredentialRow>(x.actor);
    *good = argon2id_verify(secret ? secret->password_hash : nobody_, r.old) && secret;
    if (!*good) return;
    command->password_hash = argon2id_hash(r.fresh, salt, ports_.argon2_kib, ports_.argon2_iterations);
    auto sessions = db->rows<SessionRow>("user_sessions", {value(x.actor), value(ports_.clock.now().ms)});
    if (!sessions) return;
    for (const auto& s : *sessions)
      if (s->id != x.session) command->others.push_back(s->id);
  };
  const bool taken = ports_.work(look, [this, x, command, good, done] {
    if (!*good) return done(Error{Code::permission_denied, "the old password is wrong", "old"});
    submit(type_of<ChangePassword>, command, x.actor, x.session, [done](Outcome outcome) {
      if (outcome.error) return done(*outcome.error);
      done(Done{});
    });
  });
  if (!taken) done(busy());
}

}  // namespace fechatter
