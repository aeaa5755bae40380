// CrashDisk as the Files port.
#include <algorithm>
#include "tests/support/crash_disk_state.hpp"

namespace fechatter::sim {
namespace {
using State = CrashDisk::State;
using Outcome = State::Outcome;

class DiskLock : public FileLock {
 public:
  DiskLock(std::shared_ptr<State> disk, std::string path) : disk_(std::move(disk)), life_(disk_->life), path_(std::move(path)) {}
  ~DiskLock() override {
    if (life_ == disk_->life) disk_->locked.erase(path_);
  }

 private:
  std::shared_ptr<State> disk_;
  std::uint64_t life_;
  std::string path_;
};

class DiskFiles : public Files {
 public:
  explicit DiskFiles(std::shared_ptr<State> disk) : disk_(std::move(disk)), life_(disk_->life) {}

  bool exists(const std::string& path) override { return alive() && (disk_->find(path) || disk_->directories.contains(path)); }
  Result<Done> create_directories(const std::string& path) override {
    if (!alive()) return gone();
    for (std::size_t at = 1; at <= path.size(); ++at)
      if (at == path.size() || path[at] == '/') disk_->directories.insert(path.substr(0, at));
    return Done{};
  }
  Result<Done> rename(const std::string& from, const std::string& to) override {
    if (!alive()) return gone();
    const FileRef file = disk_->find(from);
    if (!file) return Error{Code::not_found, "no " + from};
    return of(disk_->change_names({{from, nullptr}, {to, file}}));
  }
  Result<Done> remove(const std::string& path) override {
    if (!alive()) return gone();
    return disk_->find(path) ? of(disk_->change_names({{path, nullptr}})) : Done{};
  }
  Result<std::string> read(const std::string& path) override {
    if (!alive()) return gone();
    const FileRef file = disk_->find(path);
    if (!file) return Error{Code::not_found, "no " + path};
    return file->live;
  }
  Result<Done> write_atomic(const std::string& path, std::string_view bytes) override {
    if (!alive()) return gone();
    const auto file = std::make_shared<DiskFile>();
    const std::string temporary = path + ".new";
    Outcome outcome = disk_->change_names({{temporary, file}});
    if (outcome == Outcome::done) outcome = disk_->write(*file, 0, std::string(bytes));
    if (outcome == Outcome::full) (void)disk_->change_names({{temporary, nullptr}});
    if (outcome == Outcome::done) outcome = disk_->flush(file);
    if (outcome == Outcome::done) outcome = disk_->change_names({{temporary, nullptr}, {path, file}});
    if (outcome == Outcome::done) outcome = disk_->flush_names(disk_->unflushed.size());
    return of(outcome);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    if (!alive()) return gone();
    std::vector<std::string> found;
    const std::string prefix = directory + '/';
    const auto take = [&](const std::string& path) {
      if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos) found.push_back(path.substr(prefix.size()));
    };
    for (const auto& [path, file] : disk_->names) take(path);
    for (const auto& path : disk_->directories) take(path);
    std::sort(found.begin(), found.end());
    return found;
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    if (!alive()) return gone();
    if (!disk_->find(path))
      if (const auto outcome = disk_->change_names({{path, std::make_shared<DiskFile>()}}); outcome != Outcome::done) return of(outcome).error();
    if (!disk_->locked.insert(path).second) return Error{Code::locked, path + " is in use"};
    return std::unique_ptr<FileLock>(std::make_unique<DiskLock>(disk_, path));
  }

 private:
  bool alive() const { return disk_->powered && life_ == disk_->life; }
  static Error gone() { return {Code::internal, "the disk's power failed"}; }
  static Result<Done> of(Outcome outcome) {
    if (outcome == Outcome::done) return Done{};
    return outcome == Outcome::full ? Error{Code::storage_full, "the disk is full"} : gone();
  }
  std::shared_ptr<State> disk_;
  std::uint64_t life_;
};
}  // namespace

std::unique_ptr<Files> make_disk_files(std::shared_ptr<CrashDisk::State> disk) { return std::make_unique<DiskFiles>(std::move(disk)); }

}  // namespace fechatter::sim
