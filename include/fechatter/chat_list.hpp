#pragma once
#include "fechatter/timeline.hpp"

namespace fechatter {

/// The chats of this account with the newest activity, newest first: a window that load_more widens. Same contract as Timeline:
/// executor's thread, one wake between two drains, the first drain is a reset.
class ChatList {
 public:
  ~ChatList();
  ChatList(const ChatList&) = delete;
  ChatList& operator=(const ChatList&) = delete;

  void on_change(std::function<void()> wake);
  std::vector<Diff<ChatSummary>> drain();
  const std::vector<ChatSummary>& items() const;
  /// Shows up to n more chats; they come like any change. Any thread.
  void load_more(std::size_t n = 100);
  /// No chat of this account is outside of the window. Any thread.
  bool complete() const;

  struct Impl;
  explicit ChatList(std::unique_ptr<Impl>);        ///< by Client::chats

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
