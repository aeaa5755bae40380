// Reads from an event what changes who receives what.
#pragma once
#include "sdk/service/live/ring.hpp"

namespace fechatter {

/// Null: nothing that matters to delivery. `message_seq`: of the message that the event speaks of, where it says so.
std::unique_ptr<const Meaning> meaning_of(const LogEvent&, std::int64_t& message_seq);

}  // namespace fechatter
