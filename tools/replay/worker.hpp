// One process with several people's clients. It may be killed at any instruction and started again with the same order.
#pragma once
#include "tools/replay/order.hpp"

namespace replay {

/// Signs everybody in (up, the first time), joins the channel and says what has not been said yet. When all of it is acknowledged, makes
/// the file `done` and stays connected until SIGTERM.
int work(const Order&, const std::string& done);

/// Opens the clients again, lets each catch up, and compares every channel it is in with the log: one line of `out` for each.
int check(const Order&, const std::string& out);

}  // namespace replay
