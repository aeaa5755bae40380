#pragma once
#include <optional>
#include "app.hpp"

namespace terminal {
/// Prints what is posted in that chat, or in all of them, until a signal ends it.
int run_tail(App&, std::optional<ChatId> only);
}  // namespace terminal
