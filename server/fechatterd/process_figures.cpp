#include "server/fechatterd/process_figures.hpp"
#include <dirent.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>

namespace fechatter {
namespace {
constexpr std::size_t kMany = 500;        // connections that are worth the milliseconds
constexpr int kRounds = 4;                // people stay known for a while after their last connection has gone
constexpr std::int64_t kCountMs = 1000;  // counting descriptors takes milliseconds where there are thousands

double open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  double n = -3;  // the two dots, and this one
  while (::readdir(folder)) ++n;
  ::closedir(folder);
  return n;
}
double resident_bytes() {
  long size = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  if (std::fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
  std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}
}  // namespace

void ProcessFigures::gather(kit::Metrics& m) {
  connections(m);
  process(m);
  m.set("fechatter_hashes_waiting", "passwords that wait to be hashed", static_cast<double>(pool_.waiting()));
  m.set("fechatter_hashes_waiting_max", "passwords that may wait to be hashed", static_cast<double>(pool_.limit()));
  m.set("fechatter_hashes_refused_total", "passwords refused because too many waited", static_cast<double>(pool_.refused()));
  limits_.each([&](const char* kind, const kit::RateLimiter& limiter) {
    m.set("fechatter_rate_limit_per_second", "requests of that kind that one caller may make", config_.rate_limits ? limiter.rate().per_second : 0, kind);
    m.set("fechatter_rate_limited_total", "requests refused because of their rate", static_cast<double>(limiter.refused()), kind);
    m.set("fechatter_rate_limit_callers", "callers whose requests are being counted", static_cast<double>(limiter.callers()), kind);
  });
}

void ProcessFigures::give_back() {
  const std::size_t now = server_.connections();
  peak_ = std::max(peak_, now);
  if (peak_ >= kMany && now <= peak_ / 2) peak_ = now, rounds_ = kRounds;
  if (rounds_ > 0) --rounds_, ::malloc_trim(0);
}

void ProcessFigures::connections(kit::Metrics& m) const {
  const kit::ServerCounters n = server_.counters();
  const auto set = [&](const char* name, const char* help, auto value) { m.set(name, help, static_cast<double>(value)); };
  set("fechatter_connections", "open connections", n.connections);
  set("fechatter_connections_max", "connections that may be open", n.max_connections);
  set("fechatter_connections_refused_total", "connections refused because too many were open", n.refused);
  set("fechatter_accept_failures_total", "connections that could not be accepted: no descriptors, no memory", n.accept_failures);
  set("fechatter_transfers", "requests and answers that are half way", n.transfers);
  set("fechatter_transfer_bytes", "memory of requests and answers that are half way", n.transfer_bytes);
  set("fechatter_transfer_bytes_max", "memory that requests and answers half way may take", config_.transfer_bytes);
  set("fechatter_transfers_cut_off_total", "connections closed because transfers took too much memory", n.cut_off);
  set("fechatter_slow_requests_total", "requests that took too long to arrive", n.slow_requests);
  set("fechatter_slow_readers_total", "connections closed because nothing was taken from them for too long", n.slow_readers);
  set("fechatter_request_body_bytes_max", "size that a request's body may have", config_.body_limit);
  set("fechatter_too_large_total", "requests refused because of their size", n.too_large);
}

void ProcessFigures::process(kit::Metrics& m) {
  if (const std::int64_t now = clock_.steady_ms(); counted_ms_ < 0 || now - counted_ms_ >= kCountMs) counted_ms_ = now, descriptors_ = open_descriptors();
  rlimit files{};
  (void)::getrlimit(RLIMIT_NOFILE, &files);
  m.set("process_open_fds", "open descriptors", descriptors_);
  m.set("process_max_fds", "descriptors that may be open", static_cast<double>(files.rlim_cur));
  m.set("process_resident_memory_bytes", "memory in use", resident_bytes());
}

}  // namespace fechatter
