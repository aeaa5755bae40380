#pragma once
#include <string>

namespace fechatter {
/// The OpenAPI 3.1 document of every route of the catalog, from the described types.
std::string openapi_json(std::string_view version);
}  // namespace fechatter
