// The routes of the catalog: from a method and a path to the command or call, and its arguments.
#pragma once
#include "sdk/service/routes/call.hpp"

namespace fechatter {

struct RouteTarget {
  const CommandEntry* command = nullptr;
  const CallEntry* call = nullptr;
  const Route& route() const { return command ? command->route : call->route; }
  const Type& params() const { return command ? *command->type : *call->params; }
  Permission permission() const { return command ? command->permission : call->permission; }
};
struct RouteMatch {
  RouteTarget target;
  std::vector<std::pair<std::string_view, std::string>> path;  ///< parameters by name, decoded
};

/// Built once from features(). Immutable afterwards, any thread.
class Router {
 public:
  Router();
  /// not_found: no such path; invalid_argument with field "method": the path exists under another method.
  Result<RouteMatch> match(std::string_view method, std::string_view path) const;
  const std::vector<RouteTarget>& targets() const { return targets_; }

 private:
  struct Entry {
    std::vector<std::string_view> segments;
    RouteTarget target;
  };
  std::vector<RouteTarget> targets_;
  std::vector<Entry> entries_;
};

inline constexpr std::string_view kApiPrefix = "/api/v1";

/// Percent-decoding (RFC 3986); nullopt: a broken escape.
std::optional<std::string> percent_decode(std::string_view);
std::vector<std::pair<std::string, std::string>> parse_query_string(std::string_view);

/// Fills the struct from path, query (for GET) and body, strictly. Lists take `limit` and `cursor` from the query beside it.
Result<std::shared_ptr<void>> read_arguments(const RouteMatch&, const ApiRequest&, Page&);

}  // namespace fechatter
