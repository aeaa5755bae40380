#pragma once
#include <memory>
#include "sdk/runtime/log.hpp"
#include "server/kit/config.hpp"

namespace fechatter::kit {
/// To standard error, as text or as one JSON object a line. Control characters in messages are escaped: nobody forges a line.
std::unique_ptr<Log> make_log(const Config&);
}  // namespace fechatter::kit
