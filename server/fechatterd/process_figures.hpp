// What this process holds and may hold, for /metrics.
#pragma once
#include "sdk/runtime/clock.hpp"
#include "server/fechatterd/work_pool.hpp"
#include "server/kit/config.hpp"
#include "server/kit/metrics.hpp"
#include "server/kit/rate_limit.hpp"

namespace fechatter {

/// On the server's loop.
class ProcessFigures {
 public:
  ProcessFigures(const kit::Config& config, const kit::Server& server, const kit::RateLimits& limits, const WorkPool& pool, Clock& clock)
      : config_(config), server_(server), limits_(limits), pool_(pool), clock_(clock) {}
  void gather(kit::Metrics&);
  /// Asked now and then: when most connections have gone, the system gets back what they took, which the allocator would keep for the next.
  void give_back();

 private:
  void connections(kit::Metrics&) const;
  void process(kit::Metrics&);

  const kit::Config& config_;
  const kit::Server& server_;
  const kit::RateLimits& limits_;
  const WorkPool& pool_;
  Clock& clock_;
  std::int64_t counted_ms_ = -1;
  double descriptors_ = 0;
  std::size_t peak_ = 0;  // of connections, since memory was given back
  int rounds_ = 0;        // in which more may be given back
};

}  // namespace fechatter
