// What one sync page, one burst of frames or one page of history does to the cache: one transaction, together with the cursor.
#pragma once
#include <map>
#include <optional>
#include <set>
#include "sdk/client/sync/cache.hpp"
#include "sdk/core/live/live.hpp"
#include "sdk/core/messages/messages.hpp"

namespace fechatter {

/// A list of a workspace's members, while its pages come.
struct MemberRound {
  std::int64_t as_of_rev = 0;                      ///< of the workspace before the first page was asked for
  std::set<UserId> named;
};

class Batch {
 public:
  Batch(Cache&, UserId self);
  ~Batch();

  void event(const EventView&);
  /// The answer to "events after asked_rev"; `complete`: nothing is left behind it. Revs that it lacks are events this account may not see.
  void events(ChatId, const EventPage&, std::int64_t asked_rev, bool complete);
  /// A chat as the server sees it now. `limited`: events between what is applied and its head are not coming.
  void summary(const ChatView&, bool limited);
  /// The answer to our own creation. It is as it was the first time, however late it comes: what became of the chat is asked for.
  void created(const ChatView&);
  void nudge(const NudgeFrame&);
  void remove_chat(ChatId);
  void workspace(const WorkspaceView&);
  /// Whether this account is still in it must be asked; the answer comes as members or as leave_workspace.
  void doubt(WorkspaceId);
  void leave_workspace(WorkspaceId);
  void members(WorkspaceId, const std::vector<WorkspaceMemberView>&);
  /// With the last page of a list: whoever it does not name has left.
  void all_members(WorkspaceId, const MemberRound&);
  void user(const UserView&);
  /// Our own message, as the server answered: held at once; its event comes later.
  void acknowledged(const MessageView&);
  /// Our own edit, as the server answered; the same of its event.
  void edited(const MessageView&);
  /// Moves our own mark before the server knows.
  void read(ChatId, std::int64_t seq);
  /// A page of that chat's history, asked for when the chat stood at `asked_rev`; `changed_since`: only what changed after that rev of what is held.
  /// False: the page is older than what is known, ask again.
  bool page(ChatId, const MessagePage&, std::int64_t asked_rev, std::optional<std::int64_t> changed_since = {});
  void drop_history(ChatId);
  /// The server has counted the mentions again, and nothing of the chat has changed here since it was asked.
  void counted(const ChatView&);
  /// Events were skipped that are understood by now: what is held may lack them.
  void doubt(ChatId);
  void set_cursor(const std::string&);
  /// The server has told everything up to now: what is known of a chat and has not come is missing.
  void all_told();

  Result<Done> commit();
  /// Rolls back now: after a failed commit, before the file is touched.
  void abandon() { transaction_.reset(); }

  // Valid after commit().
  std::set<ChatId> changed;                        ///< something of these looks different now
  std::set<ChatId> gaps;                           ///< events are missing: ask for those behind applied_rev
  std::map<ChatId, std::int64_t> unknown;          ///< spoken of, not in the cache, with the rev that was heard of
  std::set<ChatId> removed;
  std::set<std::pair<ChatId, UserId>> authors;     ///< of new messages, and where
  std::set<MessageId> own;                         ///< messages that this account's events were about
  std::set<WorkspaceId> left_workspaces;
  std::set<WorkspaceId> stale_members;             ///< the member list must be loaded again
  std::set<ChatId> recounts;                       ///< the server must count the mentions again
  bool people_changed = false;
  bool other_history = false;                      ///< it contradicts what is held: the server has an older copy of its database back

 private:
  ChatState* state(ChatId);
  ChatState& state_or_new(ChatId);
  void chat_event(const EventView&, const StreamId&);
  void workspace_event(const EventView&, const StreamId&);
  void user_event(const EventView&);
  void apply_to(const Event&, ChatState&);
  bool holds_another(const MessageView&);
  bool holds_elsewhere(MessageId, ChatId, std::int64_t seq);
  // `reacted`: this account has reacted to something in that chat, as far as is held.
  void put_message(const MessageView&, bool reacted);
  void replace_message(const MessageView&, bool reacted);
  void put_newest(ChatState&, const MessageView&);
  void put_first(const std::vector<MessageView>&, bool reacted);
  void put_own_reactions(const MessageView&, bool reacted);
  bool reacted_in(ChatId);
  bool holds_any(ChatId, std::int64_t lo, std::int64_t hi);
  bool any(Result<Statement>);
  void message_changed(const Event&, ChatState&);
  void mark_moved(ChatState&, std::int64_t seq);
  void recount(ChatState&);
  void take_back_reactions(const MessageView&);
  void drop_missing(ChatId, const MessagePage&);
  void drop_rows(ChatId);
  void hide_below(ChatState&, std::int64_t seq);
  void flush();
  void run(std::string_view sql, const AnyId&);
  bool wants(const Type&, const void* row);
  void write_states();
  /// After a failure nothing is written: SQLite may have rolled back, and what came now would be durable without what came before.
  template <class F> void attempt(F write) {
    if (failed_) return;
    if (Result<Done> done = write(); !done) failed_ = done.error();
  }

  Cache& cache_;
  UserId self_;
  std::optional<Transaction> transaction_;
  std::unique_ptr<WorkingSet> set_;
  std::map<ChatId, ChatState> touched_;
  std::set<ChatId> forgotten_;                     // nothing of these is in the file, even if they came back
  bool force_ = false;
  std::optional<std::string> cursor_;
  std::optional<Error> failed_;
};

}  // namespace fechatter
