// What a request is about: those that two readers of one connection could read differently are refused.
#pragma once
#include "server/kit/http.hpp"

namespace fechatter::kit {

/// Why this request must be refused together with its connection; null: it is clear where it ends and what it says. Beast has refused
/// doubled and doubtful lengths by then; this is about codings that it passes over, and about headers of which a gateway might take
/// the first where we take the last. `version`: 10 or 11.
const char* ambiguous(const Request&, unsigned version);

/// Sets path and query from a request target: a path, or the absolute form, whose host takes the place of the Host header's. False: neither.
bool set_target(Request&, std::string_view target);

}  // namespace fechatter::kit
