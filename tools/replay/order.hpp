// What the driver tells a worker: who, where, what to say or what to look at. A file, so that a killed worker is given the same again.
#pragma once
#include <string>
#include <vector>

namespace replay {

/// One person: the account, where the client lives, what it says in the order's channel, and the channels that it is in.
struct Part {
  std::string name, email, directory;
  std::vector<std::string> lines, channels;
};
struct Order {
  std::string server, invite, channel;
  std::string truth;  ///< directory of what the log holds: one file a channel, see truth_file()
  std::vector<Part> parts;
};
void write_order(const std::string& file, const Order&);
Order read_order(const std::string& file);

}  // namespace replay
