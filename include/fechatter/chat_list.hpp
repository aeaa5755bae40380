#pragma once
#include "fechatter/timeline.hpp"

namespace fechatter {

/// The chats of this account with the newest activity, newest first: a window that load_more widens. Same contract as Timeline:
/// executor's thread but what says otherwise, one wake between two drains, the first drain is a reset, may outlive the client. No errors: it shows
/// what is held.
class ChatList {
 public:
  ~ChatList();
  ChatList(const ChatList&) = delete;
  ChatList& operator=(const ChatList&) = delete;

  void on_change(std::function<void()> wake);         ///< as Timeline::on_change
  std::vector<Diff<ChatSummary>> drain();             ///< the steps since the last one, to be applied in order; empty: none
  const std::vector<ChatSummary>& items() const;      ///< as of the last drain(): stable between drains
  /// Shows up to n more chats; they come like any change. Nothing once the client is closed. Any thread.
  void load_more(std::size_t n = 100);
  /// No chat of this account is outside of the window. Any thread.
  bool complete() const;

  struct Impl;
  explicit ChatList(std::unique_ptr<Impl>);        ///< by Client::chats

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
