#include "server/kit/framing.hpp"
#include <algorithm>
#include "server/kit/connection.hpp"

namespace fechatter::kit {

const char* ambiguous(const Request& r, unsigned version) {
  for (const std::string_view once : {"host", "authorization", "content-type", "idempotency-key", "last-event-id", "transfer-encoding"})
    if (std::count_if(r.headers.begin(), r.headers.end(), [&](const auto& h) { return h.first == once; }) > 1) return "a header is given twice";
  const std::string_view coding = r.header("transfer-encoding");
  if (!coding.data()) return nullptr;
  if (version < 11) return "HTTP/1.0 has no Transfer-Encoding";
  return lower(coding) == "chunked" ? nullptr : "a Transfer-Encoding other than chunked";
}

}  // namespace fechatter::kit
