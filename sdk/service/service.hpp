// The whole server behind its sockets: requests in, replies out; commands to the lane, reads to snapshots, streams to the hub.
#pragma once
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include "sdk/service/accounts/accounts.hpp"
#include "sdk/service/accounts/tickets.hpp"
#include "sdk/service/accounts/tokens.hpp"
#include "sdk/service/live/hub.hpp"
#include "sdk/service/ports.hpp"
#include "sdk/service/reads/reader_queue.hpp"
#include "sdk/service/reads/reads.hpp"
#include "sdk/service/routes/call.hpp"
#include "sdk/service/routes/router.hpp"
#include "sdk/service/writes/lane.hpp"

namespace fechatter {

struct MemberRow;

struct ServiceOptions {
  std::string issuer = "fechatter";
  std::int64_t access_ttl_s = 900;
  std::string key_directory;            ///< signing keys and the refresh secret; made at the first start
  std::string signing_key, refresh_secret;  ///< in place of the directory's; see Tokens::Options
  std::int64_t argon2_kib = 19456, argon2_iterations = 2;
  std::int64_t large_chat = 500;        ///< more members: full events only to those who look at the chat, the others are nudged
  HubLimits live = {};                  ///< of the live hub; what it says of large chats does not count
  /// Asked once per request: the kind ("login", "write", "read", "stream") and who (a user's or an address' text). Empty: no limits.
  std::function<Result<Done>(std::string_view kind, std::string_view who)> limit;
};

/// Who opened a stream, and where it goes on.
struct StreamOpening {
  UserId user;
  SessionId session;
  std::optional<std::string> cursor;
};

/// Everything on `ports.main` unless said otherwise.
class Service {
 public:
  static Result<std::unique_ptr<Service>> start(ServicePorts, ServiceOptions);
  ~Service();

  using Reply = std::function<void(ApiReply)>;
  /// Answers every request once, on the main loop, possibly within the call. Not for /stream and /ws.
  void handle(ApiRequest, Reply);
  /// Authorises a stream: by header, or by a ticket in the query, which is spent unless this refuses. The hub takes the stream, now.
  Result<StreamOpening> open_stream(const ApiRequest&);

  Hub& hub() { return *hub_; }
  const Lane& lane() const { return *lane_; }
  const Router& router() const { return router_; }
  std::string jwks() const { return tokens_->jwks_json(); }
  /// What is missing to serve; empty: ready.
  std::string not_ready() const;

 private:
  struct Request;
  using RequestPtr = std::shared_ptr<Request>;
  Service(ServicePorts, ServiceOptions);
  Result<Done> prepare();
  bool ended(SessionId) const;
  /// `also_ended`: whoever signs out may have done so already.
  Result<Context> authenticate(const std::string& authorization, bool also_ended = false) const;
  std::optional<Error> limit(const Request&) const;
  std::optional<Error> take_key(Request&) const;

  void run_command(const RequestPtr&);
  void submit(const RequestPtr&);
  void finish_command(const RequestPtr&, Outcome);
  /// `otherwise`: the answer where the call refuses; empty: the refusal.
  void run_read(const RequestPtr&, const CallEntry&, std::shared_ptr<const void> params, int status, std::string otherwise = {});
  void run_call(const RequestPtr&);
  void run_account_call(const RequestPtr&);
  void run_live_call(const RequestPtr&);
  Result<Done> whisper(const Request&);
  void poll(const RequestPtr&);
  void with_access(const RequestPtr&, std::function<void()> allowed);
  void reply(const RequestPtr&, int status, std::string body);
  void reply(const RequestPtr&, const Error&);
  void committed(std::shared_ptr<const Committed>);
  void note(const Committed&);
  void publish(std::shared_ptr<const Committed>);
  struct HandOver;
  HandOver& hand_over();
  void tell_name(const Committed&, UserId renamed);
  void finish_leaves();
  void forget(const std::vector<std::shared_ptr<const MemberRow>>&);
  void leaves_done(bool failed);
  void after_leaves(const RequestPtr&);
  static Result<Memberships> memberships_of(Snapshot&, UserId);
  Result<Done> load_revoked();
  void remember_ended(SessionId);
  void complain(const std::vector<std::int64_t>& unreadable);
  void start_accounts();
  void start_hub();

  ServicePorts ports_;
  ServiceOptions options_;
  ReaderQueue reads_;
  Router router_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<Accounts> accounts_;
  std::unordered_map<std::string, std::int64_t> revoked_;  // sessions that ended, and until when (ms) their access tokens may live
  std::size_t forget_at_ = 1024;                           // so many of them: those that are past go
  std::unordered_set<std::int64_t> unreadable_;            // positions of the log that were complained of
  Tickets tickets_;
  std::shared_ptr<HandOver> next_;  // the lane's
  CommandId head_command_;
  struct Leave {
    WorkspaceId workspace;
    UserId user;  // nil: whoever has left, at any time
  };
  std::deque<Leave> leaves_;  // the first one's rest is being done
  bool leaving_ = false;
  Timer leave_retry_;
  std::vector<RequestPtr> behind_leaves_;  // commands that go on when these are done
};

}  // namespace fechatter
