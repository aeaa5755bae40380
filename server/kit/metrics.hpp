#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace fechatter::kit {

/// Prometheus metrics of this process. On the server's loop.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  /// Counts a request and its duration under its route's template.
  void request(std::string_view method, std::string_view route, int status, double seconds);
  /// A name that ends in _total is a counter, which only grows. `kind`: a label of that name; empty: none.
  void set(const std::string& name, const std::string& help, double value, const std::string& kind = {});
  /// Text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter::kit
