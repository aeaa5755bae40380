#pragma once
#include "fechatter/client.hpp"
#include "sdk/client/client_core.hpp"

namespace fechatter {

struct Client::Impl {
  std::shared_ptr<ClientCore> core;
  std::shared_ptr<Wake> connection_wake;

  /// Begins something that is answered later.
  template <class T, class F> Handle start(Completion<T> callback, F&& run) {
    auto p = core->desk()->pending(std::move(callback));
    if (!core->with([&] { run(*core, p); }))
      if (auto f = p->close()) core->desk()->options.executor(std::move(f));
    return Handle(p);
  }
  template <class T, class F> T read(T otherwise, F&& run) {
    core->with([&] { otherwise = run(*core); });
    return otherwise;
  }
  Result<std::int64_t> enqueue(OutboxRow);
  Result<std::optional<Rewrite>> rewrite(const Local::Decide&);
  /// The chat of a message that is queued or held.
  Result<ChatId> chat_of(MessageId);
};

}  // namespace fechatter
