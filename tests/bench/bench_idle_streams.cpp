// 9,500 people, each with one idle SSE stream and in 200 chats: what a stream costs the process, that everybody gets an event, and that
// what they took is given back. FECHATTER_STREAMS sets another number.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include "tests/bench/bench.hpp"
#include "tests/bench/crowd.hpp"
#include "tests/bench/load.hpp"

namespace {
using namespace bench;
constexpr std::size_t kAtOnce = 250;

std::size_t streams() {
  const char* text = std::getenv("FECHATTER_STREAMS");
  return text ? static_cast<std::size_t>(std::atoll(text)) : 9500;
}
void first_run(const std::string& folder) {
  ServerProcess server(folder, kDefaultRates);
  sign_up(server.port(), 1);
}
// What reading memberships needs is there before anything is measured: the caches of the database's connections.
void warm_up(const ServerProcess& server, const FullTown& town) {
  std::size_t next = 0;
  send_all(server.port(), 16, [&](std::size_t) {
    return next < std::min<std::size_t>(1000, town.people.size()) ? request_text("GET", "/chats?limit=200", town.people[next++].token, {}) : std::string();
  });
}
// Until each of those from `from` on has got `what`.
void all_get(Receivers& receivers, std::size_t from, const std::string& what) {
  std::vector<std::string> got(receivers.size());
  std::vector<char> done(receivers.size());
  std::size_t missing = receivers.size() - from;
  const bool all = receivers.read(
      [&](std::size_t i, const char* bytes, std::size_t size) {
        if (i < from || done[i]) return true;
        got[i].append(bytes, size);
        if (got[i].find(what) == std::string::npos) return true;
        done[i] = 1, std::string().swap(got[i]);
        return --missing > 0;
      },
      20000);
  if (!all) give_up(std::to_string(missing) + " streams did not get " + what);
}
std::unique_ptr<Receivers> connect_all(const ServerProcess& server, const FullTown& town) {
  auto receivers = std::make_unique<Receivers>();
  for (std::size_t i = 0; i < town.people.size(); ++i) {
    receivers->add(server.port(), "GET /api/v1/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " + town.people[i].token + "\r\n\r\n");
    if (receivers->size() % kAtOnce == 0) all_get(*receivers, receivers->size() - kAtOnce, "event: hello");
  }
  if (receivers->size() % kAtOnce != 0) all_get(*receivers, receivers->size() - receivers->size() % kAtOnce, "event: hello");
  return receivers;
}
// One message in each of the rooms that together hold everybody.
void speak(const ServerProcess& server, const FullTown& town) {
  std::vector<char> spoken(50);
  for (std::size_t i = 0; i < town.people.size(); ++i)
    if (const std::size_t room = FullTown::room_of(i); !std::exchange(spoken[room], 1))
      call(server.port(), "POST", "/chats/" + town.rooms[room] + "/messages", "{\"id\":\"" + new_id() + "\",\"body\":\"to everybody\"}", town.people[i].token);
}
void wait_until_gone(const ServerProcess& server) {
  for (int i = 0; i < 300; ++i) {
    if (server.metric("fechatter_streams") == 0 && server.metric("fechatter_people") == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  give_up("streams or people are left over");
}
double descriptors(const ServerProcess& server) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) n += entry.exists() || entry.is_symlink();
  return static_cast<double>(n);
}
}  // namespace

int main() {
  Folder folder;
  first_run(folder.path);
  const FullTown town = settle_crowd(folder.path, streams());
  const double count = static_cast<double>(town.people.size());
  ServerProcess server(folder.path, kDefaultRates);
  warm_up(server, town);
  const std::int64_t empty = server.resident_kib();
  const double files = descriptors(server);
  double full = 0, again = 0, left = 0;
  for (double* kib : {&full, &again}) {
    Watch watch;
    const auto receivers = connect_all(server, town);
    if (kib == &full) figure("idle streams, each of another person in 200 chats, opened", count / watch.seconds(), "/s");
    *kib = static_cast<double>(server.resident_kib());
    if (server.metric("fechatter_streams") != count) give_up("not all streams are open");
    std::thread speaker([&] { speak(server, town); });
    watch = Watch();
    all_get(*receivers, 0, "to everybody");
    speaker.join();
    if (kib == &full) figure("  an event to each of them, in 50 chats", count / watch.seconds(), "/s");
    receivers->close();
    wait_until_gone(server);
    std::this_thread::sleep_for(std::chrono::seconds(6));  // the server looks every five what it can give back
    left = static_cast<double>(server.resident_kib());
    if (descriptors(server) > files + 4) give_up("descriptors are left over");
  }
  const auto per_stream = [&](double kib) { return (kib - static_cast<double>(empty)) * 1024 / count; };
  std::printf("%-58s %12.0f B       of the process, %0.f of them\n", "  memory of each", per_stream(full), count);
  std::printf("%-58s %12.0f B\n", "  the same when all have come back", per_stream(again));
  std::printf("%-58s %12.0f B\n", "  left of it when all have gone", per_stream(left));
}
