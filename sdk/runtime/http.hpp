#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "fechatter/result.hpp"

namespace fechatter {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;
/// Names are compared without case; empty when absent.
std::string_view find_header(const HttpHeaders&, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;
  std::int64_t timeout_ms = 30000;          ///< of silence, rounded up to whole seconds; however long it takes while it goes on. 0: none (streams)
  std::int64_t connect_timeout_ms = 10000;
};
struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};
struct HttpStreamHandlers {
  std::function<void(int status, const HttpHeaders&)> on_head;
  std::function<void(std::string_view)> on_data;
  std::function<void(Result<Done>)> on_end;  ///< last
};

/// A request under way. Dropping it, on the client's loop, cancels: no callback afterwards, and what the callbacks hold goes with it.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
};

/// An HTTP client whose callbacks come on the loop it was made for, never inside the call. A failure of transport is Code::unavailable;
/// a body above 32 MiB or a head above 256 KiB Code::too_large; what is no request (another scheme than http and https, a header with a
/// line break) Code::invalid_argument. Any status is an answer, not a failure. A stream whose loop does not keep up makes the peer wait.
class Http {
 public:
  virtual ~Http() = default;
  virtual std::unique_ptr<HttpCall> request(HttpRequest, std::function<void(Result<HttpResponse>)>) = 0;
  virtual std::unique_ptr<HttpCall> stream(HttpRequest, HttpStreamHandlers) = 0;
};

}  // namespace fechatter
