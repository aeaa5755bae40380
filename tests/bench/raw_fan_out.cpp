#include "tests/bench/raw_fan_out.hpp"
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <utility>
#include "tests/bench/bench.hpp"

namespace bench {
namespace {
constexpr std::size_t kPieces = 64;  // of one writev
}

RawFanOut::RawFanOut() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 1024) != 0) give_up("cannot listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
}
RawFanOut::~RawFanOut() {
  for (const Peer& p : peers_) ::close(p.fd);
  ::close(listener_), ::close(epoll_);
}
void RawFanOut::accept() {
  Peer p;
  p.fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  epoll_event e{};
  e.data.u64 = peers_.size();
  if (p.fd < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, p.fd, &e) != 0) give_up("cannot accept");
  peers_.push_back(p);
}

void RawFanOut::watch(Peer& p, bool wanted) {
  if (std::exchange(p.waits, wanted) == wanted) return;
  waiting_ += wanted ? 1 : static_cast<std::size_t>(-1);
  epoll_event e{};
  if (wanted) e.events = EPOLLOUT;
  e.data.u64 = static_cast<std::uint64_t>(&p - peers_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, p.fd, &e);
}

void RawFanOut::flush(Peer& p) {
  while (p.frame < frames_.size()) {
    std::array<iovec, kPieces> pieces;
    std::size_t n = 0;
    for (std::size_t f = p.frame; f < frames_.size() && n < kPieces; ++f, ++n) pieces[n] = {frames_[f].data(), frames_[f].size()};
    pieces[0].iov_base = frames_[p.frame].data() + p.sent, pieces[0].iov_len -= p.sent;
    const auto written = ::writev(p.fd, pieces.data(), static_cast<int>(n));
    if (written < 0 && errno == EAGAIN) return watch(p, true);
    if (written < 0) give_up("a subscriber has gone");
    for (p.sent += static_cast<std::size_t>(written); p.frame < frames_.size() && p.sent >= frames_[p.frame].size(); ++p.frame)
      p.sent -= frames_[p.frame].size();
  }
  watch(p, false);
}

void RawFanOut::ready(int timeout_ms) {
  std::array<epoll_event, 512> events;
  const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  if (n == 0 && timeout_ms > 0) give_up("no subscriber reads");
  for (int k = 0; k < n; ++k) flush(peers_[events[static_cast<std::size_t>(k)].data.u64]);
}

void RawFanOut::run(std::size_t frames, const std::function<std::string()>& next) {
  frames_.reserve(frames);
  while (frames_.size() < frames) {
    frames_.push_back(next());
    for (Peer& p : peers_)
      if (!p.waits) flush(p);
    ready(0);
  }
  while (waiting_ > 0) ready(10000);
}

}  // namespace bench
