// One request on its way through the service, and the ways to answer it.
#pragma once
#include <functional>
#include "sdk/core/catalog.hpp"
#include "sdk/core/row_store.hpp"

namespace fechatter {

/// A request without its transport: what HTTP, the in-process loopback and the simulation have in common.
struct ApiRequest {
  std::string method;             ///< "GET"
  std::string path;               ///< "/api/v1/chats/…", still percent-encoded
  std::string query;              ///< without the question mark
  std::string authorization;      ///< the header's value
  std::string idempotency_key;
  std::string last_event_id;
  std::string content_type;
  std::string remote_ip;
  std::string request_id;
  std::string body;
  /// Of a request that may wait long: runs what it is given once, when the caller is gone or has the answer. Empty: nobody would know.
  std::function<void(std::function<void()>)> when_gone = {};
};
struct ApiReply {
  int status = 200;
  std::string body;               ///< JSON; empty: none
  std::string route;              ///< the template that matched, for metrics; empty: none
  int retry_after_ms = 0;
};

/// The parsed part of a list request.
struct Page {
  std::int64_t limit = 50;
  std::string cursor;  ///< where the page before ended; empty: from the beginning
};
/// Items already written as JSON, and where the next page begins (empty: nowhere).
struct Listing {
  std::string items;  ///< comma-separated
  std::string next;
};

ApiReply refuse(const Error&, const std::string& request_id);
/// {"error": {…}} of the API.
std::string error_json(const Error&, const std::string& request_id);

template <class T> std::string list_items(const std::vector<T>& views) {
  std::string json;
  for (const T& v : views) {
    if (!json.empty()) json += ',';
    write_json(type_of<T>, &v, json);
  }
  return json;
}

}  // namespace fechatter
