#include "tests/unit/net/script_server.hpp"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cstdlib>
#include <stdexcept>

namespace fechatter {
namespace {
// On a free port below those that the system gives to clients.
std::uint16_t bind_somewhere(int fd) {
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 2000; ++i) {
    const auto port = static_cast<std::uint16_t>(20000 + (::getpid() * 7 + i) % 12000);
    at.sin_port = htons(port);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return port;
  }
  throw std::runtime_error("no free port");
}
}  // namespace

std::string ScriptServer::Peer::request() {
  const auto fill = [this] {
    char bytes[65536];
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  };
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return {};
  end += 4;
  const auto length = buffer_.find("Content-Length: ");
  if (length < end) end += static_cast<std::size_t>(std::atoi(buffer_.c_str() + length + 16));
  while (buffer_.size() < end)
    if (!fill()) return {};
  std::string out = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return out;
}
bool ScriptServer::Peer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}
bool ScriptServer::Peer::closed() const {
  char byte;
  return ::recv(fd_, &byte, 1, 0) == 0;
}

ScriptServer::ScriptServer(std::function<void(Peer&)> script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  port_ = bind_somewhere(listener_);
  ::listen(listener_, 128);
  thread_ = std::thread([this] { accept_all(); });
}
ScriptServer::~ScriptServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  {
    std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& t : peers_) t.join();
  for (const int fd : open_) ::close(fd);
  ::close(listener_);
}
void ScriptServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const timeval wait{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ++connections_;
    std::lock_guard lock(mutex_);
    open_.push_back(fd);
    peers_.emplace_back([this, fd] {
      Peer peer(fd);
      script_(peer);
      ::shutdown(fd, SHUT_RDWR);
    });
  }
}

std::string answer(std::string_view body, std::string_view headers, std::string_view status) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace fechatter
