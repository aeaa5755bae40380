#include "sdk/runtime/system.hpp"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include "sdk/runtime/thread_loop.hpp"

namespace fechatter {
namespace {
Error os_error(const std::string& what, int code) {
  const Code kind = code == ENOSPC || code == EDQUOT ? Code::storage_full : code == ENOENT ? Code::not_found : Code::internal;
  return {kind, what + ": " + std::strerror(code)};
}
// Closes on every way out.
struct Descriptor {
  int fd;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};
class Flock : public FileLock {
 public:
  explicit Flock(int fd) : file_(fd) {}

 private:
  Descriptor file_;
};
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}
// errno, or 0.
int write_flushed(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.fd < 0) return errno;
  if (const int code = write_all(file.fd, bytes)) return code;
  return ::fsync(file.fd) == 0 ? 0 : errno;
}
}  // namespace

Time SystemClock::now() { return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }
std::int64_t SystemClock::steady_ms() { return steady_now_ms(); }

void SystemRandom::fill(void* bytes, std::size_t size) {
  auto* p = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t n = ::getrandom(p, size, 0);
    if (n < 0 && errno != EINTR) std::abort();  // no secure randomness: nothing sensible can go on
    if (n > 0) p += n, size -= static_cast<std::size_t>(n);
  }
}

bool SystemFiles::exists(const std::string& path) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0;
}
Result<Done> SystemFiles::create_directories(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at)
    if (at == path.size() || path[at] == '/')
      if (::mkdir(path.substr(0, at).c_str(), 0700) != 0 && errno != EEXIST) return os_error("cannot create " + path, errno);
  return Done{};
}
Result<Done> SystemFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error("cannot rename " + from, errno);
  return Done{};
}
Result<Done> SystemFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("cannot remove " + path, errno);
  return Done{};
}
Result<std::string> SystemFiles::read(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return os_error("cannot read " + path, errno);
  std::string bytes;
  char block[16384];
  for (;;) {
    const ssize_t n = ::read(file.fd, block, sizeof block);
    if (n == 0) return bytes;
    if (n > 0) bytes.append(block, static_cast<std::size_t>(n));
    else if (errno != EINTR) return os_error("cannot read " + path, errno);
  }
}
Result<Done> SystemFiles::write_atomic(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  if (const int code = write_flushed(temporary, bytes)) {
    (void)::unlink(temporary.c_str());
    return os_error("cannot write " + path, code);
  }
  if (auto done = rename(temporary, path); !done) return done;
  const auto slash = path.find_last_of('/');
  const Descriptor directory(::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) return os_error("cannot flush the directory of " + path, errno);
  return Done{};
}
Result<std::vector<std::string>> SystemFiles::list(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) names.push_back(it->path().filename());
  if (error) return os_error("cannot list " + directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}
Result<std::unique_ptr<FileLock>> SystemFiles::lock(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return os_error("cannot lock " + path, errno);
  auto held = std::make_unique<Flock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {  // of the open file: also exclusive within a process
    if (errno != EWOULDBLOCK) return os_error("cannot lock " + path, errno);
    return Error{Code::locked, path + " is in use by another process or client"};
  }
  return std::unique_ptr<FileLock>(std::move(held));
}

void StderrLog::write(Level level, std::string_view component, std::string_view message) {
  static constexpr const char* names[] = {"trace", "debug", "info", "warn", "error"};
  if (level < least_) return;
  std::fprintf(stderr, "%s [%.*s] %.*s\n", names[static_cast<int>(level)], static_cast<int>(component.size()), component.data(),
               static_cast<int>(message.size()), message.data());
}

}  // namespace fechatter
