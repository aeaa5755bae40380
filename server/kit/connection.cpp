#include "server/kit/connection.hpp"
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include "server/kit/framing.hpp"

namespace fechatter::kit {
namespace http = boost::beast::http;

Connection::Connection(tcp::socket socket, Server::Impl& server) : socket_(std::move(socket)), server_(&server) {
  ++server_->count;
  error_code ignored;
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) remote_ip_ = peer.address().to_string();
}
Connection::~Connection() { --server_->count; }

void Connection::begin() {
  server_->wheel.set(*this, server_->options.header_timeout_ms);
  wait_readable();
}

void Connection::refuse() {
  keep_ = false, linger_ = true;
  request_id_ = server_->request_id();
  Headers headers = kErrorHeaders;
  headers.emplace_back("retry-after", "1");
  answer(503, headers, error_body("unavailable", "too many connections", true, request_id_), false);
}

void Connection::wait_readable() {
  if (state_ == State::done || std::exchange(waiting_, true)) return;
  socket_.async_wait(tcp::socket::wait_read, [c = self()](error_code e) {
    c->waiting_ = false;
    if (!e && c->state_ != State::done) c->readable();
  });
}

void Connection::readable() {
  if (state_ == State::handling) return check_peer();
  error_code e;
  const std::size_t n = socket_.read_some(asio::buffer(server_->scratch), e);
  if (e == asio::error::would_block) return wait_readable();
  if (e) return close();
  if (state_ == State::streaming) return wait_readable();  // a stream's peer has nothing more to say
  feed(server_->scratch.data(), n);
}

// While a handler is at work only the peer's end is of interest; a next request stays in the socket.
void Connection::check_peer() {
  char next = 0;
  error_code e;
  socket_.receive(asio::buffer(&next, 1), tcp::socket::message_peek, e);
  if (e == asio::error::would_block) return wait_readable();
  if (e) close();
}

void Connection::feed(const char* data, std::size_t size) {
  if (!parser_) {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(static_cast<std::uint32_t>(server_->options.header_limit));
    parser_->body_limit(server_->options.body_limit);
    parser_->eager(true);
    state_ = State::reading;
    server_->wheel.set(*this, server_->options.header_timeout_ms);
  }
  if (!extra_.empty()) {
    extra_.append(data, size);
    data = extra_.data(), size = extra_.size();
  }
  const bool had_header = parser_->is_header_done();
  error_code e;
  std::size_t used = 0;
  while (used < size && !parser_->is_done()) {
    const std::size_t n = parser_->put(asio::const_buffer(data + used, size - used), e);
    used += n;
    if (e == http::error::need_more) {
      e = {};
      break;
    }
    if (e) return fail(e);
    if (n == 0) break;
  }
  std::string rest(data + used, size - used);
  extra_ = std::move(rest);
  if (parser_->is_done()) return dispatch();
  if (extra_.size() > server_->options.header_limit) return fail(http::error::header_limit);
  if (!had_header && parser_->is_header_done()) {
    server_->wheel.set(*this, server_->options.body_timeout_ms);
    if (lower(std::string_view(parser_->get()[http::field::expect].data(), parser_->get()[http::field::expect].size())) == "100-continue")
      queue(std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  wait_readable();
}

void Connection::fail(error_code e) {
  keep_ = false, linger_ = true;
  if (e == http::error::body_limit) return answer_error(413, "too_large", "the body is larger than this server takes");
  if (e == http::error::header_limit) return answer_error(413, "too_large", "the headers are larger than this server takes");
  answer_error(400, "invalid_argument", "not a valid HTTP request: " + e.message());
}

void Connection::dispatch() {
  auto message = parser_->release();
  parser_.reset();
  state_ = State::handling;
  deadline = 0;
  Request r;
  r.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  const auto mark = std::min(target.find('?'), target.size());
  r.path = target.substr(0, mark), r.query = target.substr(std::min(mark + 1, target.size()));
  bool upgrade = false;
  for (const auto& f : message) {
    r.headers.emplace_back(lower({f.name_string().data(), f.name_string().size()}), std::string(f.value()));
    upgrade |= r.headers.back().first == "upgrade";
  }
  r.body = std::move(message.body());
  r.remote_ip = remote_ip_, r.request_id = request_id_ = server_->request_id();
  keep_ = message.keep_alive() && message.version() >= 11 && !server_->draining;
  head_ = r.method == "HEAD";
  if (const char* why = ambiguous(r, message.version())) {
    linger_ = true;
    return answer_error(400, "invalid_argument", why);
  }
  if (r.path.empty() || r.path[0] != '/') {
    linger_ = true;
    return answer_error(400, "invalid_argument", "the request target must be a path");
  }
  auto reply = std::make_shared<HttpReply>(self());
  if (upgrade) reply->handshake = r;
  server_->handler(std::move(r), std::move(reply));
}

void Connection::answer(int status, const Headers& headers, std::string_view body, bool keep) {
  if (state_ == State::done) return;
  keep_ = keep_ && keep;
  std::string text = head_text(status, headers, body.size(), keep_, request_id_);
  if (!head_ && status != 204) text += body;
  close_after_ = !keep_;
  state_ = State::idle;
  server_->wheel.set(*this, keep_ ? server_->options.keep_alive_ms : server_->options.write_timeout_ms);
  if (auto f = std::exchange(on_close_, nullptr)) server_->loop.post(std::move(f));
  queue(std::make_shared<const std::string>(std::move(text)));
}

void Connection::answer_error(int status, std::string_view code, std::string_view message, bool retryable) {
  if (request_id_.empty() || parser_) request_id_ = server_->request_id();
  parser_.reset();
  answer(status, kErrorHeaders, error_body(code, message, retryable, request_id_), false);
}

void Connection::queue(Shared bytes) {
  if (state_ == State::done) return;
  out_bytes_ += bytes->size();
  out_.push_back(std::move(bytes));
  if (!writing_) flush();
}

void Connection::flush() {
  error_code e;
  while (!out_.empty()) {
    std::array<asio::const_buffer, 16> buffers;
    const std::size_t n = std::min(buffers.size(), out_.size());
    for (std::size_t i = 0; i < n; ++i) buffers[i] = asio::buffer(*out_[i]);
    buffers[0] += out_sent_;
    std::size_t sent = socket_.write_some(std::span(buffers.data(), n), e);
    if (e) break;
    out_bytes_ -= sent;
    std::size_t whole = 0;
    for (sent += out_sent_; whole < n && sent >= out_[whole]->size(); ++whole) sent -= out_[whole]->size();
    out_sent_ = sent;
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(whole));
  }
  if (e && e != asio::error::would_block) return close();
  if (out_.empty()) return flushed();
  if (std::exchange(writing_, true)) return;
  if (state_ == State::streaming) server_->wheel.set(*this, server_->options.write_timeout_ms);
  socket_.async_wait(tcp::socket::wait_write, [c = self()](error_code error) {
    c->writing_ = false;
    if (!error && c->state_ != State::done) c->flush();
  });
}

void Connection::flushed() {
  std::vector<Shared>().swap(out_);
  out_sent_ = 0, out_bytes_ = 0;
  if (close_after_ && linger_) return linger();
  if (close_after_) return close();
  if (state_ == State::streaming) deadline = 0;
  if (state_ != State::idle) return;
  if (extra_.empty()) return wait_readable();
  server_->loop.post([c = self()] {  // the next pipelined request, after this one has been let go
    if (c->state_ == State::idle && c->out_.empty()) c->feed("", 0);
  });
}

// A peer that is still sending would get a reset instead of the answer: what it sends is read and dropped for a moment.
void Connection::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  linger_ = close_after_ = false;
  state_ = State::streaming;
  server_->wheel.set(*this, 2000);
  wait_readable();
}

void Connection::expired() {
  if (state_ == State::reading) {
    keep_ = false;
    return answer_error(503, "unavailable", "the request took too long to arrive", true);
  }
  close();
}

void Connection::close_if_idle() {
  keep_ = false;
  if (state_ != State::idle) return;
  if (!out_.empty()) close_after_ = true;
  else if (extra_.empty()) close();
}

void Connection::close() {
  if (std::exchange(state_, State::done) == State::done) return;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  out_.clear(), out_bytes_ = 0;
  deadline = 0;
  if (auto f = std::exchange(on_close_, nullptr)) server_->loop.post(std::move(f));
}

}  // namespace fechatter::kit
