#include "server/fechatterd/data_directory.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace fechatter {

Result<std::unique_ptr<FileLock>> lock(Files& files, const DataDirectory& directory) {
  if (auto done = files.create_directories(directory.path); !done) return done.error();
  return files.lock(directory.path + "/server.lock");
}

Result<Done> check_whole(Files& files, const DataDirectory& directory) {
  if (!files.exists(directory.unfinished())) return Done{};
  return Error{Code::corrupt, directory.path + ": a restore was interrupted here; run it again", {}};
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
