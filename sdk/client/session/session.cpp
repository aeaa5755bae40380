#include "sdk/client/session/session.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr std::int64_t kEarlyMs = 30'000;  // renewed this long before it expires, or at half its life

std::string trimmed_device(const std::string& device) { return device.substr(0, 120); }
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
    if (auto done = desk_.local->save(*account); !done) return settle({}, done.error());
  }
  refreshing_ = true;
  const ApiCall call{"POST", "/refresh", to_json(RefreshRequest{account->refresh_token})};
  web_.send(call, {}, account->rotation_key.str(), [this](int status, const std::string& body) { refreshed(status, body); });
}

void Session::refreshed(int status, const std::string& body) {
  refreshing_ = false;
  const Judgement j = judge(status, body);
  if (j.verdict == Verdict::unauthenticated || j.verdict == Verdict::refused) {
    end();
    return settle({}, {Code::unauthenticated, "the session has ended"});
  }
  SignedIn fresh;
  if (j.verdict != Verdict::acknowledged || read_json(body, fresh, Reading::tolerant) || fresh.access_token.empty())
    return settle({}, j.verdict == Verdict::acknowledged ? Error{Code::unavailable, "not an answer of this server"} : j.error);
  if (auto done = store(fresh); !done) return settle({}, done.error());
  settle(fresh.access_token, {});
}

void Session::settle(const std::string& token, const Error& error) {
  if (token.empty()) desk_.note(error);
  for (const Token& use : std::exchange(waiting_, {})) use(token, error);
}

Result<fechatter::Done> Session::store(const SignedIn& s) {
  auto account = desk_.local->account().value_or(AccountRow{});
  if (s.user.id) account.user_id = s.user.id, account.name = s.user.name;
  account.session_id = s.session_id, account.access_token = s.access_token, account.refresh_token = s.refresh_token;
  account.renew_at = {desk_.now().ms + s.expires_in * 1000 - std::min(kEarlyMs, s.expires_in * 500)}, account.rotation_key = {};
  return desk_.local->save(account);
}

void Session::end() {
  auto account = desk_.local->account();
  if (!account) return;
  account->access_token.clear(), account->refresh_token.clear(), account->rotation_key = {};
  if (auto done = desk_.local->save(*account); !done) desk_.note(done.error());
  if (on_signed_out) on_signed_out();
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
  web_.send(call, token, key, [this, call, key, token, again, done](int status, const std::string& body) {
    const Judgement j = judge(status, body);
    if (j.verdict != Verdict::unauthenticated || !again) return done(j, body);
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
  const Judgement j = judge(status, body);
  if (j.verdict != Verdict::acknowledged) return done(j.error);
  SignedIn s;
  if (read_json(body, s, Reading::tolerant) || s.access_token.empty() || !s.user.id) return done(Error{Code::unavailable, "not an answer of this server"});
  if (auto stored = store(s); !stored) return done(stored.error());
  done(User{s.user.id, s.user.name});
  if (on_signed_in) on_signed_in();
}

Result<fechatter::Done> Session::sign_out() {
  const auto account = desk_.local->account();
  if (!account || account->refresh_token.empty()) return fechatter::Done{};
  if (!account->access_token.empty()) web_.send({"POST", "/logout", "{}"}, account->access_token, {}, [](int, const std::string&) {});
  end();
  return fechatter::Done{};
}

}  // namespace fechatter
