// What was promised, and whether it was kept: the invariants of docs/architecture.md, checked against what the simulation saw.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>
#include "fechatter/client.hpp"
#include "sdk/core/event.hpp"
#include "tests/sim/machines/network.hpp"
#include "tests/sim/sights/sights.hpp"

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
  bool rolled_back = false;        ///< the server has an older history back: what became of it since is lost
  bool gone = false;               ///< and it was sent since, so it may be lost itself
  std::vector<MessageId> refused;  ///< ids under which the server did not want it
};

class Ledger : public Witness {
 public:
  Ledger(World& world, Sights& sights) : world_(world), sights_(sights) {}

  std::optional<std::size_t> told_device;  ///< prints what that one receives
  std::int64_t large_chat = 0;             ///< more members than that make a chat large
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
  /// A change of it waits on its author's device, behind a message that was refused: the server still has what was before.
  void change_waits(MessageId id) { waiting_.insert(id); }
  /// A device's bot begins to listen, and what it was given.
  void feed_opened(std::size_t device);
  void fed(std::size_t device, MessageId id) { feeds_.at(device).items.insert(id); }
  /// The server's clock was set anew: bots that did not know it before begin by it now.
  void server_clock_set(Time now);

  /// A thread of the server stands still for that long: what waits there is said later, in the log's order all the same.
  void server_stalls(std::int64_t ms) { stalls_.push_back({world_.now_ms(), world_.now_ms() + ms, 1}); }

  /// Reads what the log has grown by, and remembers when: after every step.
  void observe(ServerNode&);
  /// An older copy of the server's files is to be put back: what was sent until now is judged by the history that ends.
  void history_ends();
  /// The server is up again with that copy.
  void history_restored(ServerNode&, bool renewed);
  /// Yesterday's files are back and nobody has said so: what a device took besides its cursor may contradict them until somebody does.
  bool doubtful() const { return silently_restored_; }
  /// Now, or at any time before: nudges may stand for its events.
  bool ever_large(ChatId chat) const { return large_.contains(chat); }
  /// At the end of a run, with everything at rest.
  void check_messages(ServerNode&);
  void check_secrecy();
  void check_answers(ServerNode&);
  /// A message that a bot has yet to be given; empty: none.
  std::string missing_in_feeds() const;
  struct Counts {
    std::int64_t acknowledged = 0, deliveries = 0, events = 0;
  };
  const Counts& counts() const { return counts_; }

  void answered(std::size_t device, const ApiRequest&, const ApiReply&) override;
  void framed(std::size_t device, const std::string& text) override;

 private:
  void deliver(std::size_t device, std::string_view text, bool stream);
  void member(ChatId, UserId, std::int64_t from_seq);
  void check_one(Snapshot&, const Written&);
  void check_acknowledged(Snapshot&);
  void check_order(Snapshot&);

  struct Stay {
    std::int64_t from_ms = 0, until_ms = INT64_MAX, visible_from = 1;
    bool covers(std::int64_t ms, std::int64_t grace) const { return from_ms <= ms && ms - grace <= until_ms; }
  };
  /// How long after a removal something may still arrive.
  std::int64_t grace_at(std::int64_t ms) const;
  void observe_event(const LogEvent&, std::int64_t at_ms);
  void observe_workspace(const LogEvent&);
  void observe_chat(const LogEvent&);
  void observe_messages(ChatId, const LogEvent&);
  void observe_size(ChatId, std::int32_t members);
  bool in_workspace_of(ChatId, UserId, std::int64_t at_ms) const;
  /// Without a break, from before `since_ms` until now.
  bool never_left(ChatId, UserId, std::int64_t since_ms) const;
  struct Fed {
    std::int64_t since_ms = 0, since_clock_ms = 0;
    std::set<MessageId> items;
  };
  struct Posted {
    MessageId id;
    ChatId chat;
    UserId author;
    std::int64_t at_ms = 0, created_ms = 0, seq = 0, pos = 0;
  };
  struct Delivery {
    std::int64_t at_ms;
    UserId user;
    std::size_t token;
    bool stream;
  };
  World& world_;
  Sights& sights_;
  std::vector<Written> written_;
  std::map<std::size_t, UserId> users_;
  std::vector<std::string> findings_;
  // What the log has said, by this history.
  std::map<std::pair<ChatId, UserId>, std::vector<Stay>> stays_;
  std::map<std::pair<WorkspaceId, UserId>, std::vector<Stay>> residence_;  ///< nothing: from the beginning on
  std::map<ChatId, WorkspaceId> workspace_of_;
  std::map<ChatId, std::int32_t> members_;
  std::vector<Posted> posted_;
  std::map<ChatId, std::int64_t> seqs_, revs_;
  std::map<std::size_t, std::int64_t> token_seq_;
  std::vector<std::int64_t> times_;  ///< of each position
  std::int64_t seen_ = 0, at_ms_ = 0;
  // What was seen and heard besides.
  std::map<std::size_t, Fed> feeds_;
  std::vector<Delivery> deliveries_;
  std::vector<Stay> stalls_;
  std::map<MessageId, std::pair<ChatId, std::int64_t>> acknowledged_;  ///< with its seq
  std::set<MessageId> excused_, waiting_, moderated_;                  ///< deleted by somebody else
  std::set<ChatId> large_;
  std::set<ChatId> archived_;  ///< for a while at least: changes are refused there
  std::int64_t latest_clock_ms_ = 0;
  bool silently_restored_ = false;
  Counts counts_;
};

}  // namespace fechatter::sim
