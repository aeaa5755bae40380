#include "tests/bench/load.hpp"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>
#include "tests/bench/bench.hpp"

namespace bench {
namespace {
int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET, to.sin_port = htons(port), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) give_up("cannot connect");
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}
void write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) give_up("the server closed");
    done += static_cast<std::size_t>(n);
  }
}
void watch(int epoll, int fd, std::size_t index) {
  epoll_event e{};
  e.events = EPOLLIN, e.data.u64 = index;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}
// Bytes of the whole answer at the beginning of `text`; 0: not complete yet.
std::size_t answer_size(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  std::size_t body = 0;
  for (std::size_t at = 0; at < end; at = text.find("\r\n", at) + 2)
    if (::strncasecmp(text.c_str() + at, "content-length:", 15) == 0) body = static_cast<std::size_t>(std::atoll(text.c_str() + at + 15));
  const std::size_t whole = end + 4 + body;
  return text.size() >= whole ? whole : 0;
}
}  // namespace

std::string request_text(const std::string& method, const std::string& path, const std::string& token, const std::string& json) {
  return method + " /api/v1" + path + " HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " + token +
      "\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
}

std::vector<double> send_all(std::uint16_t port, std::size_t connections, const std::function<std::string(std::size_t)>& next) {
  struct Sender {
    int fd = -1;
    std::string got;
    Watch since;
  };
  std::vector<Sender> senders(connections);
  std::vector<double> took;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::size_t busy = 0;
  const auto go_on = [&](std::size_t i) {
    const std::string request = next(i);
    if (request.empty()) return;
    ++busy, senders[i].since = Watch();
    write_all(senders[i].fd, request);
  };
  for (std::size_t i = 0; i < connections; ++i) senders[i].fd = connect_to(port), watch(epoll, senders[i].fd, i);
  for (std::size_t i = 0; i < connections; ++i) go_on(i);
  std::vector<epoll_event> events(connections);
  std::vector<char> buffer(1 << 16);
  while (busy > 0) {
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 20000);
    if (n <= 0) give_up("the server does not answer");
    for (int k = 0; k < n; ++k) {
      const std::size_t i = events[static_cast<std::size_t>(k)].data.u64;
      Sender& s = senders[i];
      const auto bytes = ::read(s.fd, buffer.data(), buffer.size());
      if (bytes <= 0) give_up("the server closed");
      s.got.append(buffer.data(), static_cast<std::size_t>(bytes));
      const std::size_t whole = answer_size(s.got);
      if (whole == 0) continue;
      if (s.got.compare(9, 1, "2") != 0) give_up("refused: " + s.got);
      s.got.erase(0, whole), --busy, took.push_back(s.since.seconds());
      go_on(i);
    }
  }
  for (const Sender& s : senders) ::close(s.fd);
  ::close(epoll);
  return took;
}

void Receivers::close() {
  for (const int fd : fds_) ::close(fd);
  if (epoll_ >= 0) ::close(epoll_);
  fds_.clear(), epoll_ = -1;
}
void Receivers::add(std::uint16_t port, const std::string& request) {
  if (epoll_ < 0) epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  fds_.push_back(connect_to(port));
  write_all(fds_.back(), request);
  watch(epoll_, fds_.back(), fds_.size() - 1);
}
bool Receivers::read(const std::function<bool(std::size_t, const char*, std::size_t)>& take, int quiet_ms) {
  std::vector<epoll_event> events(512);
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), quiet_ms);
    if (n <= 0) return false;
    for (int k = 0; k < n; ++k) {
      const std::size_t i = events[static_cast<std::size_t>(k)].data.u64;
      const auto bytes = ::read(fds_[i], buffer.data(), buffer.size());
      if (bytes <= 0) give_up("a stream was closed");
      if (!take(i, buffer.data(), static_cast<std::size_t>(bytes))) return true;
    }
  }
}

}  // namespace bench
