#pragma once
#include "server/kit/config.hpp"

namespace fechatter {
/// Serves until SIGTERM or SIGINT, then drains. The exit status.
int serve(const kit::Config&);
}  // namespace fechatter
