#include "tests/bench/nchan.hpp"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include "tests/bench/bench.hpp"

namespace bench {
namespace {
constexpr const char* kNginx = "/usr/sbin/nginx";
constexpr const char* kModule = "/usr/lib/nginx/modules/ngx_nchan_module.so";

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) give_up("no free port");
  ::close(fd);
  return ntohs(at.sin_port);
}
bool listens(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET, to.sin_port = htons(port), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool there = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  ::close(fd);
  return there;
}
// A buffer as long as the run, so that nobody misses a message; no log, no second worker that would take a core from the readers.
void write_configuration(const std::string& folder, std::uint16_t port) {
  std::ofstream(folder + "/nginx.conf") << "load_module " << kModule << ";\ndaemon off;\nmaster_process off;\nworker_rlimit_nofile 20000;\npid " << folder
                                        << "/nginx.pid;\nerror_log " << folder << "/nginx.log error;\nevents { worker_connections 16000; }\nhttp {\n"
                                        << "access_log off; client_body_temp_path " << folder << "/body; proxy_temp_path " << folder
                                        << "/proxy; fastcgi_temp_path " << folder << "/fastcgi; uwsgi_temp_path " << folder << "/uwsgi; scgi_temp_path "
                                        << folder << "/scgi;\nkeepalive_requests 1000000; tcp_nodelay on; nchan_max_reserved_memory 512M;\n"
                                        << "server { listen 127.0.0.1:" << port << ";\n"
                                        << "location = /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1000; }\n"
                                        << "location = /sub { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }\n"
                                        << "} }\n";
}
}  // namespace

bool Nchan::installed() { return std::filesystem::exists(kNginx) && std::filesystem::exists(kModule); }

Nchan::Nchan(const std::string& folder) : port_(free_port()) {
  write_configuration(folder, port_);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::execl(kNginx, "nginx", "-p", folder.c_str(), "-c", (folder + "/nginx.conf").c_str(), nullptr);
    std::_Exit(127);
  }
  for (int i = 0; i < 100 && !listens(port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  if (!listens(port_)) give_up("nginx with nchan does not start");
}
Nchan::~Nchan() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace bench
