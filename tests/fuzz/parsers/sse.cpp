// The live stream's framing: the same frames however the bytes are cut, and those of the format's own text.
#include "sdk/protocol/sse.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;
using Frames = std::vector<SseFrame>;

namespace {
// The WHATWG's "interpreting an event stream", line by line; without reconnection times and a last id that outlives its event.
Frames interpreted(std::string_view text) {
  Frames frames;
  SseFrame now;
  bool data = false;
  while (!text.empty()) {
    const auto end = text.find_first_of("\r\n");
    if (end == text.npos) break;  // an unfinished line says nothing
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(text.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
    if (line.empty()) {
      if (data) frames.push_back(now);
      now = {}, data = false;
      continue;
    }
    const auto colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    const auto field = line.substr(0, colon);
    if (field == "event") now.event = value;
    if (field == "id") now.id = value;
    if (field == "data") now.data += (data ? "\n" : "") + std::string(value), data = true;
  }
  return frames;
}
void check_same(const Frames& a, const Frames& b) {
  HOLDS(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) HOLDS(a[i].event == b[i].event && a[i].id == b[i].id && a[i].data == b[i].data);
}
}  // namespace

FUZZ_TARGET(sse) {
  fuzz::Input in(bytes);
  fuzz::Input sizes(in.bytes(in.below(16)));
  const std::string_view text = in.rest();
  Frames whole, pieces;
  SseReader one, two;
  HOLDS(one.feed(text, whole));
  for (std::size_t at = 0; at < text.size();) {
    const std::string piece(text.substr(at, sizes.empty() ? 7 : sizes.below(32)));
    HOLDS(two.feed(piece, pieces));
    at += piece.size();
  }
  check_same(whole, pieces);
  check_same(whole, interpreted(text));
}
