// Tickets that open one stream each, for clients that cannot set headers.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>
#include "fechatter/ids.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

/// In memory only: a restart forgets them. A session that asks for more than it may hold gets the new one for its oldest.
class Tickets {
 public:
  static constexpr std::int64_t kLifeMs = 60'000;
  static constexpr std::size_t kOfSession = 32, kAll = 100'000;

  struct Holder {
    UserId user;
    SessionId session;
  };
  std::string issue(Holder, std::int64_t now_ms, Random&);
  /// Whose it is, without spending it. Nothing: as of take.
  std::optional<Holder> look(const std::string& ticket, std::int64_t now_ms) const;
  /// Spends it. Nothing: never issued, spent, too old, or made room for.
  std::optional<Holder> take(const std::string& ticket, std::int64_t now_ms);
  std::size_t size() const { return by_text_.size(); }

 private:
  struct Ticket {
    std::string text;
    Holder holder;
    std::int64_t until_ms = 0;
  };
  using Place = std::list<Ticket>::iterator;
  void drop(Place);

  std::list<Ticket> tickets_;  // by age
  std::unordered_map<std::string, Place> by_text_;
  std::map<SessionId, std::vector<Place>> of_session_;  // by age
};

}  // namespace fechatter
