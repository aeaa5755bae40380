// A server whose every connection runs a script of the test: it says what the script says, byte by byte.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fechatter {

class ScriptServer {
 public:
  /// A connection. Reads give up after five seconds.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    /// The next request's head and body (by content-length); empty when the peer closed.
    std::string request();
    bool send(std::string_view bytes) const;
    /// Waits for the peer to close; false: it did not.
    bool closed() const;

   private:
    int fd_;
    std::string buffer_;
  };
  explicit ScriptServer(std::function<void(Peer&)> script);
  ~ScriptServer();
  ScriptServer(const ScriptServer&) = delete;
  ScriptServer& operator=(const ScriptServer&) = delete;
  std::string url(std::string_view path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + std::string(path); }
  int connections() const { return connections_; }

 private:
  void accept_all();
  std::function<void(Peer&)> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> peers_;
  std::thread thread_;
};

/// An answer with content-length.
std::string answer(std::string_view body, std::string_view headers = {}, std::string_view status = "200 OK");

}  // namespace fechatter
