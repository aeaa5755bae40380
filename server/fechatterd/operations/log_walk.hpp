#pragma once
#include <functional>
#include "sdk/core/event.hpp"
#include "server/fechatterd/operations/verify.hpp"

namespace fechatter {

/// Every event in order, with what its numbers lack: a position, a rev of a stream or a seq of a chat that is missing, doubled or out of
/// order is a finding. `each` may be empty.
Result<Done> walk_log(Database&, VerifyReport&, const std::function<Result<Done>(const LogEvent&)>& each);

}  // namespace fechatter
