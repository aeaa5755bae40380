// From a method of the catalog and its fields to an HTTP request: path template, query or body.
#pragma once
#include <string>
#include "fechatter/result.hpp"

namespace fechatter {

struct ApiCall {
  std::string method, path, body;  ///< path: below /api/v1, with its query; body: JSON or empty
  bool creates = false;            ///< idempotent by the id inside; else by an Idempotency-Key
};

/// `args`: the fields of the command or call as one JSON object. invalid_argument: no such method, or fields that do not fit it.
Result<ApiCall> api_call(const std::string& name, const std::string& args);

/// Percent-encoding (RFC 3986) of everything but unreserved characters.
std::string percent(std::string_view);

}  // namespace fechatter
