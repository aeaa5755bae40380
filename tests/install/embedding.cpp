// A consumer that brings its own server.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fechatter/client.hpp>
#include <fechatter/server.hpp>

static bool signs_up(const std::string& directory) {
  const auto server = fechatter::EmbeddedServer::start({.directory = directory + "/server"});
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), false;
  const auto runtime = fechatter::Runtime::host_driven();
  const auto client = fechatter::Client::open(*runtime, {.server = (*server)->url(), .directory = directory + "/ann"});
  if (!client) return false;
  bool over = false, done = false;
  const auto handle = (*client)->sign_up({"ann@example.org", "a long password", "Ann", "Here", {}}, [&](auto user) { over = true, done = bool(user); });
  while (!over) runtime->poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
  return done;
}

int main() {
  char directory[] = "/tmp/fechatter-embedding-XXXXXX";
  if (!::mkdtemp(directory)) return 1;
  const bool done = signs_up(directory);
  std::filesystem::remove_all(directory);
  std::printf("a server inside: %s\n", done ? "yes" : "no");
  return done ? 0 : 1;
}
