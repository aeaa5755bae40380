#include "server/fechatterd/data_directory.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace fechatter {
namespace {
bool has_database(const DataDirectory& directory) {
  struct stat there{};
  return ::stat(directory.database().c_str(), &there) == 0 && (!S_ISREG(there.st_mode) || there.st_size > 0);
}
}  // namespace

Result<std::unique_ptr<FileLock>> lock(Files& files, const DataDirectory& directory) {
  if (auto done = files.create_directories(directory.path); !done) return done.error();
  return files.lock(directory.path + "/server.lock");
}

Result<Done> check_whole(Files& files, const DataDirectory& directory) {
  if (files.exists(directory.unfinished())) return Error{Code::corrupt, directory.path + ": a restore was interrupted here; run it again", {}};
  auto keys = files.list(directory.keys());
  if (!keys || keys->empty() || has_database(directory)) return Done{};
  return Error{Code::corrupt, directory.database() + " is gone or empty, but keys/ beside it is not: restore a backup, or remove keys/ to begin anew", {}};
}

Result<Done> flush(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = fd >= 0 && ::fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (!flushed) return Error{Code::internal, "cannot flush " + path + ": " + std::strerror(code), {}};
  return Done{};
}

}  // namespace fechatter
