// One message to 5,000 subscribers by Server-Sent Events: deliveries per second and how long one takes, beside a bare loop of epoll and
// writev that sends the same bytes to the same number of sockets, and beside nchan. The reader is the same everywhere.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/nchan.hpp"
#include "tests/bench/raw_fan_out.hpp"

namespace {
using namespace bench;
// So many posts are under way at a time: the next one is being stored while this one is delivered.
constexpr std::size_t kPeople = 200, kStreams = 5000, kMessages = 60, kUnderWay = 4;
constexpr int kRuns = 3;
constexpr char kMark[] = "\"body\":\"T";

std::int64_t now_ns() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
std::string body_now() { return "T" + std::to_string(now_ns()) + "E lively"; }

struct Arrivals {
  std::vector<double> ms;
  std::size_t bytes = 0;
  double seconds = 0;
  double rate() const { return static_cast<double>(ms.size()) / seconds; }
};
// Reads until every subscriber has every message; each carries the time of its sending.
Arrivals receive(Receivers& receivers, std::size_t messages, std::int64_t begun_ns) {
  Arrivals a;
  const std::size_t wanted = receivers.size() * messages;
  a.ms.reserve(wanted);
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
  if (!done) give_up("only " + std::to_string(a.ms.size()) + " of " + std::to_string(wanted) + " deliveries came");
  a.seconds = static_cast<double>(now_ns() - begun_ns) / 1e9;
  return a;
}
// What `post` sends from another thread, read until all of it has come.
template <class F> Arrivals deliveries(Receivers& receivers, std::size_t messages, F post) {
  const std::int64_t begun = now_ns();
  std::thread sender(post);
  Arrivals a = receive(receivers, messages, begun);
  sender.join();
  return a;
}
// Until every subscriber has been told something that contains `word`.
void wait_for(Receivers& receivers, std::string_view word) {
  std::vector<char> greeted(receivers.size());
  std::size_t missing = receivers.size();
  receivers.read([&](std::size_t i, const char* bytes, std::size_t size) {
    if (!greeted[i] && std::string_view(bytes, size).find(word) != std::string_view::npos) greeted[i] = 1, --missing;
    return missing > 0;
  });
}

double bare_loop(std::size_t frame_bytes) {
  RawFanOut loop;
  Receivers receivers;
  for (std::size_t i = 0; i < kStreams; ++i) receivers.add(loop.port(), "GET / HTTP/1.1\r\n\r\n"), loop.accept();
  return deliveries(receivers, kMessages,
                    [&] {
                      loop.run(kMessages, [&] {
                        std::string frame = "data: {" + std::string(kMark) + std::to_string(now_ns()) + "E\"}\n\n";
                        frame.append(frame_bytes > frame.size() ? frame_bytes - frame.size() : 0, ' ');
                        return frame;
                      });
                    })
      .rate();
}

double nchan(std::size_t payload_bytes) {
  Folder folder;
  Nchan server(folder.path);
  Receivers receivers;
  for (std::size_t i = 0; i < kStreams; ++i) receivers.add(server.port(), "GET /sub HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n");
  wait_for(receivers, "200 OK");
  const std::string rest(payload_bytes > 40 ? payload_bytes - 40 : 0, ' ');
  return deliveries(receivers, kMessages,
                    [&] {
                      std::size_t sent = 0;
                      send_all(server.port(), kUnderWay, [&](std::size_t) {
                        if (sent++ >= kMessages) return std::string();
                        const std::string text = "{" + std::string(kMark) + std::to_string(now_ns()) + "E\"}" + rest;
                        return "POST /pub HTTP/1.1\r\nhost: bench\r\ncontent-length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
                      });
                    })
      .rate();
}

struct Town {
  Folder folder;
  ServerProcess server{folder.path};
  Crowd crowd = sign_up(server.port(), kPeople);
  std::string chat = channel(server.port(), crowd, "bench");
  Receivers receivers;
  double idle_kib = 0;

  Town() {
    const std::int64_t before = server.resident_kib();
    for (std::size_t i = 0; i < kStreams; ++i)
      receivers.add(server.port(), "GET /api/v1/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " + crowd.people[i % kPeople].token + "\r\n\r\n");
    wait_for(receivers, "hello");
    idle_kib = static_cast<double>(server.resident_kib() - before) / kStreams;
  }
  std::string request() {
    return request_text("POST", "/chats/" + chat + "/messages", crowd.people[0].token, "{\"id\":\"" + new_id() + "\",\"body\":\"" + body_now() + "\"}");
  }
  Arrivals busy(std::size_t under_way) {
    return deliveries(receivers, kMessages, [&, under_way] {
      std::size_t sent = 0;
      send_all(server.port(), under_way, [&](std::size_t) { return sent++ < kMessages ? request() : std::string(); });
    });
  }
  Arrivals calm(double per_second, std::size_t messages) {
    return deliveries(receivers, messages, [&] { send_paced(server.port(), kUnderWay, per_second, messages, [&](std::size_t) { return request(); }); });
  }
};
}  // namespace

int main() {
  Town town;
  std::vector<double> rates, alone, bare, nchans, p99, cpu;
  for (int run = 0; run < kRuns; ++run) {
    const double before = town.server.cpu_seconds();
    const Arrivals a = town.busy(kUnderWay);
    cpu.push_back((town.server.cpu_seconds() - before) / static_cast<double>(a.ms.size()) * 1e6);
    rates.push_back(a.rate()), p99.push_back(quantile(a.ms, 0.99));
    alone.push_back(town.busy(1).rate());
    bare.push_back(bare_loop(a.bytes / a.ms.size()));
    if (Nchan::installed()) nchans.push_back(nchan(a.bytes / a.ms.size()));
  }
  paired_figure("fan-out, 1 sender to 5,000 SSE subscribers", rates, "/s", "a bare loop of epoll and writev", bare);
  paired_figure("  with one post under way, so that nothing is put together", alone, "/s", "the same loop", bare);
  if (nchans.empty()) std::printf("  beside nchan: not measured, libnginx-mod-nchan is not installed\n");
  else paired_figure("  beside nchan", rates, "/s", "nginx with nchan, one worker", nchans);
  figure("  CPU time of the server for each delivery", median(cpu), "us");
  figure("  p99 from sending to reading, sender never pausing", median(p99), "ms");
  const Arrivals calm = town.calm(10, 50);
  figure("  p99 at 10 messages a second", quantile(calm.ms, 0.99), "ms");
  figure("  p50 at 10 messages a second", quantile(calm.ms, 0.5), "ms");
  figure("  server memory for each idle stream", town.idle_kib, "KiB");
}
