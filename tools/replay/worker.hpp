// One process with several people's clients. It may be killed at any instruction and started again with the same order.
#pragma once
#include <string>
#include <vector>

namespace replay {

/// What one person says in one channel, and where their client lives.
struct Part {
  std::string nick, email, directory;
  std::vector<std::string> lines;
};
struct Order {
  std::string server, invite, channel;
  std::vector<Part> parts;
};
void write_order(const std::string& file, const Order&);
Order read_order(const std::string& file);

/// Signs everybody in (up, the first time), joins the channel and says what has not been said yet. 0: all of it is acknowledged.
int work(const Order&);

/// Opens the clients again, waits until each holds the whole channel, and writes what it holds: one line a message.
int collect(const Order&, const std::string& out);

}  // namespace replay
