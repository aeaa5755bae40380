// What the service is handed: it owns no thread, no clock, no socket.
#pragma once
#include <functional>
#include <memory>
#include <vector>
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/files.hpp"
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

/// Slow computing (password hashes) in a bounded pool: `job` runs elsewhere, then `then` on the main loop. From any thread.
/// False: the pool is full, nothing will run.
using Work = std::function<bool(std::function<void()> job, std::function<void()> then)>;

/// The way of a commit to the live hub, on the main loop, calling `deliver` any number of times before it returns. It may drop, double
/// and reorder: the hub reads from the log what it is not told, so all it can cost is time.
using Bus = std::function<void(std::shared_ptr<const Committed>, const std::function<void(std::shared_ptr<const Committed>)>& deliver)>;

struct ServicePorts {
  Loop* main = nullptr;                ///< requests arrive and are answered here; the live hub lives here
  Loop* lane = nullptr;                ///< the writer: the only one that touches the store's writing side
  std::vector<Loop*> readers;          ///< reads run there; at least one
  RowStore* store = nullptr;
  Reader* reader = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
  IdSource* ids = nullptr;
  Files* files = nullptr;
  Log* log = nullptr;
  Work work;
  Bus bus;                             ///< empty: every commit, once and in order
  AnyId epoch;                         ///< of the store's history
  std::int64_t head = 0;               ///< its newest position at the start
};

}  // namespace fechatter
