// What CrashDisk's two faces, the SQLite VFS and the Files port, share.
#pragma once
#include <array>
#include <map>
#include <random>
#include <set>
#include "tests/support/crash_disk.hpp"

namespace fechatter::sim {

/// The shared memory of a WAL database. Outlives the file while a connection still points into it.
struct SharedMemory {
  static constexpr int kLocks = 8;
  std::vector<std::unique_ptr<char[]>> regions;
  std::array<int, kLocks> shared{};                ///< how many hold it
  std::array<const void*, kLocks> owner{};         ///< who holds it alone
};

struct DiskFile {
  struct Write {
    std::size_t at;
    std::string bytes;
    bool truncate = false;
  };
  std::string durable, live;
  std::vector<Write> pending;                      ///< since the last flush
  std::map<const void*, int> locks;                ///< SQLite's level by connection
  std::shared_ptr<SharedMemory> memory = std::make_shared<SharedMemory>();
};
using FileRef = std::shared_ptr<DiskFile>;

struct CrashDisk::State : std::enable_shared_from_this<State> {
  /// One change of names, all or nothing; a null file: the name is gone.
  using NameChange = std::vector<std::pair<std::string, FileRef>>;
  std::map<std::string, FileRef> names, durable_names;
  std::vector<NameChange> unflushed;               ///< what leads from durable_names to names
  std::set<std::string> directories, locked;
  std::mt19937_64 rng;
  std::int64_t operations = 0, fail_in = -1;
  std::optional<std::int64_t> left;
  std::uint64_t life = 0;                          ///< counts the ends of processes
  std::int64_t slept_us = 0;
  bool powered = true, forgetful = false, killing = false;

  explicit State(std::uint64_t seed) : rng(seed) {}
  FileRef find(const std::string& path) const;
  /// Counts an operation; false: there is no power, it must not happen.
  bool operate();

  enum class Outcome { done, no_power, full };
  Outcome write(DiskFile&, std::size_t at, std::string bytes);
  Outcome truncate(DiskFile&, std::size_t size);
  Outcome flush(const FileRef&);
  Outcome change_names(NameChange);
  Outcome flush_names(std::size_t count);          ///< the first so many changes
  void cut_power();                                ///< decides what survives
  void end_processes();
};

std::unique_ptr<Files> make_disk_files(std::shared_ptr<CrashDisk::State>);

}  // namespace fechatter::sim
