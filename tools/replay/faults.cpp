#include "tools/replay/faults.hpp"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace replay {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {
constexpr const char* kClockLibrary = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr std::uint64_t kRoom = 12ull << 30;
constexpr auto kFullFor = 10s;
constexpr int kPauseEvery = 5, kFillEvery = 30, kJumpEvery = 15;  // seconds, on average

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }
std::string clock_file(const std::string& directory, bool server) { return fs::absolute(directory) / (server ? "clock-server" : "clock-clients"); }
void set_clock(const std::string& file, long seconds) { std::ofstream(file) << (seconds < 0 ? "" : "+") << seconds << "s\n"; }
bool resize(const std::string& disk, std::uint64_t bytes) {
  return ::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, ("size=" + std::to_string(bytes)).c_str()) == 0;
}
std::uint64_t used(const std::string& disk) {
  struct statvfs s{};
  return ::statvfs(disk.c_str(), &s) == 0 ? (s.f_blocks - s.f_bfree) * s.f_frsize : 0;
}
}  // namespace

std::string Faults::prepare() {
  if (kinds_.clocks) {
    if (!fs::exists(kClockLibrary)) return std::string("clocks cannot jump without ") + kClockLibrary + " (package faketime)";
    for (const bool server : {true, false}) set_clock(clock_file(directory_, server), 0);
  }
  if (!kinds_.disks) return {};
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("disks cannot be full without root");
  for (const char* disk : {"server", "clients"}) {
    fs::create_directories(directory_ + "/" + disk);
    if (::mount("tmpfs", (directory_ + "/" + disk).c_str(), "tmpfs", 0, ("nr_inodes=0,size=" + std::to_string(kRoom)).c_str()) != 0)
      return failed(std::string("mounting ") + disk);
  }
  return {};
}

std::vector<std::string> Faults::environment(bool server) const {
  if (!kinds_.clocks) return {};
  return {std::string("LD_PRELOAD=") + kClockLibrary, "FAKETIME_TIMESTAMP_FILE=" + clock_file(directory_, server), "FAKETIME_CACHE_DURATION=1",
          "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"};
}

void Faults::turn(Clock::time_point now, pid_t server, std::span<const pid_t> workers) {
  resume(now), empty(now);
  if (kinds_.pauses && now >= next_pause_) {
    const std::size_t who = random_() % (workers.size() + 1);
    pause(now, who == workers.size() ? server : workers[who]);
    next_pause_ = within(now, kPauseEvery);
  }
  if (kinds_.disks && now >= next_fill_) fill(now), next_fill_ = now + kFullFor + (within(now, kFillEvery) - now);
  if (kinds_.clocks && now >= next_jump_) jump(), next_jump_ = within(now, kJumpEvery);
}
void Faults::pause(Clock::time_point now, pid_t process) {
  ::kill(process, SIGSTOP);
  paused_[process] = within(now, 2);
  ++pauses_;
}
void Faults::resume(Clock::time_point now) {
  std::erase_if(paused_, [&](const auto& p) { return p.second <= now && (::kill(p.first, SIGCONT), true); });
}
// The disk is made as small as what is on it.
void Faults::fill(Clock::time_point now) {
  if (!full_disk_.empty()) return;
  const std::string disk = directory_ + (random_() % 2 ? "/server" : "/clients");
  for (int tries = 0; tries < 100 && full_disk_.empty(); ++tries)  // refused where the disk has grown since it was measured
    if (resize(disk, used(disk))) full_disk_ = disk, full_until_ = now + kFullFor, ++fills_;
}
void Faults::empty(Clock::time_point now) {
  if (full_disk_.empty() || now < full_until_) return;
  resize(full_disk_, kRoom);
  full_disk_.clear();
}
// Hours forward or back; forward more often, as sessions must outlive it.
void Faults::jump() {
  const bool server = random_() % 2 == 0;
  set_clock(clock_file(directory_, server), static_cast<long>(random_() % 14400) - 3600);
  ++jumps_;
}
void Faults::end() { resume(Clock::time_point::max()), empty(Clock::time_point::max()); }

std::string Faults::report() const {
  std::string said;
  if (kinds_.pauses) said += "; processes stood still " + std::to_string(pauses_) + " times";
  if (kinds_.disks) said += "; a disk was full for ten seconds " + std::to_string(fills_) + " times";
  if (kinds_.clocks) said += "; clocks jumped " + std::to_string(jumps_) + " times";
  return said.empty() ? said : said.substr(2);
}

}  // namespace replay
