#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include "server/kit/connection.hpp"

namespace fechatter::kit {
namespace http = boost::beast::http;

const Headers kErrorHeaders{{"content-type", "application/json"}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}
std::string request_id_text(std::uint64_t n) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 16; ++i, n <<= 4) text += hex[n >> 60 & 15];
  return text;
}
std::string head_text(int status, const Headers& headers, std::optional<std::size_t> length, bool keep, std::uint64_t request_id) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(http::obsolete_reason(static_cast<http::status>(status))) + "\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  head += "x-request-id: " + request_id_text(request_id) + "\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n";
  if (length && status != 204) head += "content-length: " + std::to_string(*length) + "\r\n";
  if (!keep) head += "connection: close\r\n";
  return head + "\r\n";
}

std::string too_many_text(std::uint64_t request_id) {
  Headers headers = kErrorHeaders;
  headers.emplace_back("retry-after", "1");
  const std::string body = error_body("unavailable", "too many connections", true, request_id_text(request_id));
  return head_text(503, headers, body.size(), false, request_id) + body;
}

// 16 bytes in base64.
static bool is_nonce(std::string_view key) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.find_first_not_of(digits) == 22 && key.ends_with("==") && digits.find(key[21]) % 16 == 0;
}

HttpReply::~HttpReply() {
  if (answered_ || c_->server_->stopped) return;
  c_->server_->loop.post(
      [c = c_] { c->answer(500, kErrorHeaders, error_body("internal", "the request was not answered", true, request_id_text(c->request_id_)), true); });
}
void HttpReply::send(int status, Headers headers, std::string body) {
  if (std::exchange(answered_, true)) return;
  handshake.reset();
  c_->answer(status, headers, body, true);
}
void HttpReply::start(int status, Headers headers) {
  if (std::exchange(answered_, true) || c_->state_ == Connection::State::done) return;
  started_ = true;
  handshake.reset();
  c_->state_ = Connection::State::streaming;
  c_->keep_ = false;
  c_->close_after_ = c_->head_;  // of HEAD there is nothing more to come
  c_->queue(std::make_shared<const std::string>(head_text(status, headers, {}, false, c_->request_id_)));
  c_->wait_readable();
}
void HttpReply::write(const Shared& bytes) {
  if (started_ && c_->state_ == Connection::State::streaming && !c_->close_after_) c_->queue(bytes);
}
void HttpReply::close() {
  if (!started_ || c_->state_ != Connection::State::streaming) return;
  c_->close_after_ = true;
  if (c_->out_.empty()) c_->close();
}
void HttpReply::on_close(std::function<void()> f) {
  const bool over = answered_ && !started_;  // the connection may be another request's by now
  if (over || (c_->state_ != Connection::State::handling && c_->state_ != Connection::State::streaming)) return c_->server_->loop.post(std::move(f));
  c_->on_close_ = std::move(f);
  c_->wait_readable();
}
std::shared_ptr<WsChannel> HttpReply::upgrade_websocket(std::string subprotocol) {
  const auto header = [&](std::string_view name) { return handshake ? lower(handshake->header(name)) : std::string(); };
  if (answered_) return nullptr;
  const bool handshake_made = handshake && handshake->method == "GET" && header("upgrade") == "websocket" &&
      http::token_list(header("connection")).exists("upgrade") && is_nonce(handshake->header("sec-websocket-key")) && header("sec-websocket-version") == "13" &&
      !c_->extra_;
  if (!handshake_made) {
    send(400, kErrorHeaders, error_body("invalid_argument", "not a WebSocket handshake", false, request_id_text(c_->request_id_)));
    return nullptr;
  }
  answered_ = true;
  c_->state_ = Connection::State::done;
  c_->deadline = 0;
  return adopt_websocket(std::move(c_->socket_), *handshake, std::move(subprotocol), *c_->server_);
}

}  // namespace fechatter::kit
