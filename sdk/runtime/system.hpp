// The ports over the operating system.
#pragma once
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/files.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

class SystemClock : public Clock {
 public:
  Time now() override;
  std::int64_t steady_ms() override;
};
/// getrandom(2).
class SystemRandom : public Random {
 public:
  void fill(void*, std::size_t) override;
};
class SystemFiles : public Files {
 public:
  bool exists(const std::string&) override;
  Result<Done> create_directories(const std::string&) override;
  Result<Done> rename(const std::string&, const std::string&) override;
  Result<Done> remove(const std::string&) override;
  Result<std::string> read(const std::string&) override;
  Result<Done> write_atomic(const std::string&, std::string_view) override;
  Result<std::vector<std::string>> list(const std::string&) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string&) override;
};
/// One line a message on standard error, from `least` on.
class StderrLog : public Log {
 public:
  explicit StderrLog(Level least = Level::warn) : least_(least) {}
  void write(Level, std::string_view component, std::string_view message) override;

 private:
  Level least_;
};

}  // namespace fechatter
