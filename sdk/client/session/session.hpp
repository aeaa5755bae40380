// Who is signed in, and requests in that name: the access token is renewed before it expires and once after a 401; renewing survives a lost
// answer, because its key is durable before it is sent.
#pragma once
#include <optional>
#include <vector>
#include "sdk/client/desk.hpp"
#include "sdk/client/session/web.hpp"
#include "sdk/core/accounts/accounts.hpp"
#include "sdk/protocol/verdict.hpp"

namespace fechatter {

class Session {
 public:
  Session(Desk& desk, Web& web) : desk_(desk), web_(web) {}

  bool signed_in() const;
  using Token = std::function<void(std::string token, Error why_not)>;
  /// A token that is good for a while; empty: none, and why.
  void with_token(Token);
  /// The server does not take this token any more.
  void rejected(const std::string& token);

  using Done = std::function<void(const Judgement&, const std::string& body)>;
  /// Renews and repeats once after a 401.
  void ask(ApiCall, std::string key, Done);

  using SignedInDone = std::function<void(Result<User>)>;
  void sign_in(const std::string& email, const std::string& password, SignedInDone);
  void sign_up(const NewAccount&, SignedInDone);
  using Told = std::function<void(Result<fechatter::Done>)>;
  /// Forgets the tokens, then tells the server. `told`: its session has ended, or why_untold(). An error: the tokens could not be
  /// forgotten; nothing has changed, and `told` is not called.
  Result<fechatter::Done> sign_out(Told told);
  /// Signed out here only.
  static Error why_untold();

  std::function<void()> on_signed_in, on_signed_out;
  std::function<void()> on_success;                      ///< the server answers, while status() has an error

 private:
  void enter_account(int status, const std::string& body, const SignedInDone&);
  void transmit(const ApiCall&, const std::string& key, const std::string& token, bool again, const Done&);
  void refresh();
  void refreshed(int status, const std::string& body);
  void tell(const std::vector<Token>&, const std::string& token, const Error&);
  std::vector<Token> turn_over();
  Result<fechatter::Done> store(const SignedIn&);
  Result<fechatter::Done> end(const Error& why);
  void log_out(const AccountRow&, Told);
  void renew_and_log_out(const AccountRow&, Told);

  Desk& desk_;
  Web& web_;
  std::uint64_t generation_ = 0;      // counts sessions: an answer to an older one changes nothing of the present one
  bool refreshing_ = false;
  std::vector<Token> waiting_;
};

}  // namespace fechatter
