// The engine's side of a Feed. Where a feed stands is one seq per chat in core.db, so it survives a rebuilt cache; what lies behind it is
// read from the cache in order, and fetched first where it is not held.
#pragma once
#include <deque>
#include "sdk/client/desk.hpp"
#include "sdk/client/sync/pages.hpp"
#include "sdk/client/view.hpp"

namespace fechatter {

struct FeedShared {
  explicit FeedShared(Executor app) : wake(std::make_shared<Wake>(std::move(app))) {}
  std::shared_ptr<Wake> wake;
  std::mutex mutex;
  std::deque<Feed::Item> ready;
  std::deque<std::pair<std::int64_t, std::pair<ChatId, std::int64_t>>> handed;  ///< position, chat, seq: not acknowledged yet
};

class FeedModel {
 public:
  FeedModel(Desk&, FeedRow, std::map<ChatId, std::int64_t> floors);
  std::shared_ptr<FeedShared> shared() const { return shared_; }
  const std::string& name() const { return row_.name; }
  void changed(const std::set<ChatId>& chats) { dirty_.insert(chats.begin(), chats.end()); }

  /// Another history: what was handed out of the old one counts for nothing.
  void begin_anew();

  /// Hands out what is ready; `want` collects what must be fetched first.
  void refresh(std::vector<PageWant>& want);

 private:
  bool know_beginning();
  bool advance(ChatId, std::vector<PageWant>&);
  std::optional<std::int64_t> start_of(ChatId, const ChatState&, std::vector<PageWant>&);

  Desk& desk_;
  FeedRow row_;
  std::int64_t opened_steady_ = 0;               // when it was opened, on this process' steady clock
  std::int64_t position_ = 0;
  std::map<ChatId, std::int64_t> next_;          // the first seq that was not handed out
  std::set<ChatId> dirty_;
  std::shared_ptr<FeedShared> shared_;
};

}  // namespace fechatter
