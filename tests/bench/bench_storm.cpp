// A storm: for five seconds 10,000 attempts a second to connect to a server that has all the connections it takes. How many are told so,
// and what those who are connected notice of it.
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <thread>
#include <unordered_map>
#include "tests/bench/bench.hpp"
#include "tests/support/http_socket.hpp"

namespace {
using namespace bench;
constexpr std::size_t kHeld = 500, kPerSecond = 10000, kSeconds = 5;
constexpr char kRequest[] = "GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n";

/// Connects, asks, reads to the end, each attempt from one of 200 addresses.
class Storm {
 public:
  explicit Storm(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Storm() { ::close(epoll_); }
  std::size_t attempts = 0, told = 0, closed = 0, accepted = 0;

  void blow() {
    const Watch watch;
    while (watch.seconds() < kSeconds) {
      const auto due = static_cast<std::size_t>(watch.seconds() * kPerSecond);
      while (attempts < due && open_.size() < 4000) attempt();
      turn(1);
    }
    seconds = watch.seconds();
    while (!open_.empty() && turn(2000)) continue;
    for (const auto& [fd, got] : open_) ::close(fd);
  }
  double seconds = 0;

 private:
  void attempt() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET, to.sin_port = htons(port_), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(0x7f000002u + static_cast<std::uint32_t>(attempts++ % 200));
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) give_up("no more sockets for the storm");
    (void)::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    epoll_event e{};
    e.events = EPOLLOUT, e.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
    open_.emplace(fd, std::string());
  }
  bool turn(int ms) {
    epoll_event events[256];
    const int n = ::epoll_wait(epoll_, events, 256, ms);
    for (int i = 0; i < n; ++i) step(events[i].data.fd, events[i].events);
    return n > 0;
  }
  void step(int fd, std::uint32_t what) {
    std::string& got = open_[fd];
    if (what & EPOLLOUT) {
      (void)::send(fd, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL);
      epoll_event e{};
      e.events = EPOLLIN, e.data.fd = fd;
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &e);
      if (!(what & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
    }
    char buffer[4096];
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
    if (n > 0 && got.compare(0, 12, "HTTP/1.1 200") != 0) return;
    if (n < 0 && errno == EAGAIN) return;
    told += got.compare(0, 12, "HTTP/1.1 503") == 0 && got.find("retry-after: ") != std::string::npos;
    accepted += got.compare(0, 12, "HTTP/1.1 200") == 0, closed += got.empty();
    ::close(fd);
    open_.erase(fd);
  }
  std::uint16_t port_;
  int epoll_;
  std::unordered_map<int, std::string> open_;
};

// Calls by those who are connected, one after the other, until `over`.
std::vector<double> calls_ms(std::vector<fechatter::HttpSocket>& held, const std::function<bool()>& over) {
  std::vector<double> ms;
  for (std::size_t i = 0; !over(); ++i) {
    const Watch watch;
    if (held[i % held.size()].call("GET", "/healthz").status != 200) give_up("somebody who was connected was not served");
    ms.push_back(watch.seconds() * 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return ms;
}
}  // namespace

int main() {
  Folder folder;
  ServerProcess server(folder.path, "rates = false\nconnections = " + std::to_string(kHeld) + "\n");
  std::vector<fechatter::HttpSocket> held;
  for (std::size_t i = 0; i < kHeld; ++i)
    if (held.emplace_back(server.port(), 20000).call("GET", "/healthz").status != 200) give_up("not even those that are allowed are taken");
  Watch calm;
  const double before = quantile(calls_ms(held, [&] { return calm.seconds() > 2; }), 0.99);
  Storm storm(server.port());
  std::atomic<bool> over{false};
  std::thread blowing([&] { storm.blow(), over = true; });
  const double during = quantile(calls_ms(held, [&] { return over.load(); }), 0.99);
  blowing.join();
  const double attempts = static_cast<double>(storm.attempts);
  figure("connection storm, attempts", attempts / storm.seconds, "/s");
  figure("  told 503 with Retry-After", static_cast<double>(storm.told) / attempts * 100, "%");
  figure("  closed without a word", static_cast<double>(storm.closed) / attempts * 100, "%");
  figure("  p99 of a call by those who are connected", during, "ms", "the calm before", before);
  held.pop_back();
  Watch after;
  while (fechatter::HttpSocket(server.port(), 5000).call("GET", "/healthz").status != 200)
    if (after.seconds() > 10) give_up("the server does not take connections after the storm");
  figure("  until somebody new is served when there is room again", after.seconds() * 1000, "ms");
  if (storm.accepted > 0) give_up("more connections than allowed");
}
