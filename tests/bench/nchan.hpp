// nchan, the nearest thing to our fan-out that Debian has: nginx with a module that publishes to Server-Sent Events.
#pragma once
#include <sys/types.h>
#include <cstdint>
#include <string>

namespace bench {

/// An nginx of our own, one worker, on a free port: POST /pub publishes a message to whoever reads GET /sub. Nothing is stored on a disk.
class Nchan {
 public:
  static bool installed();
  explicit Nchan(const std::string& folder);
  ~Nchan();
  Nchan(const Nchan&) = delete;
  Nchan& operator=(const Nchan&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  pid_t pid_;
};

}  // namespace bench
