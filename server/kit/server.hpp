// An HTTP/1.1 server on one thread: Asio for the sockets, Beast's parser for the requests, our own loop around them.
#pragma once
#include "fechatter/result.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"
#include "server/kit/http.hpp"

namespace fechatter::kit {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                    ///< 0: any free one
  std::size_t header_limit = 16 * 1024;         ///< more: 413
  std::size_t body_limit = 1024 * 1024;         ///< more: 413
  std::int64_t header_timeout_ms = 10'000;      ///< from the first byte (or the connection) to the end of the headers
  std::int64_t body_timeout_ms = 30'000;
  std::int64_t keep_alive_ms = 75'000;
  std::int64_t write_timeout_ms = 60'000;       ///< a peer that takes nothing for so long is gone
  std::size_t max_connections = 15'000;         ///< more: 503 and closed; fewer where the process may not open so many files
  std::size_t transfer_bytes = 256u << 20;      ///< of messages that are slow to arrive or to be taken; more: the oldest is cut off
};

/// Since the start, but for the first ones.
struct ServerCounters {
  std::size_t connections = 0, max_connections = 0;    ///< now; the limit in force
  std::size_t transfers = 0, transfer_bytes = 0;       ///< messages that are half way, now
  std::uint64_t refused = 0;                           ///< connections above the limit
  std::uint64_t accept_failures = 0;                   ///< out of descriptors or memory
  std::uint64_t slow_requests = 0, slow_readers = 0;   ///< that ran into a deadline
  std::uint64_t cut_off = 0;                           ///< to keep transfer_bytes
  std::uint64_t too_large = 0;                         ///< requests refused with 413
};

class Server {
 public:
  using Handler = std::function<void(Request&&, std::shared_ptr<Reply>)>;
  /// Whether open() would understand that ServerOptions::address: an IP address, or localhost.
  static bool is_address(const std::string&);
  /// Binds. Nothing is accepted before start().
  static Result<std::unique_ptr<Server>> open(ServerOptions, Log&);
  ~Server();

  void start(Handler);
  /// Of the server's thread. Lives as long as the server.
  Loop& loop();
  /// "127.0.0.1:8080"
  std::string address() const;
  std::size_t connections() const;
  ServerCounters counters() const;  ///< on the loop
  /// Accepts nobody, lets requests under way finish, closes the idle; returns when all are gone or after `ms`. Not on the loop.
  void drain(std::int64_t ms);
  /// Ends the thread. Not on the loop. What is still posted is destroyed with the server, uncalled.
  void stop();

  struct Impl;

 private:
  explicit Server(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter::kit
