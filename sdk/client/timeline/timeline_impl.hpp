#pragma once
#include "sdk/client/client_core.hpp"

namespace fechatter {

struct Timeline::Impl {
  std::weak_ptr<ClientCore> core;
  std::weak_ptr<TimelineModel> model;
  std::shared_ptr<TimelineShared> shared;
  Executor app;
  ChatId chat;
  template <class T, class F> Handle start(Completion<T>, F&&);
};

/// Durable and coalesced; nothing when that far has been marked already.
Result<Done> mark_read_in(ClientCore&, ChatId, std::int64_t seq);

}  // namespace fechatter
