#include "server/fechatterd/serve.hpp"
#include <signal.h>
#include <sys/resource.h>
#include <cstdio>
#include "server/fechatterd/assembly.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kDrainMs = 5000;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) limit.rlim_cur = limit.rlim_max, (void)::setrlimit(RLIMIT_NOFILE, &limit);
}
bool is_ignored(int signal) {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}
// All threads leave these to this one, which waits for them. What was started to outlive its terminal (nohup) goes on: a signal that is
// ignored would be waited for all the same.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM), sigaddset(&signals, SIGINT);
  for (const int signal : {SIGHUP, SIGQUIT})
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}
}  // namespace

int serve(const kit::Config& config) {
  const sigset_t signals = block_signals();
  raise_descriptor_limit();
  auto server = Assembly::start(config);
  if (!server) return std::fprintf(stderr, "fechatterd: %s\n", server.error().message.c_str()), 1;
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&signals, &signal);
  (*server)->drain(kDrainMs);
  return 0;
}

}  // namespace fechatter
