// Many connections, one thread, epoll: senders that always have one request under way, and receivers of streams.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// `connections` keep-alive connections; each sends what `next(connection)` gives (a whole request), waits for the answer and goes on
/// until `next` gives nothing. Returns the seconds each request took. Gives up on an answer that is not 2xx.
std::vector<double> send_all(std::uint16_t port, std::size_t connections, const std::function<std::string(std::size_t)>& next);

/// The same at `per_second` whatever the server does (open loop): request n is due n / per_second after the beginning, waits for a free
/// connection where there is none, and what it took counts from when it was due.
std::vector<double> send_paced(std::uint16_t port, std::size_t connections, double per_second, std::size_t count,
                               const std::function<std::string(std::size_t)>& next);

/// A whole request with a JSON body.
std::string request_text(const std::string& method, const std::string& path, const std::string& token, const std::string& json);

/// Connections that were opened and written to; reads all of them until `seen` says that it was enough.
class Receivers {
 public:
  ~Receivers() { close(); }
  /// Connects and writes `request`.
  void add(std::uint16_t port, const std::string& request);
  std::size_t size() const { return fds_.size(); }
  void close();  ///< all of them
  /// Hands every piece to `take(connection, bytes)` until that returns false, or nothing came for `quiet_ms`. True: `take` ended it.
  bool read(const std::function<bool(std::size_t, const char*, std::size_t)>& take, int quiet_ms = 10000);

 private:
  int epoll_ = -1;
  std::vector<int> fds_;
};

}  // namespace bench
