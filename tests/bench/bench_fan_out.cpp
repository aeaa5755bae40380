// One sender, 1,000 subscribers by Server-Sent Events: deliveries per second and how long one takes, beside a bare loop that writes as
// many bytes to as many sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"

namespace {
constexpr std::size_t kPeople = 200, kStreams = 1000, kMessages = 200;
constexpr int kRuns = 3;
constexpr char kMark[] = "\"body\":\"T";

std::int64_t now_ns() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Arrivals {
  std::vector<double> ms;
  std::size_t bytes = 0;
  double seconds = 0;
};
// Reads until every subscriber has every message; each carries the time of its sending.
Arrivals receive(bench::Receivers& receivers, std::size_t messages, std::int64_t begun_ns) {
  Arrivals a;
  const std::size_t wanted = receivers.size() * messages;
  std::vector<std::string> rest(receivers.size());
  const bool done = receivers.read([&](std::size_t i, const char* bytes, std::size_t size) {
    a.bytes += size;
    std::string& text = rest[i];
    text.append(bytes, size);
    std::size_t kept = 0;
    for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, kept)) {
      const auto end = text.find('E', at + sizeof kMark - 1);
      if (end == std::string::npos) break;
      a.ms.push_back(static_cast<double>(now_ns() - std::atoll(text.c_str() + at + sizeof kMark - 1)) / 1e6);
      kept = end;
    }
    text.erase(0, std::max(kept, text.size() > 4096 ? text.size() - 4096 : 0));
    return a.ms.size() < wanted;
  });
  if (!done) bench::give_up("only " + std::to_string(a.ms.size()) + " of " + std::to_string(wanted) + " deliveries came");
  a.seconds = static_cast<double>(now_ns() - begun_ns) / 1e9;
  return a;
}

void write_whole(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    if (n > 0) done += static_cast<std::size_t>(n);
    else if (pollfd p{fd, POLLOUT, 0}; ::poll(&p, 1, 5000) <= 0) bench::give_up("a subscriber does not read");
  }
}
// The same number of bytes to the same number of sockets, and nothing else.
double bare_loop(std::size_t frame_bytes) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener, 1024) != 0) bench::give_up("cannot listen");
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  bench::Receivers receivers;
  std::vector<int> peers;
  for (std::size_t i = 0; i < kStreams; ++i) {
    receivers.add(ntohs(at.sin_port), "GET / HTTP/1.1\r\n\r\n");
    peers.push_back(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  const std::int64_t begun = now_ns();
  std::thread sender([&] {
    for (std::size_t m = 0; m < kMessages; ++m) {
      std::string frame = "data: {" + std::string(kMark) + std::to_string(now_ns()) + "E\"}\n\n";
      frame.append(frame_bytes > frame.size() ? frame_bytes - frame.size() : 0, ' ');
      for (const int fd : peers) write_whole(fd, frame);
    }
  });
  const Arrivals a = receive(receivers, kMessages, begun);
  sender.join();
  for (const int fd : peers) ::close(fd);
  ::close(listener);
  return static_cast<double>(a.ms.size()) / a.seconds;
}
}  // namespace

int main() {
  using namespace bench;
  Folder folder;
  ServerProcess server(folder.path);
  const Crowd crowd = sign_up(server.port(), kPeople);
  const std::string chat = channel(server.port(), crowd, "bench");
  const std::int64_t before_kib = server.resident_kib();
  Receivers receivers;
  for (std::size_t i = 0; i < kStreams; ++i)
    receivers.add(server.port(), "GET /api/v1/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " + crowd.people[i % kPeople].token + "\r\n\r\n");
  std::vector<char> greeted(kStreams);
  std::size_t missing = kStreams;
  receivers.read([&](std::size_t i, const char* bytes, std::size_t size) {
    if (!greeted[i] && std::string_view(bytes, size).find("hello") != std::string_view::npos) greeted[i] = 1, --missing;
    return missing > 0;
  });
  const std::int64_t after_kib = server.resident_kib();

  const auto post = [&](int pause_ms, std::size_t messages) {
    std::size_t sent = 0;
    send_all(server.port(), 1, [&](std::size_t) {
      if (sent++ >= messages) return std::string();
      if (pause_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
      return request_text("POST", "/chats/" + chat + "/messages", crowd.people[0].token,
                          "{\"id\":\"" + new_id() + "\",\"body\":\"T" + std::to_string(now_ns()) + "E lively\"}");
    });
  };
  std::vector<double> rates, references, p99;
  for (int run = 0; run < kRuns; ++run) {
    const std::int64_t begun = now_ns();
    std::thread sender([&] { post(0, kMessages); });
    const Arrivals a = receive(receivers, kMessages, begun);
    sender.join();
    rates.push_back(static_cast<double>(a.ms.size()) / a.seconds);
    p99.push_back(quantile(a.ms, 0.99));
    references.push_back(bare_loop(a.bytes / a.ms.size()));
  }
  paired_figure("fan-out, 1 sender to 1,000 SSE subscribers", rates, "/s", "a bare loop of writes", references);
  figure("  p99 from sending to reading, sender never pausing", median(p99), "ms");
  std::thread sender([&] { post(100, 50); });
  const Arrivals calm = receive(receivers, 50, now_ns());
  sender.join();
  figure("  p99 at 10 messages a second", quantile(calm.ms, 0.99), "ms");
  figure("  p50 at 10 messages a second", quantile(calm.ms, 0.5), "ms");
  figure("  server memory for each idle stream", static_cast<double>(after_kib - before_kib) / kStreams, "KiB");
}
