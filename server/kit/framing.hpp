// Requests that two readers of one connection could read differently.
#pragma once
#include "server/kit/http.hpp"

namespace fechatter::kit {

/// Why this request must be refused together with its connection; null: it is clear where it ends and what it says. Beast has refused
/// doubled and doubtful lengths by then; this is about codings that it passes over, and about headers of which a gateway might take
/// the first where we take the last. `version`: 10 or 11.
const char* ambiguous(const Request&, unsigned version);

}  // namespace fechatter::kit
