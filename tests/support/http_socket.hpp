// A client on a bare socket for tests of servers: bytes exactly as written, answers as they come. Blocking, every wait has a deadline.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fechatter {

/// Of an ordinary request. Status 0: the peer closed, reset or said nothing in time.
struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  /// Empty when absent.
  std::string_view header(std::string_view name) const;
};

/// One Server-Sent Event.
struct SseFrame {
  std::string event, id, data;
};

class HttpSocket {
 public:
  /// To 127.0.0.1. `receive_buffer` > 0 sets SO_RCVBUF: a peer that takes little.
  explicit HttpSocket(std::uint16_t port, int timeout_ms = 5000, int receive_buffer = 0);
  ~HttpSocket();
  HttpSocket(HttpSocket&&) noexcept;
  HttpSocket(const HttpSocket&) = delete;
  HttpSocket& operator=(const HttpSocket&) = delete;

  bool connected() const { return fd_ >= 0; }
  /// False when the peer no longer takes bytes.
  bool send(std::string_view bytes);
  /// A request with content-length, and its answer. `headers`: whole lines, each with its CRLF.
  HttpAnswer call(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {});
  /// The next answer with its body; of a HEAD request there is none. Interim answers (100) are returned like others.
  HttpAnswer answer(bool head = false);
  /// Status and headers only: what follows is a stream.
  HttpAnswer head();
  /// Precondition: head() of an event stream was read. nullopt: closed or silent. Comments are skipped.
  std::optional<SseFrame> event();
  /// Exactly that many bytes; fewer when the peer closes or is silent.
  std::string take(std::size_t size);
  /// Whether the peer closes within the timeout; reads and drops what still comes.
  bool closed();
  /// Sends no more, still reads.
  void half_close();
  /// Closes with a reset instead of a goodbye.
  void reset();
  void close();

 private:
  bool fill();  // false: nothing more
  std::optional<std::string> line();

  int fd_ = -1;
  std::string buffer_;
};

/// RFC 6455, as much as a test needs.
class WebSocketPeer {
 public:
  struct Message {
    int opcode = -1;  ///< 1 text, 8 close, 9 ping, 10 pong; -1: nothing came
    std::string payload;
    /// Of a close; 0: none.
    int close_code() const;
  };
  /// Connects and shakes hands. `headers`: whole lines, each with its CRLF.
  WebSocketPeer(std::uint16_t port, std::string_view target, std::string_view subprotocol = {}, std::string_view headers = {}, int receive_buffer = 0);
  /// 101, or the answer that refused.
  const HttpAnswer& handshake() const { return handshake_; }
  bool text(std::string_view payload) { return frame(1, payload); }
  bool frame(int opcode, std::string_view payload, bool last = true);
  /// The next frame; a ping is answered and skipped.
  Message message();
  HttpSocket& socket() { return socket_; }

 private:
  HttpSocket socket_;
  HttpAnswer handshake_;
};

}  // namespace fechatter
