// What the benchmarks share: a server of their own, people, a clock, and one way to print.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include "fechatter/ids.hpp"

namespace bench {

/// Seconds since the construction.
class Watch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

double median(std::vector<double>);
/// `part` of 1; 0 for no values.
double quantile(std::vector<double>, double part);
/// One line: what, how much, and how that compares.
void figure(const std::string& what, double value, const std::string& unit, const std::string& reference = {}, double reference_value = 0);
/// As above with medians over runs, and the ratio as the median of the ratios of each run.
void paired_figure(const std::string& what, const std::vector<double>& values, const std::string& unit, const std::string& reference,
                   const std::vector<double>& reference_values);
[[noreturn]] void give_up(const std::string& why);

/// A directory that goes away.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string path;
};

constexpr const char* kNoRates = "rates = false\n";
constexpr const char* kDefaultRates = "";

/// fechatterd (FECHATTERD names it) as a process of its own; `limits`: lines of that section of its configuration.
class ServerProcess {
 public:
  explicit ServerProcess(const std::string& folder, const std::string& limits = kNoRates);
  ~ServerProcess() { stop(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return pid_; }
  double metric(const std::string& name) const;
  std::int64_t resident_kib() const;
  double cpu_seconds() const;  ///< of user and system, so far
  void stop();

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// Of this process.
double own_cpu_seconds();

/// A JSON request; gives up on anything but 2xx.
std::string call(std::uint16_t port, const std::string& method, const std::string& path, const std::string& json = {}, const std::string& token = {});
/// A string field of a JSON object, wherever it first occurs.
std::string field(const std::string& json, const std::string& name);

/// People of one workspace, signed up.
struct Person {
  std::string id, token, email;
};
struct Crowd {
  std::string workspace;
  std::vector<Person> people;
};
constexpr const char* kPassword = "correct horse battery";
Crowd sign_up(std::uint16_t port, std::size_t people);
/// A public channel with all of them in it; its id.
std::string channel(std::uint16_t port, const Crowd&, const std::string& name);
/// UUIDv7 text.
std::string new_id();

}  // namespace bench
