// The reference of the fan-out: accepted sockets, epoll and writev, and nothing else.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

class RawFanOut {
 public:
  RawFanOut();  ///< listens on a free port
  ~RawFanOut();
  RawFanOut(const RawFanOut&) = delete;
  RawFanOut& operator=(const RawFanOut&) = delete;
  std::uint16_t port() const { return port_; }
  void accept();  ///< the next subscriber
  /// So many frames to everybody: each is written at once where the socket takes it; elsewhere it waits for writability, and all that waits
  /// for one socket goes in one writev. Returns when everything has been written.
  void run(std::size_t frames, const std::function<std::string()>& next);

 private:
  struct Peer {
    int fd = -1;
    std::size_t frame = 0, sent = 0;  // the one under way, and how much of it has gone
    bool waits = false;
  };
  void flush(Peer&);
  void watch(Peer&, bool);
  void ready(int timeout_ms);

  int listener_, epoll_;
  std::uint16_t port_ = 0;
  std::vector<Peer> peers_;
  std::vector<std::string> frames_;
  std::size_t waiting_ = 0;
};

}  // namespace bench
