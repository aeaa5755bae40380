#include "tests/support/http_socket.hpp"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>

namespace fechatter {
namespace {
int connect_to(std::uint16_t port, int timeout_ms, int receive_buffer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval wait{timeout_ms / 1000, timeout_ms % 1000 * 1000};
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET, to.sin_port = htons(port), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}
std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}
}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

HttpSocket::HttpSocket(std::uint16_t port, int timeout_ms, int receive_buffer) : fd_(connect_to(port, timeout_ms, receive_buffer)) {}
HttpSocket::~HttpSocket() { close(); }
HttpSocket::HttpSocket(HttpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

bool HttpSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool HttpSocket::fill() {
  char bytes[16384];
  const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> HttpSocket::line() {
  std::size_t end;
  while ((end = buffer_.find('\n')) == std::string::npos)
    if (!fill()) return std::nullopt;
  std::string out = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (!out.empty() && out.back() == '\r') out.pop_back();
  return out;
}

std::string HttpSocket::take(std::size_t size) {
  while (buffer_.size() < size && fill()) continue;
  std::string out = buffer_.substr(0, size);
  buffer_.erase(0, out.size());
  return out;
}

HttpAnswer HttpSocket::head() {
  HttpAnswer a;
  auto text = line();
  if (!text || text->size() < 12) return a;
  const int status = static_cast<int>(number(std::string_view(*text).substr(9, 3), 10));
  while ((text = line()) && !text->empty()) {
    const auto colon = std::min(text->find(':'), text->size());
    std::string name = text->substr(0, colon);
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const auto value = std::min(text->find_first_not_of(' ', std::min(colon + 1, text->size())), text->size());
    a.headers.emplace_back(std::move(name), text->substr(value));
  }
  if (text) a.status = status;
  return a;
}

HttpAnswer HttpSocket::answer(bool head_only) {
  HttpAnswer a = head();
  if (head_only || a.status < 200 || a.status == 204) return a;
  const std::size_t size = number(a.header("content-length"), 10);
  a.body = take(size);
  if (a.body.size() < size) a.status = 0;
  return a;
}

HttpAnswer HttpSocket::call(std::string_view method, std::string_view target, std::string_view body, std::string_view headers) {
  std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (!send(text + "\r\n" + std::string(body))) return {};
  return answer(method == "HEAD");
}

std::optional<SseFrame> HttpSocket::event() {
  SseFrame frame;
  bool any = false;
  while (auto text = line()) {
    if (text->empty() && any) return frame;
    const auto colon = text->find(": ");
    if (colon == std::string::npos || colon == 0) continue;
    const std::string key = text->substr(0, colon), value = text->substr(colon + 2);
    any = true;
    if (key == "event") frame.event = value;
    else if (key == "id") frame.id = value;
    else if (key == "data") frame.data += (frame.data.empty() ? "" : "\n") + value;
  }
  return std::nullopt;
}

bool HttpSocket::closed() {
  char bytes[16384];
  ssize_t n;
  while ((n = ::recv(fd_, bytes, sizeof bytes, 0)) > 0) continue;
  return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void HttpSocket::half_close() { ::shutdown(fd_, SHUT_WR); }
void HttpSocket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}
void HttpSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

WebSocketPeer::WebSocketPeer(std::uint16_t port, std::string_view target, std::string_view subprotocol, std::string_view headers, int receive_buffer)
    : socket_(port, 5000, receive_buffer) {
  std::string text = "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + std::string(headers);
  if (!subprotocol.empty()) text += "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
  if (socket_.send(text + "\r\n")) handshake_ = socket_.answer();
}

bool WebSocketPeer::frame(int opcode, std::string_view payload, bool last) {
  const std::string mask = "\x12\x34\x56\x78";
  std::string out(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    const int bytes = payload.size() < 65536 ? 2 : 8;
    out += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i));
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return socket_.send(out);
}

WebSocketPeer::Message WebSocketPeer::message() {
  const std::string head = socket_.take(2);
  if (head.size() < 2) return {};
  std::size_t size = static_cast<unsigned char>(head[1]) & 127;
  if (size >= 126) {
    const std::string more = socket_.take(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : more) size = size << 8 | static_cast<unsigned char>(c);
  }
  Message m{head[0] & 15, socket_.take(size)};
  if (m.opcode < 8 && (head[0] & 0x80) == 0) m.payload += message().payload;
  if (m.opcode != 9) return m;
  frame(10, m.payload);
  return message();
}

int WebSocketPeer::Message::close_code() const {
  if (opcode != 8 || payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

}  // namespace fechatter
