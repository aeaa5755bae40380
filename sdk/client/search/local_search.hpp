// Search in what is held, in the query language of the server's search.
#pragma once
#include "sdk/client/desk.hpp"

namespace fechatter {

Result<std::vector<SearchHit>> search_held(Desk&, const std::string& query, std::size_t limit);

}  // namespace fechatter
