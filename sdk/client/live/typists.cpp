#include "sdk/client/live/typists.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr std::size_t kMost = 1000;
}

void Typists::heard(const TypingFrame& f) {
  const Seat seat{f.chat_id, f.user_id};
  if (!f.active) return posted({seat});
  if (until_.size() >= kMost && !until_.contains(seat)) return;
  until_[seat] = desk_.steady() + kHeardMs;
  tell_(f.chat_id, f.user_id, true);
  watch();
}

void Typists::posted(const std::set<Seat>& seats) {
  for (const Seat& seat : seats)
    if (until_.erase(seat) > 0) tell_(seat.first, seat.second, false);
}

void Typists::forget() {
  for (const auto& [seat, until] : std::exchange(until_, {})) tell_(seat.first, seat.second, false);
}

void Typists::watch() {
  if (until_.empty() || std::exchange(watching_, true)) return;
  const auto first = std::min_element(until_.begin(), until_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  desk_.delay(first->second - desk_.steady(), [this] {
    watching_ = false;
    lapse();
  });
}

void Typists::lapse() {
  std::set<Seat> silent;
  for (const auto& [seat, until] : until_)
    if (until <= desk_.steady()) silent.insert(seat);
  posted(silent);
  watch();
}

}  // namespace fechatter
