// Deletions and reactions that the server has acknowledged, until their events come. The answers say nothing that could be held, so the
// views take them from here. In memory only: after a restart the sync rounds bring the events.
#pragma once
#include <deque>
#include "sdk/client/desk.hpp"

namespace fechatter {

/// With the desk's lock held, all of it. At most 200; the oldest go first.
class Answered {
 public:
  static constexpr std::int64_t kWaitMs = 30'000;  ///< for an event that does not come, while the stream is live
  explicit Answered(Desk& desk) : desk_(desk) {}

  /// False: of another kind, or its event has been here already.
  bool add(const OutboxRow&);
  /// This account's events of those messages are held, these chats are gone.
  void met(const Batch&);
  /// The chats of those that have waited for too long: they go.
  std::set<ChatId> lapse();
  void clear() { list_.clear(); }

  template <class F> void each(ChatId chat, F&& show) const {
    for (const Entry& e : list_)
      if (e.row.chat_id == chat) show(e.row);
  }

 private:
  struct Entry {
    OutboxRow row;
    std::int64_t since;  // steady time
  };
  Desk& desk_;
  std::deque<Entry> list_;
};

}  // namespace fechatter
