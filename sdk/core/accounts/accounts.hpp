// People, their secrets and their sessions.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

enum class UserState : std::uint8_t { active, deactivated };

struct UserRow {
  UserId id;
  std::string name;
  UserState state{};
  Time created_at;
  std::int64_t version = 0;  ///< counts profile changes
};
/// Secret rows: never in an event, never on a client.
struct EmailRow {
  std::string email;  ///< folded to lower case
  UserId user_id;
};
struct CredentialRow {
  UserId user_id;
  std::string email;
  std::string password_hash;  ///< encoded Argon2id (RFC 9106)
};
struct SessionRow {
  SessionId id;
  UserId user_id;
  std::string device;
  Time created_at, used_at, expires_at;
  std::int64_t generation = 0;   ///< counts refreshes
  std::string token_hash;        ///< SHA-256 of the present refresh token
  std::string rotation_key;      ///< the Idempotency-Key of the last refresh: its retry is no reuse
  bool revoked = false;
};

/// The profile as others see it.
struct UserView {
  UserId id;
  std::string name;
  Time created_at;
  std::int64_t version = 0;  ///< of the profile: a later one wins
};
/// One's own profile.
struct MeView {
  UserId id;
  std::string name, email;
  Time created_at;
};
struct SessionView {
  SessionId id;
  std::string device;
  Time created_at, used_at;
  bool current = false;
};
struct SignedIn {
  MeView user;
  SessionId session_id;
  std::string access_token, refresh_token;
  std::int64_t expires_in = 0;  ///< seconds
};

struct UserCreated {
  UserId id;
  std::string name;
};
struct ProfileChanged {
  UserId user_id;
  std::string name;
  std::int64_t version = 0;
};
struct SessionRevoked {
  SessionId session_id;
  std::string reason;
};

/// What the service has prepared for a new session: only hashes.
struct NewSession {
  SessionId id;
  std::string device;
  Time expires_at;
  std::string token_hash;
};
struct NewWorkspace {
  WorkspaceId id;
  std::string name;
};
struct SignUpRequest {
  std::string email, password, name;
  std::optional<NewWorkspace> workspace;
  std::optional<std::string> invite;
  std::optional<std::string> device;
};
struct LoginRequest {
  std::string email, password;
  std::optional<std::string> device;
};
struct RefreshRequest {
  std::string refresh_token;
};
struct PasswordChange {
  std::string old, fresh;
};
/// Commands. The service fills what only it can know: hashes, ids, the workspaces of a profile.
struct SignUp {
  UserId user_id;
  std::string email, name, password_hash;
  NewSession session;
  std::optional<NewWorkspace> workspace;
  std::optional<std::string> invite;
  WorkspaceId invite_workspace;
  CommandId key;            ///< the caller's Idempotency-Key; nil: none
  std::string fingerprint;  ///< of what goes with the key
};
struct StartSession {
  UserId user_id;
  NewSession session;
  std::vector<SessionId> displaced;  ///< that make room for it
};
/// Live sessions of one person; a further one ends the one that was used least recently.
constexpr std::size_t kMaxSessions = 100;
struct RefreshSession {
  SessionId session_id;
  std::string presented_hash, fresh_hash, rotation_key;
  std::int64_t generation = 0;
  Time expires_at;
};
struct RevokeSession {
  SessionId session_id;
};
struct ChangePassword {
  std::string old_hash;  ///< of the password that was shown to be known
  std::string password_hash;
  std::vector<SessionId> others;
  std::string fingerprint;  ///< of both passwords, under a secret of the server; what a replay is known by
};
struct UpdateMe {
  std::optional<std::string> name;      ///< absent: the workspaces are told of the present one
  std::vector<WorkspaceId> workspaces;
};
struct UserParams {
  UserId user_id;
};
struct SessionParams {
  SessionId session_id;
};
struct NoParams {};

/// Trimmed, ASCII-folded; nullopt when it has no form of an address (one @, something on both sides, no blanks, at most 254 bytes).
std::optional<std::string> fold_email(std::string_view);

}  // namespace fechatter

FECHATTER_CHOICE(fechatter::UserState, "active", "deactivated");
FECHATTER_RECORD(fechatter::UserRow, "users", FECHATTER_FIELD(id, .key = true), FECHATTER_FIELD(name), FECHATTER_FIELD(state),
                 FECHATTER_FIELD(created_at, .merge = Merge::fixed), FECHATTER_FIELD(version, .rev = true));
FECHATTER_RECORD(fechatter::EmailRow, "emails", FECHATTER_FIELD(email, .key = true), FECHATTER_FIELD(user_id, .merge = Merge::fixed));
FECHATTER_RECORD(fechatter::CredentialRow, "credentials", FECHATTER_FIELD(user_id, .key = true), FECHATTER_FIELD(email), FECHATTER_FIELD(password_hash));
FECHATTER_RECORD(fechatter::SessionRow, "sessions", FECHATTER_FIELD(id, .key = true), FECHATTER_FIELD(user_id, .merge = Merge::fixed), FECHATTER_FIELD(device),
                 FECHATTER_FIELD(created_at, .merge = Merge::fixed), FECHATTER_FIELD(used_at), FECHATTER_FIELD(expires_at), FECHATTER_FIELD(generation),
                 FECHATTER_FIELD(token_hash), FECHATTER_FIELD(rotation_key), FECHATTER_FIELD(revoked));
FECHATTER_RECORD(fechatter::UserView, "User", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(created_at), FECHATTER_FIELD(version));
FECHATTER_RECORD(fechatter::MeView, "Me", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(email), FECHATTER_FIELD(created_at));
FECHATTER_RECORD(fechatter::SessionView, "SessionInfo", FECHATTER_FIELD(id), FECHATTER_FIELD(device), FECHATTER_FIELD(created_at), FECHATTER_FIELD(used_at),
                 FECHATTER_FIELD(current));
FECHATTER_RECORD(fechatter::SignedIn, "Session", FECHATTER_FIELD(user), FECHATTER_FIELD(session_id), FECHATTER_FIELD(access_token),
                 FECHATTER_FIELD(refresh_token), FECHATTER_FIELD(expires_in));
FECHATTER_RECORD(fechatter::UserCreated, "user_created", FECHATTER_FIELD(id), FECHATTER_FIELD(name));
FECHATTER_RECORD(fechatter::ProfileChanged, "profile_changed", FECHATTER_FIELD(user_id), FECHATTER_FIELD(name), FECHATTER_FIELD(version));
FECHATTER_RECORD(fechatter::SessionRevoked, "session_revoked", FECHATTER_FIELD(session_id), FECHATTER_FIELD(reason));
FECHATTER_RECORD(fechatter::NewSession, "new_session", FECHATTER_FIELD(id), FECHATTER_FIELD(device), FECHATTER_FIELD(expires_at), FECHATTER_FIELD(token_hash));
FECHATTER_RECORD(fechatter::NewWorkspace, "NewWorkspace", FECHATTER_FIELD(id), FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true));
FECHATTER_RECORD(fechatter::SignUpRequest, "SignUp", FECHATTER_FIELD(email, .max = 254, .min = 3), FECHATTER_FIELD(password, .max = 256, .min = 8),
                 FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true), FECHATTER_FIELD(workspace), FECHATTER_FIELD(invite, .max = 64),
                 FECHATTER_FIELD(device, .max = 120, .line = true));
FECHATTER_RECORD(fechatter::LoginRequest, "Login", FECHATTER_FIELD(email, .max = 254), FECHATTER_FIELD(password, .max = 256),
                 FECHATTER_FIELD(device, .max = 120, .line = true));
FECHATTER_RECORD(fechatter::RefreshRequest, "Refresh", FECHATTER_FIELD(refresh_token, .max = 200));
FECHATTER_RECORD(fechatter::PasswordChange, "PasswordChange", FECHATTER_FIELD(old, .max = 256), FECHATTER_FIELD(fresh, .max = 256, .min = 8, .as = "new"));
FECHATTER_RECORD(fechatter::SignUp, "sign_up", FECHATTER_FIELD(user_id), FECHATTER_FIELD(email), FECHATTER_FIELD(name), FECHATTER_FIELD(password_hash),
                 FECHATTER_FIELD(session), FECHATTER_FIELD(workspace), FECHATTER_FIELD(invite), FECHATTER_FIELD(invite_workspace), FECHATTER_FIELD(key),
                 FECHATTER_FIELD(fingerprint));
FECHATTER_RECORD(fechatter::StartSession, "start_session", FECHATTER_FIELD(user_id), FECHATTER_FIELD(session), FECHATTER_FIELD(displaced, .defaulted = true));
FECHATTER_RECORD(fechatter::RefreshSession, "refresh_session", FECHATTER_FIELD(session_id), FECHATTER_FIELD(presented_hash), FECHATTER_FIELD(fresh_hash),
                 FECHATTER_FIELD(rotation_key), FECHATTER_FIELD(generation), FECHATTER_FIELD(expires_at));
FECHATTER_RECORD(fechatter::RevokeSession, "revoke_session", FECHATTER_FIELD(session_id));
FECHATTER_RECORD(fechatter::ChangePassword, "change_password", FECHATTER_FIELD(old_hash, .internal = true), FECHATTER_FIELD(password_hash, .internal = true),
                 FECHATTER_FIELD(others, .internal = true), FECHATTER_FIELD(fingerprint));
FECHATTER_RECORD(fechatter::UpdateMe, "update_me", FECHATTER_FIELD(name, .max = 80, .min = 1, .line = true),
                 FECHATTER_FIELD(workspaces, .defaulted = true, .internal = true));
FECHATTER_RECORD(fechatter::UserParams, "user_params", FECHATTER_FIELD(user_id));
FECHATTER_RECORD(fechatter::SessionParams, "session_params", FECHATTER_FIELD(session_id));
FECHATTER_RECORD(fechatter::NoParams, "no_params");
