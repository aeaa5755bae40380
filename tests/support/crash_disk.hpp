// The simulation's disk: files in memory behind an SQLite VFS and the Files port. What is written is lost until it is flushed, power
// can fail at any operation, space can run out, a process can be killed. One thread only.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "sdk/runtime/files.hpp"

namespace fechatter::sim {

/// One machine's disk. The model is a strict one that real file systems stay within:
/// - A write reaches the disk by a flush of its file. At a power failure every sector of 512 bytes that was written since is kept or lost
///   by lot, each for itself, so later writes may survive earlier ones. A flush that power interrupts is no flush.
/// - Creating, renaming and deleting reach the disk in their order, with the next flush of a file they concern or of the directory; at
///   a power failure any number of the last ones is undone.
/// - Several connections may share a file; the WAL's shared memory is heap and goes with the processes.
/// Connections and Files of before a power_cycle() or kill() fail with an I/O error for ever, never touch what came after, and may be
/// closed at any time, also after the disk is gone.
class CrashDisk {
 public:
  explicit CrashDisk(std::uint64_t seed);
  ~CrashDisk();  ///< unregisters
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;

  /// As an SQLite VFS. The name must be free, and stays this disk's until the disk is destroyed.
  void register_as(const std::string& name);
  const std::string& vfs() const;  ///< that name
  /// The Files port for one life of a process: make a new one after power_cycle() and kill().
  /// May outlive the disk.
  std::unique_ptr<Files> files();

  /// Power fails now (if it did not before) and comes back.
  void power_cycle();
  /// All processes that use the disk are killed: what they wrote stays, their handles and locks do not.
  void kill();
  /// Files may grow by that many bytes in total before writes say "full"; deleting gives space back. nullopt: no limit.
  void set_full(std::optional<std::int64_t> bytes_left);
  /// Power fails at that operation from now (0: the next): it and all after it fail until power_cycle(). Negative: never.
  void fail_after(std::int64_t operations);
  /// The process is killed at that operation from now: it and all after it fail until kill(). What was written before stays.
  void kill_after(std::int64_t operations);
  /// From now on flushes only say that they are done.
  void forget_flushes();
  std::int64_t operations() const;  ///< writes, flushes and changes of names so far
  bool powered() const;             ///< false between a failure and power_cycle(), or kill_after() and kill()
  std::int64_t slept_ms() const;    ///< how long connections would have waited for each other so far

  std::vector<std::string> paths() const;  ///< of the files that exist, sorted
  std::int64_t size(const std::string& path) const;  ///< bytes; -1: no such file
  /// Changes a byte behind everybody's back, on the medium too. False: there is none.
  bool flip(const std::string& path, std::int64_t offset, unsigned char mask = 0xff);

  /// A copy of all files as they stand, and a disk that has them back: nothing else, and nothing unflushed. No process may be running.
  using Image = std::map<std::string, std::string>;
  Image image() const;
  void restore(const Image&);

  struct State;

 private:
  struct Registration;
  std::shared_ptr<State> state_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace fechatter::sim
