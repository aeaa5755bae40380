#include "sdk/client/feed/feed_impl.hpp"

namespace fechatter {

Feed::Feed(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Feed::~Feed() {
  impl_->shared->wake->end();
  if (const auto core = impl_->core.lock()) core->with([&] { core->remove_feed(impl_->model.lock()); });
}

// There is room again.
void Feed::Impl::more() {
  if (const auto held = core.lock()) held->with([&] { held->turn(); });
}

void Feed::on_change(std::function<void()> wake) { impl_->shared->wake->on_change(std::move(wake)); }

std::vector<Feed::Item> Feed::drain(std::size_t max) {
  std::vector<Item> out;
  bool more = false;
  impl_->shared->wake->drained();
  {
    std::lock_guard lock(impl_->shared->mutex);
    auto& ready = impl_->shared->ready;
    while (!ready.empty() && out.size() < max) out.push_back(std::move(ready.front())), ready.pop_front();
    more = !ready.empty();
  }
  if (more) impl_->shared->wake->again();
  impl_->more();
  return out;
}

Result<Done> Feed::ack(std::int64_t position) {
  std::map<ChatId, std::int64_t> floors;
  {
    std::lock_guard lock(impl_->shared->mutex);
    for (const auto& [at, where] : impl_->shared->handed)
      if (at <= position) floors[where.first] = std::max(floors[where.first], where.second);
  }
  if (floors.empty()) return Done{};
  Result<Done> done = Error{Code::closed, "the client is closed"};
  if (const auto core = impl_->core.lock()) core->with([&] { done = core->desk()->local->set_floors(impl_->name, floors); });
  if (!done) return done;
  {
    std::lock_guard lock(impl_->shared->mutex);
    auto& handed = impl_->shared->handed;
    while (!handed.empty() && handed.front().first <= position) handed.pop_front();
  }
  impl_->more();
  return done;
}

}  // namespace fechatter
