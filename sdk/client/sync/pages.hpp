// Everything that is fetched besides the rounds: missing events, pages of history, chats, people. One request a chat at a time.
#pragma once
#include <deque>
#include <map>
#include <set>
#include "sdk/client/session/session.hpp"

namespace fechatter {

struct PageWant {
  enum Kind : std::uint8_t { before, after, around, changed } kind = before;
  ChatId chat;
  std::int64_t seq = 0;              ///< before, after, around
  std::int64_t lo = 0, hi = 0;       ///< changed
  std::int64_t since = 0;            ///< changed: a rev
  std::int64_t limit = 100;
  bool open_end = false;             ///< before: `seq` may lie behind the newest message
};

class Pages {
 public:
  using Then = std::function<void(Result<Done>)>;
  Pages(Desk& desk, Session& session) : desk_(desk), session_(session) {}

  /// Answers once the rows are in the cache. A chat's pages come one after the other.
  void fetch(const PageWant&, Then);
  bool busy(ChatId chat) const { return lanes_.contains(chat); }
  std::size_t in_flight() const { return lanes_.size(); }

  /// What the cache knew to be missing when it was closed.
  void restore();
  /// What a batch showed to be missing.
  void missing(const Batch&);
  void person(UserId);
  /// One that was joined just now: what is on its way was asked before.
  void chat(ChatId id) { chats_.try_emplace(id, 0), chats_busy_.erase(id); }
  /// No events are missing, no chat is unknown.
  bool settled() const { return gaps_.empty() && gaps_busy_.empty() && chats_.empty() && spaces_.empty() && spaces_busy_.empty(); }
  /// Starts what waits; nothing while offline.
  void pump(bool online);
  /// Signed out, or another history: what was asked for does not count any more.
  void reset();
  void finish_all(const Error&);
  /// The message's place; fetched, because it is not held.
  void locate(ChatId, MessageId, std::function<void(Result<std::int64_t>)>);

  /// A chat that was spoken of: the server says that it is not one of ours.
  std::function<void(ChatId)> on_gone;
  /// The server knows less than it has said before: an older copy of its database is back, and what is held is of a history that has ended.
  std::function<void()> on_other_history;

 private:
  struct Job {
    PageWant want;
    Then then;
    std::int64_t asked_rev = 0, known_seq = 0;         // when it was asked
    int tries = 0;
  };
  using Lane = std::deque<Job>;
  void start(ChatId);
  void answered(ChatId, const Judgement&, const std::string& body);
  bool take(Job&, const std::string& body, Result<Done>& outcome);
  void finish(ChatId, Result<Done>);

  void fetch_events(ChatId);
  void take_events(ChatId, std::int64_t asked_rev, std::int64_t known_rev, const Judgement&, const std::string& body);
  void fetch_chat(ChatId);
  void take_chat(ChatId, std::int64_t heard, const Judgement&, const std::string& body);
  void heard_of(ChatId, std::int64_t rev);
  void fetch_space(WorkspaceId);
  void leave(WorkspaceId);
  void recount(ChatId);
  void fetch_members(WorkspaceId, std::string cursor, MemberRound);
  void fetch_person(UserId);
  void later(std::function<void()> mark);
  bool forgot(std::int64_t known, std::int64_t said);

  Desk& desk_;
  Session& session_;
  std::uint64_t generation_ = 0;
  std::map<ChatId, Lane> lanes_;
  std::set<ChatId> gaps_, gaps_busy_;
  std::set<ChatId> recounts_;                        // the server must count the mentions again
  std::map<ChatId, bool> recounts_busy_;             // true: something of the chat has changed since it was asked
  std::map<ChatId, std::int64_t> chats_;
  std::map<ChatId, std::uint64_t> chats_busy_;       // which request: what an older one answers is ignored
  std::uint64_t last_asked_ = 0;
  std::set<WorkspaceId> spaces_, spaces_busy_;
  std::set<UserId> people_, people_busy_, people_asked_;
  bool online_ = false;
};

}  // namespace fechatter
