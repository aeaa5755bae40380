// A WebSocket's frames, in any pieces: the texts that reach the app are those of RFC 6455, up to the first thing that breaks it, and
// what the server writes are whole frames. The first byte chooses frames that are made from the input, or raw bytes.
#include "sdk/core/text/utf8.hpp"
#include "server/kit/http.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/fuzz/world/wire.hpp"

using namespace fechatter;

namespace {
using Texts = std::vector<std::string>;
constexpr std::size_t kMaxMessage = 64 * 1024;

std::string frame(std::uint8_t head, std::string_view payload) {
  std::string out(1, static_cast<char>(head));
  if (payload.size() < 126) out += static_cast<char>(0x80 | payload.size());
  else out += '\xfe', out += static_cast<char>(payload.size() >> 8), out += static_cast<char>(payload.size() & 0xff);
  out += std::string("\x01\x02\x03\x04", 4);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
  return out;
}
std::string frames(fuzz::Input& in) {
  static constexpr std::uint8_t heads[] = {0x81, 0x01, 0x80, 0x00, 0x89, 0x8a, 0x88, 0x82};
  std::string out;
  while (!in.empty() && out.size() < 4096) {
    const std::uint8_t choice = in.byte();
    out += frame(choice < 240 ? heads[choice % 8] : in.byte(), in.text());
  }
  return out;
}

// The other reading of the same bytes: the texts, until something ends the conversation.
class Reference {
 public:
  Texts read(std::string_view bytes) {
    while (one(bytes)) {
    }
    return std::move(texts_);
  }

 private:
  bool one(std::string_view& in) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
    if (in.size() < 2) return false;
    const unsigned op = at(0) & 0x0f;
    const bool fin = at(0) & 0x80, control = op >= 8;
    std::uint64_t size = at(1) & 0x7f;
    std::size_t head = size == 126 ? 4 : size == 127 ? 10 : 2;
    if ((at(0) & 0x70) || !(at(1) & 0x80) || (control && (!fin || size > 125)) || in.size() < head + 4) return false;
    if (head > 2) size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | at(i);
    if ((head == 4 && size < 126) || (head == 10 && size < 65536) || in.size() - head - 4 < size) return false;
    std::string payload(in.substr(head + 4, size));
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ in[head + i % 4]);
    in.remove_prefix(head + 4 + size);
    return control ? op == 9 || op == 10 : data(op, fin, payload);
  }
  bool data(unsigned op, bool fin, const std::string& payload) {
    if (op > 2 || (op == 0) != open_) return false;
    if (op > 0) text_ = op == 1;
    open_ = !fin, message_ += payload;
    if (message_.size() > kMaxMessage || (text_ && fin && !text::is_valid(message_))) return false;
    if (!fin) return true;
    if (!text_) return false;
    texts_.push_back(std::exchange(message_, {}));
    return true;
  }
  Texts texts_;
  std::string message_;
  bool open_ = false, text_ = false;
};

// What the server writes: unmasked, whole, and nothing after a close.
void check_written(std::string_view out) {
  bool closed = false;
  while (!out.empty()) {
    HOLDS(out.size() >= 2 && !closed);
    const unsigned op = static_cast<unsigned char>(out[0]) & 0x0f, size = static_cast<unsigned char>(out[1]);
    HOLDS((static_cast<unsigned char>(out[0]) & 0xf0) == 0x80 && (op == 1 || op == 8 || op == 10) && size <= 126);
    const std::size_t whole = size == 126 ? 4u + (static_cast<unsigned char>(out[2]) << 8 | static_cast<unsigned char>(out[3])) : 2u + size;
    HOLDS(out.size() >= whole);
    closed = op == 8;
    out.remove_prefix(whole);
  }
}
constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}  // namespace

FUZZ_TARGET(websocket) {
  fuzz::Input in(bytes);
  const bool made = in.coin();
  fuzz::Input sizes(in.bytes(in.below(16)));
  const std::string text = made ? frames(in) : std::string(in.rest());
  Texts texts;
  int closes = 0;
  {
    std::shared_ptr<kit::WsChannel> channel;
    fuzz::Wire wire([&](kit::Request&&, std::shared_ptr<kit::Reply> reply) {
      channel = reply->upgrade_websocket({});
      channel->on_text([&](std::string_view t) {
        texts.emplace_back(t);
        channel->send(std::make_shared<const std::string>(std::to_string(texts.size())));
      });
      channel->on_close([&] { ++closes; });
    });
    HOLDS(wire.say(kHandshake) && channel && wire.heard.starts_with("HTTP/1.1 101 "));
    wire.heard.clear();
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto piece = rest.substr(0, sizes.empty() ? rest.size() : 1 + sizes.below(64));
      rest.remove_prefix(piece.size());
      if (!wire.say(piece)) break;
    }
    wire.hang_up();
    HOLDS(wire.ended && closes == 1 && channel->pending_bytes() == 0 && channel->pending_frames() == 0);
    check_written(wire.heard);
    channel.reset();
  }
  HOLDS(texts == Reference().read(text));
}
