#pragma once
#include <functional>
#include <memory>
#include <vector>
#include "fechatter/task.hpp"
#include "fechatter/types.hpp"

namespace fechatter {

/// A durable queue of the messages of all chats, for bots: every message posted since the feed was first opened under its name is delivered at
/// least once, across restarts, until it is acknowledged; once more, all of them, when an older copy of the server's database is put back. Messages
/// of one chat come in order; gaps are filled from the server before anything behind them is delivered, and what cannot be read is waited for. Not thread-safe:
/// use it on the executor's thread. May outlive the client; nothing comes any more then. While 4,000 items wait for ack(), no more are handed out.
class Feed {
 public:
  struct Item {
    std::int64_t position = 0;  ///< grows by one per item, within this object
    std::string type;  ///< "message_posted"
    Message message;  ///< as it is now: edits since are in it, and a deleted one has no body
  };
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Same contract as Timeline::on_change.
  void on_change(std::function<void()> wake);
  /// At most `max` items that this object has not handed out yet; empty: none yet. When more wait, the wake comes again. What is not
  /// acknowledged comes again with the next Feed of this name, not from this object.
  std::vector<Item> drain(std::size_t max = 100);
  /// Everything up to and including `position` is done, whatever was skipped: durable when this returns; it does not come again under
  /// this name. storage_full, unavailable, internal: not written, ask again; closed.
  Result<Done> ack(std::int64_t position);

  struct Impl;
  explicit Feed(std::unique_ptr<Impl>);  ///< by Client::feed

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
