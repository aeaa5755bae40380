#include "server/fechatterd/operations/partial_file.hpp"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace fechatter {
namespace {
Error os_error(const std::string& what, int code) {
  return {code == ENOSPC || code == EDQUOT ? Code::storage_full : Code::internal, what + ": " + std::strerror(code), {}};
}
std::string partial(const std::string& target) { return target + ".part"; }
std::string lock_of(const std::string& target) { return partial(target) + ".lock"; }

std::string folder_of(const std::string& file) {
  const auto slash = file.find_last_of('/');
  return slash == std::string::npos ? "." : file.substr(0, slash + 1);
}
std::string name_of(const std::string& file) { return file.substr(file.find_last_of('/') + 1); }

// Whatever the path to it is. The target replaces a name, so it is the folder that counts.
bool belongs_to(const DataDirectory& directory, const std::string& target) {
  std::error_code none;
  const std::string folder = folder_of(target);
  if (std::filesystem::equivalent(folder, directory.keys(), none)) return true;
  return DataDirectory::is_own(name_of(target)) && std::filesystem::equivalent(folder, directory.path, none);
}

Result<Done> check_target(const DataDirectory& directory, const std::string& target, bool replace) {
  if (belongs_to(directory, target)) return Error{Code::conflict, target + " is for the files of the server itself; name another file", {}};
  struct stat there{};
  if (::lstat(target.c_str(), &there) != 0) return Done{};  // what else may be wrong with it is seen when it is written
  if (!S_ISREG(there.st_mode)) return Error{Code::conflict, target + " is no regular file", {}};
  if (!replace) return Error{Code::conflict, target + " exists; --force replaces it", {}};
  return Done{};
}

bool is_at(int fd, const std::string& path) {
  struct stat held{}, there{};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

// The lock's file goes with its holder: whoever opened it before that, and then holds it, holds nothing. Not the partial file itself is
// locked: where locks of the two kinds meet (NFS), SQLite would take this one for somebody else's.
Result<int> hold(const std::string& target) {
  const std::string path = lock_of(target);
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) return os_error("cannot write " + path, errno);
    const int code = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (code == 0 && is_at(fd, path)) return fd;
    ::close(fd);
    if (code == EWOULDBLOCK) return Error{Code::locked, target + " is being written by another run; try again when it has finished", {}};
    if (code != 0) return os_error("cannot lock " + path, code);
  }
}

// Never what somebody else has made there, who may have it open or have let others read it.
Result<Done> create(const std::string& path) {
  (void)::unlink(path.c_str());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return os_error("cannot write " + path, errno);
  ::close(fd);
  return Done{};
}
}  // namespace

Result<std::unique_ptr<PartialFile>> PartialFile::open(const DataDirectory& directory, const std::string& target, bool replace) {
  if (auto right = check_target(directory, target, replace); !right) return right.error();
  auto lock = hold(target);
  if (!lock) return lock.error();
  std::unique_ptr<PartialFile> file(new PartialFile(target, *lock));
  if (auto right = check_target(directory, target, replace); !right) return right.error();  // another run may have finished just now
  if (auto done = create(file->path_); !done) return done.error();
  return file;
}

PartialFile::PartialFile(std::string target, int lock) : target_(std::move(target)), path_(partial(target_)), lock_(lock) {}

PartialFile::~PartialFile() {
  (void)::unlink(path_.c_str());  // what has been finished is not there any more
  (void)::unlink(lock_of(target_).c_str());
  ::close(lock_);
}

Result<Done> PartialFile::finish() {
  if (auto done = flush(path_); !done) return done;
  if (::rename(path_.c_str(), target_.c_str()) != 0) return os_error("cannot rename " + path_, errno);
  return flush(folder_of(target_));
}

}  // namespace fechatter
