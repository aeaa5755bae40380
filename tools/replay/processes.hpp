// Child processes: the server and the workers. They end with this one.
#pragma once
#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

namespace replay {

/// Starts words[0]; what it prints is appended to `log`.
pid_t spawn(const std::vector<std::string>& words, const std::string& log);
/// Waits. True: it exited with 0.
bool ended_well(pid_t);
/// The same without waiting; nothing while it runs.
std::optional<bool> has_ended(pid_t);
void kill_hard(pid_t);
void ask_to_end(pid_t);

}  // namespace replay
