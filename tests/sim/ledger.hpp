// What was promised, and whether it was kept: the invariants of docs/architecture.md, checked against what the simulation saw.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>
#include "fechatter/client.hpp"
#include "sdk/core/event.hpp"
#include "tests/sim/network.hpp"

namespace fechatter::sim {

class ServerNode;

/// A message that a person wrote. Its body begins with its token, which occurs in no other message.
struct Written {
  std::size_t device = 0;
  UserId author;
  ChatId chat;
  MessageId id;
  std::int64_t order = 0;          ///< of pressing send, on all devices
  std::string body;                ///< as the person last wanted it
  bool removed = false;            ///< the person took it back
  bool unsure = false;             ///< a change of it failed on this device, and may have happened all the same
  std::vector<MessageId> refused;  ///< ids under which the server did not want it
};

class Ledger : public Witness {
 public:
  explicit Ledger(World& world) : world_(world) {}

  std::optional<std::size_t> told_device;  ///< prints what that one receives
  /// `tokN`, for the body.
  std::string token();
  Written& write(Written);
  std::vector<Written>& written() { return written_; }
  void user_of(std::size_t device, UserId user) { users_[device] = user; }
  /// A finding. The first ones are kept.
  void blame(std::string what);
  const std::vector<std::string>& findings() const { return findings_; }

  /// A message that was refused for good and waits for its author: it need not be on the server.
  void excuse(MessageId id) { excused_.insert(id); }
  /// A device's bot begins to listen, and what it was given.
  void feed_opened(std::size_t device) { feeds_.try_emplace(device, Fed{world_.now_ms(), {}}); }
  void fed(std::size_t device, MessageId id) { feeds_.at(device).items.insert(id); }

  /// Reads what the log has grown by, and remembers when: after every step.
  void observe(ServerNode&);
  /// At the end of a run, with everything at rest.
  void check_messages(ServerNode&);
  void check_secrecy();
  void check_feeds(ServerNode&);
  struct Counts {
    std::int64_t acknowledged = 0, deliveries = 0, events = 0;
  };
  const Counts& counts() const { return counts_; }

  void answered(std::size_t device, const ApiRequest&, const ApiReply&) override;
  void framed(std::size_t device, const std::string& text) override;

 private:
  void deliver(std::size_t device, std::string_view text, bool stream);
  void member(ChatId, UserId, std::int64_t from_seq);
  void check_one(ServerNode&, Snapshot&, const Written&);

  struct Stay {
    std::int64_t from_ms = 0, until_ms = INT64_MAX, visible_from = 1;
    bool covers(std::int64_t ms, std::int64_t grace) const { return from_ms <= ms && ms - grace <= until_ms; }
  };
  void observe_workspace(const LogEvent&);
  void observe_chat(const LogEvent&);
  bool in_workspace(UserId, std::int64_t at_ms) const;
  /// Without a break, from before `since_ms` until now.
  bool never_left(ChatId, UserId, std::int64_t since_ms) const;
  struct Fed {
    std::int64_t since_ms = 0;
    std::set<MessageId> items;
  };
  struct Posted {
    MessageId id;
    ChatId chat;
    UserId author;
    std::int64_t at_ms = 0, seq = 0;
  };
  struct Delivery {
    std::int64_t at_ms;
    UserId user;
    std::size_t token;
    bool stream;
  };
  World& world_;
  std::vector<Written> written_;
  std::map<std::size_t, UserId> users_;
  std::vector<std::string> findings_;
  std::map<std::pair<ChatId, UserId>, std::vector<Stay>> stays_;
  std::map<UserId, std::vector<Stay>> residence_;  ///< in the workspace; nothing: from the beginning on
  std::map<std::size_t, Fed> feeds_;
  std::vector<Posted> posted_;
  std::vector<Delivery> deliveries_;
  std::map<MessageId, std::pair<ChatId, std::int64_t>> acknowledged_;  ///< with its seq
  std::map<ChatId, std::int64_t> seqs_, revs_;
  std::map<std::size_t, std::int64_t> token_seq_;
  std::set<MessageId> excused_;
  std::set<ChatId> archived_;  ///< for a while at least: changes are refused there
  std::int64_t seen_ = 0;
  Counts counts_;
};

}  // namespace fechatter::sim
