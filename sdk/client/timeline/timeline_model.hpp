// The engine's side of a Timeline: which part of a chat it shows, what that looks like now, and what is missing from it.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include "sdk/client/desk.hpp"
#include "sdk/client/outbox/answered.hpp"
#include "sdk/client/outbox/sender.hpp"
#include "sdk/client/sync/pages.hpp"
#include "sdk/client/view.hpp"

namespace fechatter {

struct TimelineShared {
  explicit TimelineShared(Executor app) : list(std::move(app)) {}
  View<TimelineItem> list;
  std::mutex mutex;                       // of what follows
  Timeline::Edge older = Timeline::Edge::more, newer = Timeline::Edge::end;
  bool stale = false;
};

class TimelineModel : public std::enable_shared_from_this<TimelineModel> {
 public:
  struct Around {
    Desk& desk;
    Pages& pages;
    std::function<std::string(UserId)> name_of;
    std::function<bool(std::int64_t ord)> sending;
    std::function<bool()> online;
    const Answered& answered;
  };
  TimelineModel(Around around, ChatId chat);

  ChatId chat() const { return chat_; }
  /// The other of a direct chat, and who wrote what is shown, newest first.
  const std::vector<UserId>& people() const { return people_; }
  std::shared_ptr<TimelineShared> shared() const { return shared_; }
  bool dirty = true;

  /// Looks at the files again and publishes; where they cannot be read, what was published stays, and a later turn looks again.
  void refresh();
  /// What a visible timeline lacks most, where the server should be asked.
  std::optional<PageWant> want() const;

  void load_older(std::size_t page, const std::shared_ptr<Pending<std::size_t>>&);
  void load_newer(std::size_t page, const std::shared_ptr<Pending<std::size_t>>&);
  void load_around(MessageId, const std::shared_ptr<Pending<Done>>&);

 private:
  using Waiting = std::vector<std::shared_ptr<Pending<std::size_t>>>;
  void answer(Waiting&, const Result<std::size_t>&);
  std::vector<TimelineItem> items(std::optional<Error>* unread);
  void add_pending(std::vector<TimelineItem>&);
  void meet(const std::vector<TimelineItem>&);
  void first_window(std::optional<Error>* unread);
  void tighten();
  std::int64_t visible_from() const;
  std::int64_t head() const;
  void fit();
  std::int64_t top() const { return follows_ ? head() : hi_; }
  void show_around(std::int64_t seq, const std::shared_ptr<Pending<Done>>&);
  Timeline::Edge older_edge() const, newer_edge() const;
  void keep_older();
  bool head_missing() const;

  Around around_;
  ChatId chat_;
  std::shared_ptr<TimelineShared> shared_;
  bool follows_ = true, placed_ = false;
  std::vector<UserId> people_;
  Waiting older_, newer_;                 // for pages on their way
  std::int64_t lo_ = 1, hi_ = 0;
};

}  // namespace fechatter
