// Child processes: the server and the workers. They end with this one.
#pragma once
#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

namespace replay {

/// Starts words[0], with NAME=value added to its environment; what it prints is appended to `log`.
pid_t spawn(const std::vector<std::string>& words, const std::string& log, const std::vector<std::string>& environment = {});
/// Waits. True: it exited with 0.
bool ended_well(pid_t);
/// Without waiting: what it exited with, 128 and the signal's number where one ended it; nothing while it runs.
std::optional<int> exit_status(pid_t);
void kill_hard(pid_t);
void ask_to_end(pid_t);

}  // namespace replay
