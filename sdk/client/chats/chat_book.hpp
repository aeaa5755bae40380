// The chats of this account, in memory and in order, and what people are called.
#pragma once
#include <map>
#include "sdk/client/desk.hpp"
#include "sdk/client/view.hpp"

namespace fechatter {

class ChatBook {
 public:
  explicit ChatBook(Desk& desk) : desk_(desk) {}

  void load();                                        ///< everything again
  void update(const std::set<ChatId>&);
  void load_people();
  std::string name_of(UserId) const;
  const std::map<UserId, std::string>& people() const { return people_; }
  /// Newest activity first; chats whose creation is still queued are among them.
  std::vector<ChatSummary> list() const;
  Result<ChatId> find(const std::string& name) const;
  std::int64_t read_seq(ChatId) const;

  /// The views that are open.
  std::vector<std::weak_ptr<View<ChatSummary>>> views;
  void publish();

 private:
  std::optional<ChatSummary> summary(ChatId, const std::vector<OutboxRow>&) const;
  std::string display_name(const ChatSummary&) const;

  Desk& desk_;
  std::map<ChatId, ChatSummary> chats_;
  std::map<UserId, std::string> people_;
};

}  // namespace fechatter
