#pragma once
#include <chrono>
#include <memory>
#include "fechatter/result.hpp"

namespace fechatter {

/// The threads of the SDK, shared by all clients of a process: one for the network, one for the files. A host-driven runtime has only
/// the network's: everything else happens inside poll(). Must outlive its clients.
class Runtime {
 public:
  /// Never null. Where the system has no thread to give: std::system_error.
  static std::unique_ptr<Runtime> threaded();
  static std::unique_ptr<Runtime> host_driven();
  /// Joins the threads. Not on one of them, which means: not inside an executor that runs its functions there.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Host-driven only (else it returns `until` at once); one thread at a time. Runs what is ready, waits at most until `until` for more, and
  /// answers when the next timer is due; time_point::max(): none. Never re-entrant: within a callback it returns at once.
  std::chrono::steady_clock::time_point poll(std::chrono::steady_clock::time_point until);
  /// From any thread: makes poll() return. Nothing of a threaded one.
  void wake();

  struct Impl;
  Impl& impl() { return *impl_; }  ///< the SDK's own

 private:
  explicit Runtime(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
