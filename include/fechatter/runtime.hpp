#pragma once
#include <chrono>
#include <memory>
#include "fechatter/result.hpp"

namespace fechatter {

/// The threads of the SDK, shared by all clients of a process: one for the network, one for the files. A host-driven runtime has only
/// the network's: everything else happens inside poll(). Must outlive its clients.
class Runtime {
 public:
  static std::unique_ptr<Runtime> threaded();
  static std::unique_ptr<Runtime> host_driven();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Host-driven only; one thread at a time. Runs what is ready, waits at most until `until` for more, and returns when the next
  /// timer is due. Never re-entrant: within a callback it returns at once.
  std::chrono::steady_clock::time_point poll(std::chrono::steady_clock::time_point until);
  /// From any thread: makes poll() return.
  void wake();

  struct Impl;
  Impl& impl() { return *impl_; }  ///< the SDK's own

 private:
  explicit Runtime(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
