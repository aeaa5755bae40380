// Requests and replies as the rest of the server sees them: no socket, no HTTP library.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fechatter::kit {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;        ///< of the target, still percent-encoded
  std::string query;       ///< without the question mark
  Headers headers;         ///< names in lower case
  std::string body;
  std::string remote_ip;
  std::string request_id;
  /// Empty when absent.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

using Shared = std::shared_ptr<const std::string>;

/// The peer of a WebSocket. On the server's loop. Texts only; binary frames close it.
class WsChannel {
 public:
  virtual ~WsChannel() = default;
  virtual void send(const Shared& text) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual std::size_t pending_bytes() const = 0;
  virtual std::size_t pending_frames() const = 0;
  virtual void on_text(std::function<void(std::string_view)>) = 0;
  virtual void on_close(std::function<void()>) = 0;  ///< once, when the peer is gone or after close
};

/// The answer to one request, on the server's loop: send() once, or start() and then write() until close(), or upgrade_websocket().
/// Letting go of it unanswered answers 500.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void send(int status, Headers headers, std::string body) = 0;
  virtual void start(int status, Headers headers) = 0;
  virtual void write(const Shared& bytes) = 0;
  virtual void close() = 0;  ///< after what is pending
  virtual std::size_t pending_bytes() const = 0;
  virtual std::size_t pending_frames() const = 0;
  /// Once: when the peer is gone, after send() or after close(). A peer that sends no more counts as gone. Not after an upgrade: the
  /// channel has its own.
  virtual void on_close(std::function<void()>) = 0;
  /// Null when the request is no WebSocket handshake: then it has been answered with 400.
  virtual std::shared_ptr<WsChannel> upgrade_websocket(std::string subprotocol) = 0;
};

/// ASCII letters in lower case.
std::string lower(std::string_view);
/// The error form of the API, for failures below it.
std::string error_body(std::string_view code, std::string_view message, bool retryable, std::string_view request_id);

}  // namespace fechatter::kit
