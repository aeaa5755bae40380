// CrashDisk as an sqlite3_vfs: version 2 of the methods, which brings WAL with shared memory.
#include <sqlite3.h>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include "tests/support/crash_disk_state.hpp"

namespace fechatter::sim {

struct CrashDisk::Registration {
  std::string name;
  std::shared_ptr<State> disk;
  sqlite3_vfs vfs{};
};

namespace {
using State = CrashDisk::State;

// An open file. SQLite allocates the shell; what it points to is ours, and dies in xClose.
struct Handle {
  std::shared_ptr<State> disk;
  std::uint64_t life;                   // of the process that opened it
  FileRef file;
  std::shared_ptr<SharedMemory> memory; // while it is mapped
  unsigned shm_held = 0;                // bits: locks of the shared memory
  bool alive() const { return disk->powered && life == disk->life; }
};
struct Shell {
  sqlite3_file base;
  Handle* handle;
};
Handle& of(sqlite3_file* f) { return *reinterpret_cast<Shell*>(f)->handle; }
State& of(sqlite3_vfs* v) { return *static_cast<State*>(v->pAppData); }

int result(State::Outcome outcome, int no_power) {
  return outcome == State::Outcome::done ? SQLITE_OK : outcome == State::Outcome::full ? SQLITE_FULL : no_power;
}

void let_go(Handle& h) {
  if (!h.memory) return;
  for (std::size_t i = 0; i < SharedMemory::kLocks; ++i) {
    if (!(h.shm_held >> i & 1)) continue;
    if (h.memory->owner[i] == &h) h.memory->owner[i] = nullptr;
    else --h.memory->shared[i];
  }
  h.shm_held = 0;
  h.memory.reset();
}

int close_file(sqlite3_file* f) {
  Handle* h = &of(f);
  let_go(*h);
  h->file->locks.erase(h);
  delete h;
  return SQLITE_OK;
}
int read_file(sqlite3_file* f, void* out, int n, sqlite3_int64 at) {
  const Handle& h = of(f);
  if (!h.alive()) return SQLITE_IOERR_READ;
  const std::string& content = h.file->live;
  const auto want = static_cast<std::size_t>(n), from = static_cast<std::size_t>(at);
  const std::size_t have = from >= content.size() ? 0 : std::min(want, content.size() - from);
  if (have > 0) std::memcpy(out, content.data() + from, have);
  std::memset(static_cast<char*>(out) + have, 0, want - have);
  return have == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* f, const void* bytes, int n, sqlite3_int64 at) {
  const Handle& h = of(f);
  if (!h.alive()) return SQLITE_IOERR_WRITE;
  const std::string content(static_cast<const char*>(bytes), static_cast<std::size_t>(n));
  return result(h.disk->write(*h.file, static_cast<std::size_t>(at), content), SQLITE_IOERR_WRITE);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  const Handle& h = of(f);
  if (!h.alive()) return SQLITE_IOERR_TRUNCATE;
  return result(h.disk->truncate(*h.file, static_cast<std::size_t>(size)), SQLITE_IOERR_TRUNCATE);
}
int sync_file(sqlite3_file* f, int) {
  const Handle& h = of(f);
  return h.alive() ? result(h.disk->flush(h.file), SQLITE_IOERR_FSYNC) : SQLITE_IOERR_FSYNC;
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  const Handle& h = of(f);
  *size = static_cast<sqlite3_int64>(h.file->live.size());
  return h.alive() ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

int lock_file(sqlite3_file* f, int want) {
  Handle& h = of(f);
  if (!h.alive()) return SQLITE_IOERR_LOCK;
  const int forbidden = want == SQLITE_LOCK_SHARED ? SQLITE_LOCK_PENDING : want == SQLITE_LOCK_EXCLUSIVE ? SQLITE_LOCK_SHARED : SQLITE_LOCK_RESERVED;
  int& mine = h.file->locks[&h];
  if (want <= mine) return SQLITE_OK;
  for (const auto& [who, level] : h.file->locks)
    if (who != &h && level >= forbidden) return SQLITE_BUSY;
  mine = want;
  return SQLITE_OK;
}
int unlock_file(sqlite3_file* f, int to) {
  Handle& h = of(f);
  if (h.life == h.disk->life) h.file->locks[&h] = to;
  return SQLITE_OK;
}
int check_reserved(sqlite3_file* f, int* reserved) {
  const Handle& h = of(f);
  *reserved = std::any_of(h.file->locks.begin(), h.file->locks.end(), [](const auto& l) { return l.second >= SQLITE_LOCK_RESERVED; });
  return h.alive() ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

int map_shared(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  Handle& h = of(f);
  *out = nullptr;
  if (!h.alive()) return SQLITE_IOERR_SHMMAP;
  if (!h.memory) h.memory = h.file->memory;
  auto& regions = h.memory->regions;
  if (static_cast<int>(regions.size()) <= region && !extend) return SQLITE_OK;
  while (static_cast<int>(regions.size()) <= region) regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
  *out = regions[static_cast<std::size_t>(region)].get();
  return SQLITE_OK;
}
// Two rules of the shared memory's locks: alone means alone, and whoever asks again for what it holds gets it.
bool obtainable(const Handle& h, std::size_t i, bool alone) {
  const SharedMemory& m = *h.memory;
  const bool mine = h.shm_held >> i & 1;
  if (m.owner[i] && m.owner[i] != &h) return false;
  return !alone || m.shared[i] - (mine && !m.owner[i] ? 1 : 0) == 0;
}
void obtain(Handle& h, std::size_t i, bool alone) {
  if (h.shm_held >> i & 1) return;
  if (alone) h.memory->owner[i] = &h;
  else ++h.memory->shared[i];
  h.shm_held |= 1u << i;
}
void release(Handle& h, std::size_t i) {
  if (!(h.shm_held >> i & 1)) return;
  if (h.memory->owner[i] == &h) h.memory->owner[i] = nullptr;
  else --h.memory->shared[i];
  h.shm_held &= ~(1u << i);
}
int lock_shared(sqlite3_file* f, int first, int n, int flags) {
  Handle& h = of(f);
  const bool lock = flags & SQLITE_SHM_LOCK, alone = flags & SQLITE_SHM_EXCLUSIVE;
  if (lock && !h.alive()) return SQLITE_IOERR_SHMLOCK;
  if (!h.memory) return SQLITE_OK;
  const auto begin = static_cast<std::size_t>(first), end = begin + static_cast<std::size_t>(n);
  for (std::size_t i = begin; lock && i < end; ++i)
    if (!obtainable(h, i, alone)) return SQLITE_BUSY;
  for (std::size_t i = begin; i < end; ++i) lock ? obtain(h, i, alone) : release(h, i);
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     file_size,
                                     lock_file,
                                     unlock_file,
                                     check_reserved,
                                     [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
                                     [](sqlite3_file*) { return 512; },
                                     [](sqlite3_file*) { return 0; },  // promises nothing: SQLite pads what it flushes to whole sectors
                                     map_shared,
                                     lock_shared,
                                     [](sqlite3_file*) {},
                                     [](sqlite3_file* f, int) { return let_go(of(f)), SQLITE_OK; },
                                     {},
                                     {}};

int open_file(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  State& disk = of(v);
  f->pMethods = nullptr;  // until it succeeds SQLite must not close it
  if (!disk.powered) return SQLITE_CANTOPEN;
  FileRef file = name ? disk.find(name) : std::make_shared<DiskFile>();  // without a name: a temporary file
  if (!file) {
    if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    file = std::make_shared<DiskFile>();
    if (disk.change_names({{name, file}}) != State::Outcome::done) return SQLITE_CANTOPEN;
  }
  auto shared = static_cast<CrashDisk::State*>(v->pAppData)->shared_from_this();
  reinterpret_cast<Shell*>(f)->handle = new Handle{shared, disk.life, std::move(file), nullptr};
  f->pMethods = &kMethods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs* v, const char* name, int flush) {
  State& disk = of(v);
  if (!disk.powered) return SQLITE_IOERR_DELETE;
  if (!disk.find(name)) return SQLITE_IOERR_DELETE_NOENT;
  auto outcome = disk.change_names({{name, nullptr}});
  if (outcome == State::Outcome::done && flush) outcome = disk.flush_names(disk.unflushed.size());
  return result(outcome, SQLITE_IOERR_DELETE);
}
int access_file(sqlite3_vfs* v, const char* name, int, int* there) {
  *there = of(v).find(name) != nullptr;
  return of(v).powered ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}
int random_bytes(sqlite3_vfs* v, int n, char* out) {
  for (int i = 0; i < n; ++i) out[i] = static_cast<char>(of(v).rng());
  return n;
}
}  // namespace

CrashDisk::CrashDisk(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
CrashDisk::~CrashDisk() {
  state_->end_processes();
  if (registration_) sqlite3_vfs_unregister(&registration_->vfs);
}

void CrashDisk::register_as(const std::string& name) {
  registration_ = std::make_unique<Registration>();
  registration_->name = name;
  sqlite3_vfs& v = registration_->vfs;
  v.iVersion = 2, v.szOsFile = sizeof(Shell), v.mxPathname = 500;
  v.zName = registration_->name.c_str(), v.pAppData = state_.get();
  v.xOpen = open_file, v.xDelete = delete_file, v.xAccess = access_file, v.xRandomness = random_bytes;
  v.xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
    return std::snprintf(out, static_cast<std::size_t>(size), "%s", path), SQLITE_OK;
  };
  v.xSleep = [](sqlite3_vfs* self, int microseconds) { return of(self).slept_us += microseconds, microseconds; };  // it tries again at once
  v.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* t) { return *t = 210866760000000LL, SQLITE_OK; };
  sqlite3_vfs_register(&v, 0);
}
const std::string& CrashDisk::vfs() const {
  static const std::string none;
  return registration_ ? registration_->name : none;
}

}  // namespace fechatter::sim
