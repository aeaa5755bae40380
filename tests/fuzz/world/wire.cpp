#include "tests/fuzz/world/wire.hpp"
#include <sys/socket.h>
#include <unistd.h>
#include "server/kit/connection.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

namespace fechatter::fuzz {
namespace {
// One for all inputs: a loop costs more than a connection.
kit::Server::Impl& server() {
  static NullLog log;
  static kit::Server::Impl* const made = [] {
    kit::ServerOptions o;
    o.header_limit = Wire::kHeaderLimit, o.body_limit = Wire::kBodyLimit;
    return new kit::Server::Impl(o, log);
  }();
  return *made;
}
}  // namespace

Wire::Wire(kit::Server::Handler handler) {
  server().handler = std::move(handler);
  int ends[2];
  HOLDS(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  mine_ = ends[0];
  kit::Socket socket(server().loop.io);
  socket.assign(kit::tcp::v4(), ends[1]);
  socket.non_blocking(true);
  std::make_shared<kit::Connection>(std::move(socket), server())->begin();
}
Wire::~Wire() {
  ::close(mine_);
  turn();
  HOLDS(server().count == 0);
  server().handler = nullptr;
}

bool Wire::say(std::string_view bytes) {
  const bool sent = ::send(mine_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  turn();
  return sent && !ended;
}
void Wire::hang_up() {
  ::shutdown(mine_, SHUT_WR);
  turn();
}
void Wire::turn() {
  server().loop.io.restart();
  while (server().loop.io.poll() > 0) {
  }
  listen();
}
void Wire::listen() {
  char bytes[4096];
  for (ssize_t n = 0; !ended && (n = ::recv(mine_, bytes, sizeof bytes, 0)) >= 0;) {
    ended = n == 0;
    heard.append(bytes, static_cast<std::size_t>(n));
  }
}

}  // namespace fechatter::fuzz
