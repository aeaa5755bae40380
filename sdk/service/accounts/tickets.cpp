#include "sdk/service/accounts/tickets.hpp"
#include "sdk/service/writes/prepare.hpp"

namespace fechatter {

std::string Tickets::issue(Holder holder, std::int64_t now_ms, Random& random) {
  while (!tickets_.empty() && tickets_.front().until_ms < now_ms) drop(tickets_.begin());
  if (const auto it = of_session_.find(holder.session); it != of_session_.end() && it->second.size() >= kOfSession) drop(it->second.front());
  if (tickets_.size() >= kAll) drop(tickets_.begin());
  const std::string text = random_code(random) + random_code(random);
  tickets_.push_back({text, holder, now_ms + kLifeMs});
  const Place place = std::prev(tickets_.end());
  by_text_[text] = place;
  of_session_[holder.session].push_back(place);
  return text;
}

std::optional<Tickets::Holder> Tickets::look(const std::string& ticket, std::int64_t now_ms) const {
  const auto it = by_text_.find(ticket);
  return it != by_text_.end() && it->second->until_ms >= now_ms ? std::optional(it->second->holder) : std::nullopt;
}

std::optional<Tickets::Holder> Tickets::take(const std::string& ticket, std::int64_t now_ms) {
  const auto it = by_text_.find(ticket);
  if (it == by_text_.end()) return std::nullopt;
  const Ticket found = *it->second;
  drop(it->second);
  return found.until_ms >= now_ms ? std::optional(found.holder) : std::nullopt;
}

void Tickets::drop(Place place) {
  const auto it = of_session_.find(place->holder.session);
  std::erase(it->second, place);
  if (it->second.empty()) of_session_.erase(it);
  by_text_.erase(place->text);
  tickets_.erase(place);
}

}  // namespace fechatter
