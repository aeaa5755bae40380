#pragma once
#include <functional>
#include <string_view>

namespace fechatter {

enum class Level { trace, debug, info, warn, error };

/// Where messages for operators and developers go. Any thread; must not block for long.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Level, std::string_view component, std::string_view message) = 0;
};
class NullLog : public Log {
 public:
  void write(Level, std::string_view, std::string_view) override {}
};

/// Called when going on would risk data (the state of the disk is unknown). Must not return.
using Fatal = std::function<void(std::string_view why)>;

}  // namespace fechatter
