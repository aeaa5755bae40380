#include "sdk/client/session/session.hpp"
#include <algorithm>
#include "sdk/client/session/home_server.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kEarlyMs = 30'000;  // renewed this long before it expires, or at half its life

std::string trimmed_device(const std::string& device) { return device.substr(0, 120); }

ApiCall refresh_call(const AccountRow& account) { return {"POST", "/refresh", to_json(RefreshRequest{account.refresh_token})}; }
ApiCall logout_call() { return {"POST", "/logout", "{}"}; }

// Our server's own word: a proxy's page comes with a 401, too.
bool says_over(const Judgement& j) { return j.verdict == Verdict::unauthenticated && j.error.code == Code::unauthenticated; }
Result<SignedIn> signed_in_by(const Judgement& j, const std::string& body) {
  if (j.verdict != Verdict::acknowledged) return j.error;
  SignedIn s;
  if (read_json(body, s, Reading::tolerant) || s.access_token.empty()) return not_ours();
  return s;
}
// What the server's answer to a sign-out says.
Result<Done> ended_by(int status, const std::string& body) {
  if (says_done(judge(status, body), body)) return Done{};
  return Session::why_untold();
}
}  // namespace

bool Session::signed_in() const {
  const auto account = desk_.local->account();
  return account && !account->refresh_token.empty();
}

// --- tokens ---

void Session::with_token(Token use) {
  const auto account = desk_.local->account();
  if (!account || account->refresh_token.empty()) return use({}, {Code::unauthenticated, "signed out"});
  if (!refreshing_ && !account->access_token.empty() && account->renew_at.ms > desk_.now().ms) return use(account->access_token, {});
  waiting_.push_back(std::move(use));
  if (!refreshing_) refresh();
}

void Session::rejected(const std::string& token) {
  auto account = desk_.local->account();
  if (!account || account->access_token != token) return;
  account->access_token.clear();
  (void)desk_.local->save(*account);
}

void Session::refresh() {
  auto account = desk_.local->account();
  if (!account->rotation_key) {
    account->rotation_key = desk_.new_id<CommandId>();
    if (auto done = desk_.local->save(*account); !done) return tell(std::exchange(waiting_, {}), {}, done.error());
  }
  refreshing_ = true;
  web_.send(refresh_call(*account), {}, account->rotation_key.str(), [this, g = generation_](int status, const std::string& body) {
    if (g == generation_) refreshed(status, body);
  });
}

void Session::refreshed(int status, const std::string& body) {
  refreshing_ = false;
  const Judgement j = judge(status, body);
  const auto answer = [this](const std::string& token, const Error& error) { tell(std::exchange(waiting_, {}), token, error); };
  if (says_over(j)) {
    if (auto over = end({Code::unauthenticated, "the session has ended"}); !over) answer({}, over.error());
    return;
  }
  const auto fresh = signed_in_by(j, body);
  if (!fresh) return answer({}, fresh.error());
  if (auto done = store(*fresh); !done) return answer({}, done.error());
  answer(fresh->access_token, {});
}

void Session::tell(const std::vector<Token>& waiting, const std::string& token, const Error& error) {
  if (token.empty() && !waiting.empty()) desk_.note(error);
  for (const Token& use : waiting) use(token, error);
}

// Another session, or none: those who wait for a token of the old one are to be told.
std::vector<Session::Token> Session::turn_over() {
  ++generation_, refreshing_ = false;
  return std::exchange(waiting_, {});
}

Result<fechatter::Done> Session::store(const SignedIn& s) {
  auto account = desk_.local->account().value_or(AccountRow{});
  if (s.user.id) account.user_id = s.user.id, account.name = s.user.name;
  account.session_id = s.session_id, account.access_token = s.access_token, account.refresh_token = s.refresh_token;
  account.renew_at = {desk_.now().ms + s.expires_in * 1000 - std::min(kEarlyMs, s.expires_in * 500)}, account.rotation_key = {};
  return desk_.local->save(account);
}

Result<fechatter::Done> Session::end(const Error& why) {
  auto account = desk_.local->account();
  if (!account) return fechatter::Done{};
  account->access_token.clear(), account->refresh_token.clear(), account->rotation_key = {};
  if (auto done = desk_.local->save(*account); !done) return done;
  const auto waiting = turn_over();
  if (on_signed_out) on_signed_out();
  tell(waiting, {}, why);
  return fechatter::Done{};
}

// --- requests ---

void Session::ask(ApiCall call, std::string key, Done done) {
  with_token([this, call = std::move(call), key = std::move(key), done = std::move(done)](const std::string& token, const Error& why_not) {
    if (!token.empty()) return transmit(call, key, token, true, done);
    const bool over = why_not.code == Code::unauthenticated;
    desk_.post([done, over, why_not] { done({over ? Verdict::unauthenticated : Verdict::retry, why_not}, {}); });
  });
}

void Session::transmit(const ApiCall& call, const std::string& key, const std::string& token, bool again, const Done& done) {
  web_.send(call, token, key, [this, call, key, token, again, done, g = generation_](int status, const std::string& body) {
    const Judgement j = judge(status, body);
    if (on_success && desk_.last_error && said_by_us(j, body)) on_success();
    if (j.verdict != Verdict::unauthenticated || !again || g != generation_) return done(j, body);
    rejected(token);
    with_token([this, call, key, done, j](const std::string& fresh, const Error& why_not) {
      if (!fresh.empty()) return transmit(call, key, fresh, false, done);
      done(why_not.code == Code::unauthenticated ? j : Judgement{Verdict::retry, why_not}, {});
    });
  });
}

// --- signing in and out ---

void Session::sign_in(const std::string& email, const std::string& password, SignedInDone done) {
  LoginRequest request{email, password, {}};
  if (!desk_.options.device.empty()) request.device = trimmed_device(desk_.options.device);
  web_.send({"POST", "/login", to_json(request)}, {}, {}, [this, done](int status, const std::string& body) { enter_account(status, body, done); });
}

void Session::sign_up(const NewAccount& a, SignedInDone done) {
  SignUpRequest request{a.email, a.password, a.name, {}, {}, {}};
  if (!a.workspace.empty()) request.workspace = NewWorkspace{desk_.new_id<WorkspaceId>(), a.workspace};
  if (!a.invite.empty()) request.invite = a.invite;
  if (!desk_.options.device.empty()) request.device = trimmed_device(desk_.options.device);
  web_.send({"POST", "/signup", to_json(request)}, {}, {}, [this, done](int status, const std::string& body) { enter_account(status, body, done); });
}

void Session::enter_account(int status, const std::string& body, const SignedInDone& done) {
  const auto s = signed_in_by(judge(status, body), body);
  if (!s) return done(s.error());
  if (!s->user.id) return done(not_ours());
  if (auto bound = desk_.local->set(kServerSetting, desk_.options.server); !bound) return done(bound.error());
  if (auto stored = store(*s); !stored) return done(stored.error());
  const auto waiting = turn_over();
  done(User{s->user.id, s->user.name});
  if (on_signed_in) on_signed_in();
  tell(waiting, {}, {Code::unauthenticated, "somebody signed in meanwhile"});
}

Error Session::why_untold() { return {Code::unavailable, "the server could not be told; there the session lasts until it is ended from another device", {}}; }

Result<fechatter::Done> Session::sign_out(Told told) {
  const auto account = desk_.local->account();
  if (!account || account->refresh_token.empty()) return desk_.post([told = std::move(told)] { told(fechatter::Done{}); }), fechatter::Done{};
  if (auto over = end({Code::unauthenticated, "signed out"}); !over) return over;
  log_out(*account, std::move(told));
  return fechatter::Done{};
}

// The server ends the session by an access token, and an expired one is worth nothing.
void Session::log_out(const AccountRow& account, Told told) {
  if (account.access_token.empty() || account.renew_at.ms <= desk_.now().ms) return renew_and_log_out(account, std::move(told));
  web_.send(logout_call(), account.access_token, {}, [this, account, told = std::move(told)](int status, const std::string& body) {
    if (status == 401) return renew_and_log_out(account, told);
    told(ended_by(status, body));
  });
}
void Session::renew_and_log_out(const AccountRow& account, Told told) {
  const CommandId key = account.rotation_key ? account.rotation_key : desk_.new_id<CommandId>();
  web_.send(refresh_call(account), {}, key.str(), [this, told = std::move(told)](int status, const std::string& body) {
    const Judgement j = judge(status, body);
    if (says_over(j)) return told(fechatter::Done{});  // it has ended before
    const auto fresh = signed_in_by(j, body);
    if (!fresh) return told(why_untold());
    web_.send(logout_call(), fresh->access_token, {}, [told](int answer, const std::string& text) { told(ended_by(answer, text)); });
  });
}

}  // namespace fechatter
