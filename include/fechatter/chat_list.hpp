#pragma once
#include "fechatter/timeline.hpp"

namespace fechatter {

/// The chats of this account, newest activity first. Same contract as Timeline: executor's thread, one wake between two drains, the
/// first drain is a reset.
class ChatList {
 public:
  ~ChatList();
  ChatList(const ChatList&) = delete;
  ChatList& operator=(const ChatList&) = delete;

  void on_change(std::function<void()> wake);
  std::vector<Diff<ChatSummary>> drain();
  const std::vector<ChatSummary>& items() const;

  struct Impl;
  explicit ChatList(std::unique_ptr<Impl>);        ///< by Client::chats

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
