// Drives the sync machine: holds the live stream, runs the rounds, feeds both into the cache.
#pragma once
#include "sdk/client/session/session.hpp"
#include "sdk/protocol/sse.hpp"
#include "sdk/protocol/sync_machine.hpp"

namespace fechatter {

class Follower {
 public:
  Follower(Desk&, Session&, Web&);

  void start();
  void stop();
  /// The cache lost what it had: begin from its cursor.
  void restart();
  /// The server has another history than the one that is held, and has not said so.
  void other_history() { perform(machine_.other_history()); }
  Connection connection() const;
  bool online() const { return machine_.phase() == SyncMachine::Phase::live || machine_.phase() == SyncMachine::Phase::catching_up; }
  std::int64_t position() const { return machine_.position(); }
  bool synced() const { return synced_; }
  /// Where the stream tells of typing, and large chats in full: at most 20. Whose presence it tells: at most 200, sorted; when only these
  /// change, that is said a little later, for all of them at once.
  void focus(std::vector<ChatId>, std::vector<UserId>);
  /// Whose presence this stream has been asked to tell, and nobody else's.
  bool looks_at(UserId) const;
  /// Said now, and to every new stream until stop().
  void presence(Presence);

  std::function<void()> on_change;                       ///< the connection's state, or synced
  std::function<void(const AnyId&)> on_history;          ///< whose stream was opened: its epoch
  std::function<void()> on_forget;                       ///< another history: the cache must be emptied
  std::function<void()> on_look;                         ///< looks_at() may say otherwise now
  std::function<void(const TypingFrame&)> on_typing;
  std::function<void(const PresenceFrame&)> on_presence;

 private:
  void perform(const SyncMachine::Actions&);
  void open_stream();
  void opened(std::uint64_t stream, const std::string& token);
  void bytes(std::string_view);
  void frame(const SseFrame&, std::optional<Batch>&);
  void hello(const SseFrame&);
  void close_stream();
  void ended(int status, const std::string& body, const std::string& token);
  void watch(std::int64_t ms);
  bool write(std::optional<Batch>&);
  void start_over_later();
  void fetch_page();
  void take_page(const Judgement&, const std::string& body);
  bool store_page(const SyncPage&);
  void remove(Batch&, ChatId);
  void doubt_others(Batch&, const std::vector<WorkspaceView>& mine);
  std::string stored_cursor();
  void send_focus();
  void looked_at(std::vector<UserId>);
  void send_presence();

  Desk& desk_;
  Session& session_;
  Web& web_;
  SyncMachine machine_;
  SseReader reader_;
  std::uint64_t stream_ = 0;       // counts streams: what an older one still says is ignored
  std::uint64_t round_ = 0;        // counts page requests
  std::int64_t heartbeat_ms_ = 15000, heard_ms_ = 0;
  Timer waiting_, watchdog_, page_wait_;
  std::string connection_id_;
  SetFocus focus_;
  std::vector<UserId> looked_at_;                        ///< sorted
  bool focus_due_ = false;
  std::optional<Presence> presence_;
  std::set<ChatId> removed_;                             ///< by frames, since the page under way was asked for: it may be older
  std::set<WorkspaceId> left_;                           ///< the same of workspaces
  std::optional<std::set<ChatId>> named_;                ///< by the pages of a first sync so far
  bool synced_ = false;
  bool replaying_ = false;                               ///< resumed: until the first cursor frame what was missed is still coming
};

}  // namespace fechatter
