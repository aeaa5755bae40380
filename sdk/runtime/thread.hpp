#pragma once
#include <string>

namespace fechatter {

/// The first call of every thread of ours: gives it a name (15 bytes of it) and blocks signals, which are the host's affair and must
/// not interrupt it (SIGPIPE with them). Faults stay as they are.
void enter_thread(const std::string& name);

}  // namespace fechatter
