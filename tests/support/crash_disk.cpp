#include "tests/support/crash_disk.hpp"
#include <algorithm>
#include <cstring>
#include <utility>
#include "tests/support/crash_disk_state.hpp"

namespace fechatter::sim {
namespace {
constexpr std::size_t kSector = 512;

void put(std::string& content, std::size_t at, std::string_view bytes) {
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
  std::memcpy(content.data() + at, bytes.data(), bytes.size());
}
void carry_out(std::map<std::string, FileRef>& names, const CrashDisk::State::NameChange& change) {
  for (const auto& [path, file] : change) {
    if (file) names[path] = file;
    else names.erase(path);
  }
}
// Keeps each sector that was not flushed by lot.
void settle(DiskFile& file, std::mt19937_64& rng) {
  for (const auto& w : file.pending) {
    if (w.truncate) {
      if (rng() & 1) file.durable.resize(w.at);
      continue;
    }
    for (std::size_t done = 0; done < w.bytes.size();) {
      const std::size_t n = std::min(kSector - (w.at + done) % kSector, w.bytes.size() - done);
      if (rng() & 1) put(file.durable, w.at + done, std::string_view(w.bytes).substr(done, n));
      done += n;
    }
  }
  file.pending.clear();
  file.live = file.durable;
}
}  // namespace

FileRef CrashDisk::State::find(const std::string& path) const {
  const auto it = names.find(path);
  return it == names.end() ? nullptr : it->second;
}

bool CrashDisk::State::operate() {
  if (powered && fail_in >= 0 && fail_in-- == 0) powered = false;
  if (powered) ++operations;
  return powered;
}

CrashDisk::State::Outcome CrashDisk::State::write(DiskFile& file, std::size_t at, std::string bytes) {
  const bool was_powered = powered;
  if (!operate()) {
    if (was_powered && !killing) file.pending.push_back({at, std::move(bytes)});  // power failed within this write: some of it may be there
    return Outcome::no_power;
  }
  const auto growth = static_cast<std::int64_t>(at + bytes.size()) - static_cast<std::int64_t>(file.live.size());
  if (left && growth > *left) return Outcome::full;
  if (left && growth > 0) *left -= growth;
  put(file.live, at, bytes);
  file.pending.push_back({at, std::move(bytes)});
  return Outcome::done;
}

CrashDisk::State::Outcome CrashDisk::State::truncate(DiskFile& file, std::size_t size) {
  if (!operate()) return Outcome::no_power;
  if (left && size < file.live.size()) *left += static_cast<std::int64_t>(file.live.size() - size);
  file.live.resize(size);
  file.pending.push_back({size, {}, true});
  return Outcome::done;
}

CrashDisk::State::Outcome CrashDisk::State::flush(const FileRef& file) {
  if (!operate()) return Outcome::no_power;
  if (forgetful) return Outcome::done;
  for (const auto& w : file->pending) {  // which makes `durable` what `live` is
    if (w.truncate) file->durable.resize(w.at);
    else put(file->durable, w.at, w.bytes);
  }
  file->pending.clear();
  // Its name becomes durable with it, and so does everything that happened to names before.
  std::size_t count = 0;
  for (std::size_t i = 0; i < unflushed.size(); ++i)
    for (const auto& [path, named] : unflushed[i])
      if (named == file) count = i + 1;
  for (std::size_t i = 0; i < count; ++i) carry_out(durable_names, unflushed[i]);
  unflushed.erase(unflushed.begin(), unflushed.begin() + static_cast<std::ptrdiff_t>(count));
  return Outcome::done;
}

CrashDisk::State::Outcome CrashDisk::State::change_names(NameChange change) {
  if (!operate()) return Outcome::no_power;
  for (const auto& [path, file] : change)
    if (const FileRef old = find(path); old && !file && left && change.size() == 1) *left += static_cast<std::int64_t>(old->live.size());
  carry_out(names, change);
  unflushed.push_back(std::move(change));
  return Outcome::done;
}

CrashDisk::State::Outcome CrashDisk::State::flush_names(std::size_t count) {
  if (!operate()) return Outcome::no_power;
  for (std::size_t i = 0; i < count; ++i) carry_out(durable_names, unflushed[i]);
  unflushed.erase(unflushed.begin(), unflushed.begin() + static_cast<std::ptrdiff_t>(count));
  return Outcome::done;
}

void CrashDisk::State::cut_power() {
  const std::size_t kept = unflushed.empty() ? 0 : rng() % (unflushed.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) carry_out(durable_names, unflushed[i]);
  unflushed.clear();
  names = durable_names;
  for (auto& [path, file] : names) settle(*file, rng);
  powered = true, killing = false, fail_in = -1;
}

void CrashDisk::State::end_processes() {
  ++life;
  locked.clear();
  for (auto& [path, file] : names) file->locks.clear(), file->memory = std::make_shared<SharedMemory>();
}

std::unique_ptr<Files> CrashDisk::files() { return make_disk_files(state_); }
void CrashDisk::power_cycle() { state_->cut_power(), state_->end_processes(); }
void CrashDisk::kill() {
  state_->end_processes();
  if (std::exchange(state_->killing, false)) state_->powered = true, state_->fail_in = -1;
}
void CrashDisk::set_full(std::optional<std::int64_t> bytes_left) { state_->left = bytes_left; }
void CrashDisk::fail_after(std::int64_t operations) { state_->fail_in = operations; }
void CrashDisk::kill_after(std::int64_t operations) { state_->fail_in = operations, state_->killing = true; }
void CrashDisk::forget_flushes() { state_->forgetful = true; }
std::int64_t CrashDisk::operations() const { return state_->operations; }
bool CrashDisk::powered() const { return state_->powered; }
std::int64_t CrashDisk::slept_ms() const { return state_->slept_us / 1000; }

std::vector<std::string> CrashDisk::paths() const {
  std::vector<std::string> list;
  for (const auto& [path, file] : state_->names) list.push_back(path);
  return list;
}
std::int64_t CrashDisk::size(const std::string& path) const {
  const FileRef file = state_->find(path);
  return file ? static_cast<std::int64_t>(file->live.size()) : -1;
}
CrashDisk::Image CrashDisk::image() const {
  Image files;
  for (const auto& [path, file] : state_->names) files[path] = file->live;
  return files;
}
void CrashDisk::restore(const Image& image) {
  state_->names.clear(), state_->unflushed.clear();
  for (const auto& [path, bytes] : image) {
    state_->names[path] = std::make_shared<DiskFile>();
    state_->names[path]->durable = state_->names[path]->live = bytes;
  }
  state_->durable_names = state_->names;
}
bool CrashDisk::flip(const std::string& path, std::int64_t offset, unsigned char mask) {
  const FileRef file = state_->find(path);
  const auto at = static_cast<std::size_t>(offset);
  if (!file || offset < 0 || at >= file->live.size()) return false;
  for (std::string* content : {&file->live, &file->durable})
    if (at < content->size()) (*content)[at] = static_cast<char>((*content)[at] ^ mask);
  return true;
}

}  // namespace fechatter::sim
