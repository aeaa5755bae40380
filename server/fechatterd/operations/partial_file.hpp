// A file that an operator gets: made beside its target, and under its name only when it is complete.
#pragma once
#include <memory>
#include "server/fechatterd/data_directory.hpp"

namespace fechatter {

/// `FILE.part`, empty and of mode 0600 at first. One run at a time has it: `FILE.part.lock` is held meanwhile. Both go with the object;
/// what a run that was killed has left of them the next one takes over.
class PartialFile {
 public:
  /// Nothing is written before the target is known to be right. conflict: it exists, and `replace` is false; it is no regular file, or a
  /// symbolic link; it is a file of the data directory's own. locked: another run writes there.
  static Result<std::unique_ptr<PartialFile>> open(const DataDirectory&, const std::string& target, bool replace);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }
  /// What was written is on the disk, under the target's name.
  Result<Done> finish();

 private:
  PartialFile(std::string target, int lock);
  std::string target_, path_;
  int lock_;
};

}  // namespace fechatter
