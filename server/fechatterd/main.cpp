// fechatterd: the one server binary.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include "fechatter/version.hpp"
#include "server/fechatterd/assembly.hpp"

namespace {
using namespace fechatter;
constexpr std::int64_t kDrainMs = 5000;

int usage(const std::string& what) {
  std::fprintf(stderr, "fechatterd: %s\n", what.c_str());
  return 2;
}
// Waits for SIGTERM or SIGINT, which all threads leave to this one.
void wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  ::sigwait(&signals, &signal);
}
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) limit.rlim_cur = limit.rlim_max, (void)::setrlimit(RLIMIT_NOFILE, &limit);
}
}  // namespace

int main(int argc, char** argv) {
  ::umask(0077);  // the database is nobody else's to read, whoever made its directory
  CLI::App app("The Fechatter server", "fechatterd");
  std::string config_file, data, listen, roles;
  app.add_option("--config", config_file, "TOML file; see docs/operations.md")->type_name("FILE");
  app.add_option("--data", data, "directory of the database and the keys")->type_name("DIR");
  app.add_option("--listen", listen, "address and port, 127.0.0.1:8080 by default")->type_name("HOST:PORT");
  app.add_option("--roles", roles, "which roles to run; only 'all' so far");
  app.set_version_flag("--version", std::string(kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage(e.what());
  }
  auto config = kit::load_config(config_file);
  if (!config) return usage(config.error().message);
  if (!data.empty()) config->data = data;
  if (!roles.empty()) config->roles = roles;
  if (!listen.empty()) config->listen = listen;
  if (auto valid = kit::check(*config); !valid) return usage(valid.error().message);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM), sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  auto server = Assembly::start(*config);
  if (!server) {
    std::fprintf(stderr, "fechatterd: %s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  wait_for_signal(signals);
  (*server)->drain(kDrainMs);
  return 0;
}
