#include "server/kit/framing.hpp"
#include <algorithm>
#include "server/kit/connection.hpp"

namespace fechatter::kit {
namespace {
// "http://host" of the absolute form; what is left is empty or begins with "/" or "?".
bool take_origin(Request& r, std::string_view& target) {
  const std::size_t colon = std::min(target.find("://"), target.size());
  const std::string scheme = lower(target.substr(0, colon));
  if (colon == target.size() || (scheme != "http" && scheme != "https")) return false;
  target.remove_prefix(colon + 3);
  const std::string_view host = target.substr(0, target.find_first_of("/?"));
  if (host.empty() || host.find('@') != host.npos) return false;
  std::erase_if(r.headers, [](const auto& h) { return h.first == "host"; });
  r.headers.emplace_back("host", host);
  target.remove_prefix(host.size());
  return true;
}
}  // namespace

const char* ambiguous(const Request& r, unsigned version) {
  for (const std::string_view once : {"host", "authorization", "content-type", "idempotency-key", "last-event-id", "transfer-encoding", "sec-websocket-key"})
    if (std::count_if(r.headers.begin(), r.headers.end(), [&](const auto& h) { return h.first == once; }) > 1) return "a header is given twice";
  if (version >= 11 && !r.header("host").data()) return "the Host header is missing";
  const std::string_view coding = r.header("transfer-encoding");
  if (!coding.data()) return nullptr;
  if (version < 11) return "HTTP/1.0 has no Transfer-Encoding";
  return lower(coding) == "chunked" ? nullptr : "a Transfer-Encoding other than chunked";
}

bool set_target(Request& r, std::string_view target) {
  if (!target.starts_with('/') && !take_origin(r, target)) return false;
  const auto mark = std::min(target.find('?'), target.size());
  r.path = target.substr(0, mark), r.query = target.substr(std::min(mark + 1, target.size()));
  if (r.path.empty()) r.path = "/";
  return true;
}

}  // namespace fechatter::kit
