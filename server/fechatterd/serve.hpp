#pragma once
#include "server/kit/config.hpp"

namespace fechatter {
/// Serves until SIGTERM, SIGINT, SIGHUP or SIGQUIT, then drains. The exit status.
int serve(const kit::Config&);
}  // namespace fechatter
