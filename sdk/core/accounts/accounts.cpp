#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/drafts.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {
static SessionRow session_row(const NewSession& s, UserId user, Time now) { return {s.id, user, s.device, now, now, s.expires_at, 0, s.token_hash, {}, false}; }
static Error stale_session() { return {Code::unauthenticated, "this session has ended", {}}; }

static void revoke(Drafts& drafts, const SessionRow& session, const char* reason) {
  if (session.revoked) return;
  SessionRow row = session;
  row.revoked = true;
  drafts.notify(user_stream(session.user_id), Body::of(SessionRevoked{session.id, reason}));
  drafts.effects.rows.push_back(private_row(std::move(row)));
}

// --- signing up and in ---
// Before there is a person, a key is nobody's.
static void needs(Keys& keys, const SignUp& c, const Context&, WorkingSet* loaded) {
  if (c.key) need<CommandRow>(keys, UserId{}, c.key);
  need<EmailRow>(keys, c.email), need<UserRow>(keys, c.user_id), need<SessionRow>(keys, c.session.id);
  need<CredentialRow>(keys, c.user_id);
  if (c.workspace) need<WorkspaceRow>(keys, c.workspace->id), need<ChatRow>(keys, c.workspace->id);
  if (c.invite) need_invite(keys, *c.invite, c.invite_workspace, c.user_id, loaded);
}
static Decision decide(WorkingSet& set, const SignUp& c, const Context& x) {
  if (set.find<EmailRow>(c.email)) return Error{Code::conflict, "this address has an account already", "email"};
  if (c.key && set.find<CommandRow>(UserId{}, c.key)) return Error{Code::conflict, "this idempotency key was used for another change", {}};
  const UserRow user{c.user_id, c.name, UserState::active, x.now, 1};
  Drafts drafts(set);
  drafts.notify(user_stream(c.user_id), Body::of(UserCreated{c.user_id, c.name}));
  if (c.workspace) {
    if (c.workspace->id.bytes[6] >> 4 != 7) return Error{Code::invalid_argument, "must be a UUIDv7", "workspace.id"};
    if (set.find<WorkspaceRow>(c.workspace->id) || set.find<ChatRow>(c.workspace->id)) return Error{Code::conflict, "this id is taken", "workspace.id"};
    draft_workspace(drafts, *c.workspace, user, x.now);
  }
  if (c.invite)
    if (auto error = draft_join(drafts, set, *c.invite, user, x.now)) return *error;
  auto& rows = drafts.effects.rows;
  rows.push_back(private_row(EmailRow{c.email, c.user_id}));
  rows.push_back(private_row(CredentialRow{c.user_id, c.email, c.password_hash}));
  rows.push_back(private_row(session_row(c.session, c.user_id, x.now)));
  if (c.key) rows.push_back(private_row(CommandRow{{}, c.key, c.fingerprint, 0, x.now, c.user_id.str()}));
  return drafts;
}
static void apply(WorkingSet& set, const Event& e, const UserCreated& b) { set.put(UserRow{b.id, b.name, UserState::active, e.at, 1}); }

static void needs(Keys& keys, const StartSession& c, const Context&, WorkingSet*) {
  need<UserRow>(keys, c.user_id), need<SessionRow>(keys, c.session.id);
  for (const auto& id : c.displaced) need<SessionRow>(keys, id);
}
static Decision decide(WorkingSet& set, const StartSession& c, const Context& x) {
  const auto* user = set.find<UserRow>(c.user_id);
  if (!user || user->state != UserState::active) return Error{Code::unauthenticated, "this account is not active", {}};
  Drafts drafts(set);
  drafts.effects.rows.push_back(private_row(session_row(c.session, c.user_id, x.now)));
  for (const auto& id : c.displaced)
    if (const auto* session = set.find<SessionRow>(id); session && session->user_id == c.user_id) revoke(drafts, *session, "too_many");
  return drafts;
}

// --- refreshing: the old token is spent; its reuse ends the session, unless it is the retry of the same refresh ---
static void needs(Keys& keys, const RefreshSession& c, const Context&, WorkingSet*) { need<SessionRow>(keys, c.session_id); }
static Decision decide(WorkingSet& set, const RefreshSession& c, const Context& x) {
  const auto* session = set.find<SessionRow>(c.session_id);
  if (!session || session->revoked || session->expires_at < x.now) return stale_session();
  const bool retry = session->generation == c.generation + 1 && !c.rotation_key.empty() && session->rotation_key == c.rotation_key;
  if (retry) return Effects{{}, {}, true};
  SessionRow next = *session;
  // A token of ours from further on: an older backup was restored. Its holder goes on from there; any token from before that is reuse.
  const bool from_after_the_backup = c.generation > session->generation;
  if (session->token_hash != c.presented_hash && !from_after_the_backup) {
    Drafts drafts(set);
    next.revoked = true;
    drafts.notify(user_stream(session->user_id), Body::of(SessionRevoked{session->id, "reuse"}));
    drafts.effects.rows.push_back(private_row(std::move(next)));
    return drafts;
  }
  next.generation = c.generation + 1, next.token_hash = c.fresh_hash, next.rotation_key = c.rotation_key;
  next.used_at = x.now, next.expires_at = c.expires_at;
  Effects effects;
  effects.rows.push_back(private_row(std::move(next)));
  return effects;
}

// --- ending ---
static void needs(Keys& keys, const RevokeSession& c, const Context&, WorkingSet*) { need<SessionRow>(keys, c.session_id); }
static Decision decide(WorkingSet& set, const RevokeSession& c, const Context& x) {
  const auto* session = set.find<SessionRow>(c.session_id);
  if (!session || session->user_id != x.actor) return Error{Code::not_found, "no such session", {}};
  Drafts drafts(set);
  revoke(drafts, *session, "signed_out");
  return drafts;
}
// The row is the truth; the event tells live connections.
static void apply(WorkingSet&, const Event&, const SessionRevoked&) {}

static void needs(Keys& keys, const ChangePassword& c, const Context& x, WorkingSet*) {
  need<CredentialRow>(keys, x.actor);
  for (const auto& id : c.others) need<SessionRow>(keys, id);
}
static Decision decide(WorkingSet& set, const ChangePassword& c, const Context& x) {
  const auto* old = set.find<CredentialRow>(x.actor);
  if (!old) return Error{Code::not_found, "no such account", {}};
  if (c.password_hash.empty()) return Error{Code::unavailable, "the change could not be prepared; try again", {}, 1000};
  if (old->password_hash != c.old_hash) return Error{Code::permission_denied, "the old password is wrong", "old"};  // another change was quicker
  Drafts drafts(set);
  drafts.effects.rows.push_back(private_row(CredentialRow{x.actor, old->email, c.password_hash}));
  for (const auto& id : c.others)
    if (const auto* session = set.find<SessionRow>(id); session && session->user_id == x.actor && id != x.session) revoke(drafts, *session, "password_changed");
  return drafts;
}

// --- the profile ---
static void needs(Keys& keys, const UpdateMe& c, const Context& x, WorkingSet*) {
  need<CredentialRow>(keys, x.actor);
  for (const auto& w : c.workspaces) need<WorkspaceRow>(keys, w), need<WorkspaceMemberRow>(keys, w, x.actor);
}
static Decision decide(WorkingSet& set, const UpdateMe& c, const Context& x) {
  const auto* user = set.find<UserRow>(x.actor);
  Drafts drafts(set);
  if (c.name && *c.name == user->name) return drafts;
  const ProfileChanged changed{x.actor, c.name.value_or(user->name), user->version + (c.name ? 1 : 0)};
  if (c.name) drafts.notify(user_stream(x.actor), Body::of(changed));
  for (const auto& w : c.workspaces)
    if (const auto* m = set.find<WorkspaceMemberRow>(w, x.actor); m && m->state == MemberState::active) drafts.add(workspace_stream(w), Body::of(changed));
  return drafts;
}
static MeView answer(WorkingSet& set, const UpdateMe&, const Context& x) {
  const auto* user = set.find<UserRow>(x.actor);
  const auto* account = set.find<CredentialRow>(x.actor);
  return {user->id, user->name, account ? account->email : "", user->created_at};
}
static void apply(WorkingSet& set, const Event&, const ProfileChanged& b) {
  if (auto* user = set.edit<UserRow>(b.version, b.user_id)) user->name = b.name, user->version = b.version;
}

std::optional<std::string> fold_email(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const auto at = text.find('@');
  if (at == 0 || at == text.npos || at + 1 == text.size() || text.find('@', at + 1) != text.npos || text.size() > 254) return std::nullopt;
  std::string folded;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 127) return std::nullopt;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return folded;
}

constexpr RowEntry rows[] = {row<UserRow>(), row<EmailRow>(true), row<CredentialRow>(true), row<SessionRow>(true), row<CommandRow>(true)};
constexpr EventEntry events[] = {event<UserCreated>(StreamKind::user), event<SessionRevoked>(StreamKind::user), event<ProfileChanged>(StreamKind::user),
                                 event<ProfileChanged>(StreamKind::workspace)};
constexpr CommandEntry commands[] = {
    command<SignUp>({}, Permission::anyone),
    command<StartSession>({}, Permission::anyone),
    command<RefreshSession>({}, Permission::anyone),
    command<RevokeSession>({"DELETE", "/sessions/{session_id}", 204}, Permission::signed_in),
    command<ChangePassword>({}, Permission::signed_in),
    command<UpdateMe>({"PATCH", "/me"}, Permission::signed_in),
};
constexpr CallEntry calls[] = {
    {"signup", &type_of<SignUpRequest>, &type_of<SignedIn>, {"POST", "/signup", 201}, Permission::anyone, false, true},
    {"login", &type_of<LoginRequest>, &type_of<SignedIn>, {"POST", "/login"}, Permission::anyone},
    {"refresh", &type_of<RefreshRequest>, &type_of<SignedIn>, {"POST", "/refresh"}, Permission::anyone, false, true},
    {"logout", &type_of<NoParams>, nullptr, {"POST", "/logout", 204}, Permission::signed_in},
    {"list_sessions", &type_of<NoParams>, &type_of<SessionView>, {"GET", "/sessions"}, Permission::signed_in, true},
    {"get_me", &type_of<NoParams>, &type_of<MeView>, {"GET", "/me"}, Permission::signed_in},
    {"set_password", &type_of<PasswordChange>, nullptr, {"POST", "/me/password", 204}, Permission::signed_in, false, true},
    {"get_user", &type_of<UserParams>, &type_of<UserView>, {"GET", "/users/{user_id}"}, Permission::signed_in},
};
extern const Feature accounts_feature;
const Feature accounts_feature{"accounts", rows, events, commands, calls};
}  // namespace fechatter
