#pragma once
#include <memory>
#include <string>
#include "sdk/runtime/http.hpp"
#include "sdk/runtime/loop.hpp"

namespace fechatter {

/// One network thread with libcurl's multi interface, for all clients of a process: connections are shared and kept. HTTP/2 over TLS
/// where the server has it. TLS certificates are always verified.
class Net {
 public:
  struct Options {
    std::string user_agent;
    std::string ca_file;  ///< empty: the system's authorities
  };
  static std::unique_ptr<Net> start(Options);
  ~Net();  ///< ends the thread; what is under way is never answered

  /// A client whose callbacks come on that loop. Neither outlives this object.
  std::unique_ptr<Http> client(Loop&);

  struct Impl;

 private:
  explicit Net(std::shared_ptr<Impl>);
  std::shared_ptr<Impl> impl_;
};

}  // namespace fechatter
