#pragma once
#include "server/fechatterd/operations/verify.hpp"

namespace fechatter {
/// The words of the index against the texts it was made of: a sum over all of them on either side, so memory is bounded.
Result<Done> check_text_index(Database&, VerifyReport&);
}  // namespace fechatter
