// Who writes where. The server says that somebody writes, again and again while they go on; that they have stopped is found out here.
#pragma once
#include <functional>
#include <map>
#include <set>
#include "sdk/client/desk.hpp"
#include "sdk/core/live/live.hpp"

namespace fechatter {

/// With the desk's lock held, all of it. At most 1,000 people at a time; more are not told of.
class Typists {
 public:
  using Tell = std::function<void(ChatId, UserId, bool active)>;
  static constexpr std::int64_t kHeardMs = 6000;  ///< clients repeat it every 3 s
  Typists(Desk& desk, Tell tell) : desk_(desk), tell_(std::move(tell)) {}

  void heard(const TypingFrame&);
  /// What these were writing is there.
  void posted(const std::set<std::pair<ChatId, UserId>>&);
  /// The stream is gone: nobody knows any more.
  void forget();

 private:
  using Seat = std::pair<ChatId, UserId>;
  void watch();
  void lapse();

  Desk& desk_;
  const Tell tell_;
  std::map<Seat, std::int64_t> until_;  // steady time
  bool watching_ = false;
};

}  // namespace fechatter
