// What the parts of one client share: its ports, its files, the one lock that makes its state belong to one logical thread, and the way
// to the app's executor.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>
#include "fechatter/client.hpp"
#include "sdk/client/interest.hpp"
#include "sdk/client/outbox/local.hpp"
#include "sdk/client/sync/batch.hpp"
#include "sdk/client/sync/cache.hpp"
#include "sdk/runtime/ports.hpp"

namespace fechatter {

/// The state behind `mutex` is the engine's: it changes on the loop, and is read from any thread. core.db has a lock of its own, taken
/// inside or without this one, never around it.
struct Desk : std::enable_shared_from_this<Desk> {
  Desk(const Ports&, ClientOptions);
  Ports ports;
  std::unique_ptr<IdSource> ids;
  ClientOptions options;
  std::unique_ptr<Local> local;
  std::unique_ptr<Cache> cache;
  std::mutex mutex;
  bool closed = false;
  /// By the server's clock, as heard since the start; a clock of this device that is set anew changes nothing. Null: not heard yet.
  std::optional<Time> server_now() const { return heard_ms_ == 0 ? std::nullopt : std::optional(Time{heard_ms_ + steady()}); }
  void heard_time(Time server) { heard_ms_ = server.ms - steady(); }

  // Set by the engine; called with the lock held.
  std::function<void()> turn;                                  ///< something is due: look at everything soon
  std::function<void(const Batch&)> committed;
  std::function<void()> damaged;                               ///< cache.db must be built anew

  UserId self() const;
  Time now() const { return ports.clock->now(); }
  std::int64_t steady() const { return ports.clock->steady_ms(); }
  std::int64_t draw(std::int64_t bound) { return bound <= 0 ? 0 : static_cast<std::int64_t>(ports.random->below(static_cast<std::uint64_t>(bound) + 1)); }
  template <class I> I new_id() { return ids->next<I>(); }

  /// Runs on the loop, soon, with the lock held, unless the client is closed by then.
  void post(std::function<void()>);
  Timer after(std::int64_t ms, std::function<void()>);
  /// The same without a timer to hold.
  void delay(std::int64_t ms, std::function<void()>);
  /// A call of a port that is over, or not wanted: destroyed later, not inside its own callback.
  void bury(std::shared_ptr<void>);
  /// Takes the lock, runs, and lets the app know what came of it.
  void enter(const std::function<void()>&);
  /// Goes to the executor once the lock is free.
  void to_app(std::function<void()> run) {
    if (run) outgoing_.push_back(std::move(run));
  }

  template <class T> std::shared_ptr<Pending<T>> pending(Completion<T> callback) {
    auto p = std::make_shared<Pending<T>>(options.executor, std::move(callback));
    keep(p);
    return p;
  }
  template <class T> void answer(const std::shared_ptr<Pending<T>>& p, Result<T> result) { to_app(p->answer(std::move(result))); }
  /// Nothing enters any more; the interests are told.
  void close();

  /// Commits, and tells everybody.
  Result<Done> commit(Batch&);
  /// A failure of cache.db, reading or writing: noted; of a damaged file the engine hears through `damaged`, soon and once.
  void failed(const Error&);
  /// The same of a read whose work waits for it: everything is looked at again in a while.
  void unreadable(const Error&);
  void note(const Error&);                                     ///< the latest failure, for status()
  std::optional<Error> last_error;

 private:
  void keep(std::shared_ptr<Closable>);
  std::int64_t heard_ms_ = 0;  // the server's clock when steady() was 0
  bool damage_told_ = false, looking_again_ = false;
  std::vector<std::function<void()>> outgoing_;
  std::vector<std::weak_ptr<Closable>> interests_;
  std::mutex interests_mutex_;
  std::map<std::uint64_t, Timer> delays_;
  std::uint64_t last_delay_ = 0;
};

}  // namespace fechatter
