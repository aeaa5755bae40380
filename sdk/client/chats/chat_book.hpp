// The chats of this account, newest activity first, and what people are called. Read from the cache when somebody looks; what was looked at
// is remembered until it changes.
#pragma once
#include <atomic>
#include <map>
#include "sdk/client/desk.hpp"
#include "sdk/client/view.hpp"

namespace fechatter {

/// The newest `size` chats, as an app watches them.
struct ChatWindow : View<ChatSummary> {
  ChatWindow(Executor app, std::size_t n) : View(std::move(app)), size(n) {}
  std::size_t size;                    ///< with the client's lock held
  std::vector<UserId> peers;           ///< the others of the direct chats in it; with the lock held, too
  std::atomic<bool> complete = false;  ///< there are no others
};

class ChatBook {
 public:
  explicit ChatBook(Desk& desk) : desk_(desk) {}

  void forget();
  void forget(const std::set<ChatId>&);
  void forget_people() { names_.clear(); }

  /// Chats whose creation is still queued are among them.
  Result<std::vector<ChatSummary>> list(std::size_t limit = SIZE_MAX - 1);
  std::optional<ChatSummary> find(ChatId) const;
  Result<ChatId> find(const std::string& name) const;
  std::string name_of(UserId) const;
  std::int64_t read_seq(ChatId) const;

  /// The views that are open.
  std::vector<std::weak_ptr<ChatWindow>> views;
  void publish();
  void publish(ChatWindow&);

 private:
  std::optional<ChatSummary> summary(ChatId, const std::vector<OutboxRow>&) const;
  std::string display_name(const ChatSummary&) const;

  Desk& desk_;
  std::map<ChatId, ChatSummary> met_;
  mutable std::map<UserId, std::string> names_;
};

}  // namespace fechatter
