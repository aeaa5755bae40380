// The client on given ports: what Client is made of, and what the simulation opens directly.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include "sdk/client/chats/chat_book.hpp"
#include "sdk/client/desk.hpp"
#include "sdk/client/feed/feed_model.hpp"
#include "sdk/client/listener.hpp"
#include "sdk/client/live/typists.hpp"
#include "sdk/client/outbox/answered.hpp"
#include "sdk/client/outbox/sender.hpp"
#include "sdk/client/sync/follower.hpp"
#include "sdk/client/sync/pages.hpp"
#include "sdk/client/timeline/timeline_model.hpp"

namespace fechatter {

/// Opens a client whose threads, time, chance, files and network are these ports; they must outlive it.
Result<std::unique_ptr<Client>> open_client(const Ports&, ClientOptions);

/// One open client. Its parts belong to one logical thread: they run on the loop, with the desk's lock held.
class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  static Result<std::shared_ptr<ClientCore>> open(const Ports&, ClientOptions);
  ~ClientCore();
  void start();
  void close();

  const std::shared_ptr<Desk>& desk() const { return desk_; }
  /// Runs with the lock; false: the client is closed.
  template <class F> bool with(F&& run) {
    bool ran = false;
    desk_->enter([&] { ran = true, run(); });
    return ran;
  }

  // The rest: with the lock held.
  Session& session() { return session_; }
  Pages& pages() { return pages_; }
  Follower& follower() { return follower_; }
  ChatBook& book() { return book_; }
  Sender& sender() { return sender_; }
  ClientStatus status();
  void queued(ChatId);                                       ///< the outbox of that chat changed
  void turn();
  std::shared_ptr<TimelineModel> add_timeline(ChatId);
  void remove_timeline(const std::shared_ptr<TimelineModel>&);
  Result<std::shared_ptr<FeedModel>> add_feed(const std::string& name);
  void remove_feed(const std::shared_ptr<FeedModel>&);
  Hold hold_of(ChatId);
  void look_behind(ChatId chat) { background_.insert(chat); }
  void forget_account();

  std::map<std::int64_t, std::shared_ptr<Pending<Done>>> settling;   ///< by outbox ord
  std::vector<std::shared_ptr<Pending<Done>>> until_sent, until_synced;
  std::vector<std::shared_ptr<Wake>> connection_wakes;
  const std::shared_ptr<Listener<ChatId, UserId, bool>> typing = std::make_shared<Listener<ChatId, UserId, bool>>();
  const std::shared_ptr<Listener<UserId, Availability>> presence = std::make_shared<Listener<UserId, Availability>>();
  std::map<ChatId, std::int64_t> typed_at;                           ///< when this account last said that it writes

  std::map<ChatId, std::int64_t> marks;                              ///< read marks that were queued

 private:
  ClientCore(std::shared_ptr<Desk>, std::unique_ptr<FileLock>);
  void wire();
  void end_wakes();
  void run_turn();
  void committed(const Batch&);
  void damaged();
  void empty_cache(const std::string& owner);
  void begin_history();
  void met_history(const AnyId& epoch);
  bool begin_feeds_anew();
  void look_for_file();
  void account_changed();
  void everything_changed();
  void settled(const OutboxRow&, const Result<std::string>&);
  void lapse_answered();
  void plan();
  void look();
  void heard_presence(const PresenceFrame&);
  void look_away();
  void tidy_later();
  bool ask(const PageWant&);
  std::optional<PageWant> behind(ChatId);
  void tell(std::vector<std::shared_ptr<Pending<Done>>>&, const Result<Done>&);
  void answer_waiting();
  void answer_sent(const std::optional<Error>& out);
  void connection_changed();
  void take_skipped();

  std::shared_ptr<Desk> desk_;
  std::unique_ptr<FileLock> lock_;
  Web web_;
  Session session_;
  Pages pages_;
  Follower follower_;
  Sender sender_;
  ChatBook book_;
  Typists typists_;
  Answered answered_;
  std::vector<std::shared_ptr<TimelineModel>> timelines_;
  std::vector<std::shared_ptr<FeedModel>> feeds_;
  std::set<ChatId> dirty_, background_;
  std::set<UserId> there_;                                           ///< who was last said to be there
  std::map<ChatId, std::int64_t> blocked_until_;                     ///< steady time: after a failed page
  std::optional<Error> refusal_;                                     ///< of a change that is dropped by now; for when_sent
  bool people_dirty_ = false, turn_posted_ = false, looking_for_file_ = false, tidying_ = false;
  Connection told_ = Connection::offline;
};

}  // namespace fechatter
