#include "tests/bench/load.hpp"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <numeric>
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

namespace {
/// Keep-alive connections, each with at most one request under way.
class Senders {
 public:
  Senders(std::uint16_t port, std::size_t count) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), open_(count), events_(count), buffer_(1 << 16) {
    for (std::size_t i = 0; i < count; ++i) open_[i].fd = connect_to(port), watch(epoll_, open_[i].fd, i);
  }
  ~Senders() {
    for (const Open& s : open_) ::close(s.fd);
    ::close(epoll_);
  }
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;
  /// `due`: what the answer's time counts from.
  void send(std::size_t i, const std::string& request, double due) {
    open_[i].due = due;
    write_all(open_[i].fd, request);
  }
  double now() const { return watch_.seconds(); }
  /// Waits at most so long; hands whoever was answered, and how long that took, to `answered`.
  void wait(double seconds, const std::function<void(std::size_t, double)>& answered) {
    const timespec most{static_cast<time_t>(seconds), static_cast<long>((seconds - std::floor(seconds)) * 1e9)};
    const int n = ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &most, nullptr);
    if (n < 0 || (n == 0 && seconds >= kPatience)) give_up("the server does not answer");
    for (int k = 0; k < n; ++k)
      if (const std::size_t i = events_[static_cast<std::size_t>(k)].data.u64; read(open_[i])) answered(i, now() - open_[i].due);
  }
  static constexpr double kPatience = 20;

 private:
  struct Open {
    int fd = -1;
    std::string got;
    double due = 0;
  };
  bool read(Open& s) {
    const auto bytes = ::read(s.fd, buffer_.data(), buffer_.size());
    if (bytes <= 0) give_up("the server closed");
    s.got.append(buffer_.data(), static_cast<std::size_t>(bytes));
    const std::size_t whole = answer_size(s.got);
    if (whole > 0 && s.got.compare(9, 1, "2") != 0) give_up("refused: " + s.got);
    s.got.erase(0, whole);
    return whole > 0;
  }
  int epoll_;
  std::vector<Open> open_;
  std::vector<epoll_event> events_;
  std::vector<char> buffer_;
  Watch watch_;
};
}  // namespace

std::vector<double> send_all(std::uint16_t port, std::size_t connections, const std::function<std::string(std::size_t)>& next) {
  Senders senders(port, connections);
  std::vector<double> took;
  std::size_t busy = 0;
  const auto go_on = [&](std::size_t i) {
    const std::string request = next(i);
    if (!request.empty()) ++busy, senders.send(i, request, senders.now());
  };
  for (std::size_t i = 0; i < connections; ++i) go_on(i);
  while (busy > 0)
    senders.wait(Senders::kPatience, [&](std::size_t i, double seconds) {
      --busy, took.push_back(seconds);
      go_on(i);
    });
  return took;
}

std::vector<double> send_paced(std::uint16_t port, std::size_t connections, double per_second, std::size_t count,
                               const std::function<std::string(std::size_t)>& next) {
  Senders senders(port, connections);
  std::deque<std::size_t> idle(connections);  // all in turn: one that is never used would be closed
  std::iota(idle.begin(), idle.end(), std::size_t{0});
  std::vector<double> took;
  std::size_t sent = 0;
  const double begun = senders.now();
  const auto due = [&] { return begun + static_cast<double>(sent) / per_second; };
  while (took.size() < count) {
    for (; sent < count && !idle.empty() && due() <= senders.now(); ++sent) {
      senders.send(idle.front(), next(idle.front()), due());
      idle.pop_front();
    }
    const double rest = sent < count && !idle.empty() ? std::max(0.0, due() - senders.now()) : Senders::kPatience;
    senders.wait(rest, [&](std::size_t i, double seconds) { took.push_back(seconds), idle.push_back(i); });
  }
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
