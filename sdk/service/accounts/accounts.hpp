// Signing up and in: slow hashes in the work pool, everything durable through the lane.
#pragma once
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/core/fold.hpp"
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/id_source.hpp"
#include "sdk/service/accounts/tokens.hpp"
#include "sdk/service/ports.hpp"

namespace fechatter {

struct AccountPorts {
  std::function<void(Submission, std::function<void(Outcome)>)> submit;
  std::function<std::unique_ptr<Snapshot>()> snapshot;
  Work work;
  Clock& clock;
  Random& random;
  IdSource& ids;
  Tokens& tokens;
  std::uint32_t argon2_kib = 19456, argon2_iterations = 2;
  /// Told of each login that is refused as wrong, with the folded address ("": it had no form of one), before the answer, on the main
  /// loop: what a counter hangs on.
  std::function<void(std::string_view address)> failures = {};
};

/// Callbacks come once, on the lane's or the main loop; what needs neither work nor a change is refused within the call.
/// Errors name the field.
class Accounts {
 public:
  using SignedInDone = std::function<void(Result<SignedIn>)>;
  using PlainDone = std::function<void(Result<Done>)>;
  explicit Accounts(AccountPorts);

  /// `key`: the caller's Idempotency-Key, nil: none. Sent again with the same key, or for the same workspace, by somebody who knows the
  /// password: a new session of the account that it made.
  void signup(SignUpRequest, CommandId key, SignedInDone);
  void login(LoginRequest, SignedInDone);
  /// `key`: the caller's Idempotency-Key; with the same key a spent token is answered again, without one its reuse ends the session.
  void refresh(RefreshRequest, std::string key, SignedInDone);
  void logout(const Context&, PlainDone);
  /// A keyed context (Context::keyed): a replay succeeds although `old` is the old one no more.
  void set_password(const Context&, PasswordChange, PlainDone);

 private:
  NewSession new_session(const std::optional<std::string>& device, Time now) const;
  void submit(const Type& command, std::shared_ptr<const void>, Context, std::function<void(Outcome)>);
  /// Somebody whose password was right when that hash was theirs.
  struct Proven {
    UserRow user;
    std::string email, hash;
    std::vector<SessionId> displaced;  ///< of their sessions, when another one comes
  };
  /// unauthenticated; or why the store could not be read, so that nothing was proven either way.
  Result<Proven> prove(const std::optional<std::string>& email, const std::string& password) const;
  std::vector<SessionId> oldest_sessions(UserId) const;
  /// Whose account it is, when the same made it; otherwise `refused`.
  Result<Proven> made_before(const SignUpRequest&, const SignUp&, const Error& refused) const;
  void signup_again(SignUpRequest, std::shared_ptr<const SignUp>, const Error& refused, SignedInDone);
  /// A change of the password on its way.
  struct Change {
    std::shared_ptr<ChangePassword> command = std::make_shared<ChangePassword>();
    std::optional<Error> refused;
    std::optional<Time> made_at;  ///< it is a replay of what was made then
  };
  void prepare(const Context&, const PasswordChange&, const std::string& salt, Change&) const;
  void start_session(const Proven&, const std::optional<std::string>& device, SignedInDone);
  void revoke(UserId, SessionId, PlainDone);
  /// `changed_at`: only sessions from before it.
  void end_others(UserId, SessionId own, std::optional<Time> changed_at, PlainDone);
  SignedIn signed_in(MeView, SessionId, std::int64_t generation) const;
  std::string salt() const;

  AccountPorts ports_;
  std::string nobody_;  ///< a hash that no password has: the same work for an unknown address
};

}  // namespace fechatter
