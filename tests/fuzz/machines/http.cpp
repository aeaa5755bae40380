// HTTP/1.1 as it comes over a socket: the same requests and answers however the bytes are cut, never more answers than requests, and at
// the end the connection is closed.
#include "server/kit/http.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/fuzz/world/wire.hpp"

using namespace fechatter;
using namespace fechatter::kit;

namespace {
struct Transcript {
  std::vector<std::string> requests;
  std::string answers;
};

void write_down(const Request& r, Transcript& out) {
  HOLDS(!r.path.empty() && r.path[0] == '/' && !r.method.empty() && r.request_id.size() == 16);
  HOLDS(r.body.size() <= fuzz::Wire::kBodyLimit && r.path.size() + r.query.size() <= fuzz::Wire::kHeaderLimit);
  std::string text = r.method + ' ' + r.path + '?' + r.query + '\n';
  for (const auto& [name, value] : r.headers) {
    HOLDS(value.find_first_of("\r\n") == value.npos);
    HOLDS(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n") == name.npos);
    text += name + ": " + value + '\n';
  }
  out.requests.push_back(text + '\n' + r.body);
}
// Request ids count connections.
std::string without_ids(std::string text) {
  for (const std::string_view mark : {"x-request-id: ", "\"request_id\":\""})
    for (auto at = text.find(mark); at != text.npos && at + mark.size() + 16 <= text.size(); at = text.find(mark, at + 1))
      text.replace(at + mark.size(), 16, 16, '0');
  return text;
}
std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}
std::string before_refusal(const std::string& answers) { return answers.substr(0, answers.find("HTTP/1.1 4")); }
Transcript talk(std::string_view text, fuzz::Input sizes) {
  Transcript out;
  fuzz::Wire wire([&](Request&& r, std::shared_ptr<Reply> reply) {
    write_down(r, out);
    reply->send(200, {{"content-type", "text/plain"}}, std::to_string(out.requests.size()));
  });
  while (!text.empty()) {
    const auto piece = text.substr(0, sizes.empty() ? text.size() : 1 + sizes.below(64));
    text.remove_prefix(piece.size());
    if (!wire.say(piece)) break;
  }
  wire.hang_up();
  HOLDS(wire.ended);
  out.answers = without_ids(wire.heard);
  return out;
}
void check(const Transcript& t) {
  HOLDS(t.answers.empty() || t.answers.starts_with("HTTP/1.1 "));
  HOLDS(count(t.answers, "HTTP/1.1 200 ") <= t.requests.size());
  HOLDS(count(t.answers, "HTTP/1.1 4") <= 1 && count(t.answers, "HTTP/1.1 5") == 0);
}
}  // namespace

FUZZ_TARGET(http) {
  fuzz::Input in(bytes);
  const auto sizes = in.bytes(in.below(16));
  const auto text = in.rest();
  const Transcript whole = talk(text, fuzz::Input({})), pieces = talk(text, fuzz::Input(sizes));
  check(whole), check(pieces);
  // What is near the limit of headers, which the parser counts in pieces, may be too large in one way and not in the other.
  if (count(pieces.answers + whole.answers, "HTTP/1.1 413 ") > 0) return;
  HOLDS(whole.requests == pieces.requests);
  // Of two faults the one that is seen first is told, of a request that never ends perhaps none, and 100 Continue only to those who
  // have not sent the body yet.
  if (count(pieces.answers + whole.answers, "100 Continue") > 0) return;
  HOLDS(before_refusal(whole.answers) == before_refusal(pieces.answers));
}
