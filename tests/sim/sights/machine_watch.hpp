// What the machines show of their states between two steps: a device's rows and connection, the server's counters, and log lines.
#pragma once
#include <map>
#include "sdk/runtime/log.hpp"
#include "tests/sim/sights/sights.hpp"

namespace fechatter::sim {

class Device;
class ServerNode;

/// Counts what is written, by component and the words before the first colon.
class LogWatch : public Log {
 public:
  explicit LogWatch(Sights& sights) : sights_(sights) {}
  void write(Level, std::string_view component, std::string_view message) override;

 private:
  Sights& sights_;
};

/// One device's, over all lives of its process. States are looked at when the disk was written to, for no row changes without that.
class DeviceWatch {
 public:
  explicit DeviceWatch(Sights& sights) : sights_(sights) {}
  void look(Device&);
  /// A new life: nobody is connected, and no chat has been looked at.
  void restarted() { operations_ = -1, connection_ = "closed", chats_.clear(); }

 private:
  using States = std::map<std::string, std::pair<std::string, std::string>>;  ///< by id: the kind of thing, and its state
  void compare(const char* group, States& before, States now, const std::string& gone);
  States outbox(Device&);
  States chats(Device&);
  Sights& sights_;
  std::int64_t operations_ = -1;
  std::string connection_ = "closed";
  States outbox_, chats_;
};

class ServerWatch {
 public:
  explicit ServerWatch(Sights& sights) : sights_(sights) {}
  void look(ServerNode&);

 private:
  Sights& sights_;
  std::int64_t batches_ = 0, commands_ = 0, refused_ = 0, retries_ = 0;
};

}  // namespace fechatter::sim
