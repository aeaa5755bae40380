// An app that brings its own server: starts one in its process, signs somebody up in it, and keeps notes there.
#include <cstdio>
#include "fechatter/client.hpp"
#include "fechatter/server.hpp"
using namespace fechatter;

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "embedded-server-data";
  auto server = EmbeddedServer::start({.directory = directory + "/server"});
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  std::printf("a server of our own at %s\n", (*server)->url().c_str());

  auto runtime = Runtime::host_driven();
  auto ann = Client::open(*runtime, {.server = (*server)->url(), .directory = directory + "/ann"});
  if (!ann) return std::fprintf(stderr, "%s\n", ann.error().message.c_str()), 1;
  bool waiting = true;
  const auto wait = [&] {
    while (waiting) runtime->poll(std::chrono::steady_clock::time_point::max());
    waiting = true;
  };
  const auto step = [&](const char* what) {
    return [&waiting, what](const auto& result) {
      waiting = false;
      if (!result) std::fprintf(stderr, "%s: %s\n", what, result.error().message.c_str());
    };
  };
  if (!(*ann)->me()) {
    (*ann)->sign_up({"ann@example.org", "a long password", "Ann", "Embedded", {}}, step("signing up")).detach();
    wait();
  }
  (*ann)->when_synced(step("syncing")).detach();
  wait();
  auto chat = (*ann)->find_chat("notes");
  if (!chat) chat = (*ann)->create_chat({.kind = ChatSummary::Kind::private_channel, .name = "notes"});
  if (!chat || !(*ann)->send(*chat, "written at start-up")) return 1;
  (*ann)->when_sent(step("sending")).detach();
  wait();
  for (const Message& m : (*ann)->held(*chat)) std::printf("%lld %s\n", static_cast<long long>(m.seq), m.body.c_str());
}
