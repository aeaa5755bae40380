// One device and the person who holds it: the real client on the simulation's ports, used at random.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include "sdk/client/client_core.hpp"
#include "tests/sim/judge/ledger.hpp"
#include "tests/sim/machines/network.hpp"
#include "tests/sim/people/town.hpp"
#include "tests/sim/sights/machine_watch.hpp"
#include "tests/support/crash_disk.hpp"

namespace fechatter::sim {

class Device {
 public:
  Device(World&, Network&, Ledger&, Town&, Sights&, std::size_t number, Hold);
  ~Device();

  /// Starts the app. An error while the disk has power and room is a finding.
  Result<Done> open();
  bool up() const { return client_ != nullptr; }
  enum class End { closed, killed, power };
  void end(End);
  CrashDisk& disk() { return disk_; }
  VirtualClock& clock() { return clock_; }
  VirtualLoop& loop() { return *loop_; }
  Client& client() { return *client_; }
  std::size_t number() const { return number_; }
  UserId user;

  void sign_up(const std::string& workspace, const std::string& invite);
  /// What fails for want of a network is tried again by whoever asked for it.
  void sign_in();
  /// The session may have been ended, by the person or on another device.
  bool may_be_out() const { return signed_out_ || town_.ended.contains(user); }
  /// A page of the cache goes bad under the running app.
  void damage_cache();
  /// While the app is closed: its cache was written by a version that knew fewer events. False: not now.
  bool upgrade();
  /// The person changes their mind about what they have just asked for, before the answer is there.
  void regret();
  void call(const std::string& method, const std::string& json, std::function<void(std::string)> answer = {});

  /// The person does something.
  void act();
  /// Messages in the outbox; `refused`: only those that were refused for good and wait for a decision.
  std::set<MessageId> unsent(bool refused) const;
  /// Messages with an edit or a deletion that waits behind one that was refused.
  std::set<MessageId> waiting_changes() const;
  /// How this device differs from the server; empty: in nothing.
  std::string difference(ServerNode&);
  const std::string& email() const { return email_; }
  void set_email(std::string email) { email_ = std::move(email); }

 private:
  struct Open {
    ChatId chat;
    std::unique_ptr<Timeline> timeline;
    std::vector<TimelineItem> copy;  ///< made by applying the differences
    std::string older{}, newer{};    ///< its edges, as last seen
  };
  std::string look(Open&);
  void watch(Open&);
  void open_timeline(ChatId);
  void say(ChatId);
  void change_own(std::uint64_t lot);
  void touch(ChatId);
  void decide_refused();
  void found_chat();
  void change_chat(ChatId);
  void change_people(ChatId);
  void change_self();
  void end_sessions();
  void change_password();
  void invite();
  void errand();
  void burst(ChatId);
  std::string words(ChatId);
  std::string mention();
  std::optional<WorkspaceId> some_workspace();
  std::string password() const;
  void scroll();
  void open_feed();
  void answer_questions();
  std::optional<ChatId> some_chat();
  std::optional<Message> some_message(ChatId);
  std::uint64_t lot(std::uint64_t n) { return random_.below(n); }
  std::string compare_chat(Snapshot&, ChatId, const ChatSummary&);
  std::string compare_people(Snapshot&);
  std::string compare_members(Snapshot&, WorkspaceId);
  std::string compare_search();
  template <class T> Completion<T> ignore() {
    return [](Result<T>) {};
  }

  World& world_;
  Network& network_;
  Ledger& ledger_;
  Town& town_;
  Sights& sights_;
  LogWatch log_;
  std::size_t number_;
  Hold hold_;
  bool bot_;  ///< answers some of what others say
  bool signed_out_ = false, signing_in_ = false;
  std::size_t guesses_ = 0;  ///< passwords that were not taken
  std::string email_;
  SeededRandom random_;
  VirtualClock clock_;
  CrashDisk disk_;
  // One life of the process.
  std::unique_ptr<Files> files_;
  std::unique_ptr<VirtualLoop> loop_, app_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<ChatList> list_;
  std::vector<ChatSummary> list_copy_;
  std::vector<std::unique_ptr<Open>> open_;
  std::unique_ptr<Feed> feed_;
  std::deque<Feed::Item> questions_;
};

}  // namespace fechatter::sim
