// A server of the kit on a free loopback port, with a few routes that show what handlers can do.
#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include "server/kit/server.hpp"
#include "tests/support/http_socket.hpp"

namespace fechatter {

class KitServer {
 public:
  /// `change` may alter the options; address and port are chosen here.
  explicit KitServer(const std::function<void(kit::ServerOptions&)>& change = {});
  ~KitServer();
  std::uint16_t port() const { return port_; }
  kit::Server& server() { return *server_; }
  HttpSocket connect(int receive_buffer = 0) const { return HttpSocket(port_, 5000, receive_buffer); }

  /// Runs on the server's loop; returns when it has run.
  void on_loop(std::function<void()>);
  /// What the handler got with GET /stream, /hold and /ws: theirs until answered.
  std::shared_ptr<kit::Reply> reply();
  std::shared_ptr<kit::WsChannel> channel();
  /// How often that was reported ("closed" by on_close, "text" by on_text); waits until it is at least `least`.
  int count(const std::string& what, int least);
  int count(const std::string& what);
  /// Waits until `test` holds on the server's loop; false after five seconds.
  bool eventually(const std::function<bool()>& test);

 private:
  void handle(kit::Request&&, std::shared_ptr<kit::Reply>);
  void report(const std::string& what);
  void accept_websocket(const kit::Request&, kit::Reply&);

  NullLog log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> counts_;
  std::shared_ptr<kit::Reply> reply_;        // on the loop
  std::shared_ptr<kit::WsChannel> channel_;  // on the loop
  std::uint16_t port_ = 0;
  std::unique_ptr<kit::Server> server_;
};

inline kit::Shared shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

}  // namespace fechatter
