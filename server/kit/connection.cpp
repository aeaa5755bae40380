#include "server/kit/connection.hpp"
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include "server/kit/framing.hpp"

namespace fechatter::kit {
namespace http = boost::beast::http;

static constexpr std::size_t kPieces = 16;  // of one write

Connection::Connection(Socket socket, Server::Impl& server) : socket_(std::move(socket)), server_(&server) { ++server_->count; }
Connection::~Connection() {
  server_->hold(*this, 0);
  --server_->count;
}

void Connection::begin() {
  server_->wheel.set(*this, server_->options.header_timeout_ms);
  wait_readable();
}

void Connection::refuse() {
  keep_ = false, linger_ = close_after_ = true;
  server_->wheel.set(*this, server_->options.write_timeout_ms);
  queue(std::make_shared<const std::string>(too_many_text(server_->request_id())));
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
  const auto kept = std::move(extra_);
  if (kept) {
    kept->append(data, size);
    data = kept->data(), size = kept->size();
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
  if (used < size) extra_ = std::make_unique<std::string>(data + used, size - used);
  if (parser_->is_done()) return dispatch();
  if (extra_ && extra_->size() > server_->options.header_limit) return fail(http::error::header_limit);
  if (!had_header && parser_->is_header_done()) {
    server_->wheel.set(*this, server_->options.body_timeout_ms);
    if (parser_->get().version() >= 11 &&
        lower(std::string_view(parser_->get()[http::field::expect].data(), parser_->get()[http::field::expect].size())) == "100-continue")
      queue(std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  wait_readable();
  if (state_ == State::reading) server_->hold(*this, parser_->get().body().size() + (extra_ ? extra_->size() : 1));
}

void Connection::fail(error_code e) {
  keep_ = false, linger_ = true;
  server_->counted.too_large += e == http::error::body_limit || e == http::error::header_limit;
  if (e == http::error::body_limit) return answer_error(413, "too_large", "the body is larger than this server takes");
  if (e == http::error::header_limit) return answer_error(413, "too_large", "the headers are larger than this server takes");
  answer_error(400, "invalid_argument", "not a valid HTTP request: " + e.message());
}

void Connection::dispatch() {
  auto message = parser_->release();
  parser_.reset();
  server_->hold(*this, 0);
  state_ = State::handling;
  deadline = 0;
  Request r;
  r.method = std::string(message.method_string());
  bool upgrade = false;
  for (const auto& f : message) {
    r.headers.emplace_back(lower({f.name_string().data(), f.name_string().size()}), std::string(f.value()));
    upgrade |= r.headers.back().first == "upgrade";
  }
  error_code unknown;
  const auto peer = socket_.remote_endpoint(unknown);
  if (!unknown) r.remote_ip = peer.address().to_string();
  request_id_ = server_->request_id(), r.request_id = request_id_text(request_id_);
  keep_ = message.keep_alive() && message.version() >= 11 && !server_->draining;
  head_ = r.method == "HEAD";
  if (const char* why = ambiguous(r, message.version())) {
    linger_ = true;
    return answer_error(400, "invalid_argument", why);
  }
  if (!set_target(r, {message.target().data(), message.target().size()})) {
    linger_ = true;
    return answer_error(400, "invalid_argument", "the request target must be a path or a URL");
  }
  auto reply = std::make_shared<HttpReply>(self());
  if (upgrade) reply->handshake = std::make_unique<Request>(r);  // lives as long as the reply: without the body
  r.body = std::move(message.body());
  server_->handler(std::move(r), std::move(reply));
}

void Connection::answer(int status, const Headers& headers, std::string_view body, bool keep) {
  if (state_ == State::done) return;
  keep_ = keep_ && keep;
  std::string text = head_text(status, headers, body.size(), keep_, request_id_);
  if (!head_ && status != 204) text += body;
  close_after_ = !keep_;
  state_ = State::idle;
  server_->wheel.set(*this, server_->options.write_timeout_ms);
  if (auto f = std::exchange(on_close_, nullptr)) server_->loop.post(std::move(f));
  queue(std::make_shared<const std::string>(std::move(text)));
}

void Connection::answer_error(int status, std::string_view code, std::string_view message, bool retryable) {
  if (request_id_ == 0 || parser_) request_id_ = server_->request_id();
  parser_.reset();
  answer(status, kErrorHeaders, error_body(code, message, retryable, request_id_text(request_id_)), false);
}

void Connection::queue(Shared bytes) {
  if (state_ == State::done) return;
  out_bytes_ += bytes->size();
  out_.push_back(std::move(bytes));
  if (writing_) return;
  if (state_ != State::streaming || out_.size() >= kPieces) return flush();
  if (!std::exchange(flush_due_, true)) server_->flush_later(self());  // all that a stream gets in one turn of the loop leaves in one write
}

void Connection::flush_now() {
  flush_due_ = false;
  if (!writing_ && !out_.empty() && state_ != State::done) flush();
}

void Connection::flush() {
  error_code e;
  while (!out_.empty()) {
    std::array<asio::const_buffer, kPieces> buffers;
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
  if (state_ != State::reading) server_->wheel.set(*this, server_->options.write_timeout_ms);
  socket_.async_wait(tcp::socket::wait_write, [c = self()](error_code error) {
    c->writing_ = false;
    if (!error && c->state_ != State::done) c->flush();
  });
  if (state_ != State::streaming) server_->hold(*this, out_bytes_);  // a stream's frames are shared, and its hub keeps to bounds
}

void Connection::flushed() {
  std::vector<Shared>().swap(out_);
  out_sent_ = 0, out_bytes_ = 0;
  if (!parser_) server_->hold(*this, 0);
  if (close_after_ && linger_) return linger();
  if (close_after_) return close();
  if (state_ == State::streaming) deadline = 0;
  if (state_ != State::idle) return;
  server_->wheel.set(*this, server_->options.keep_alive_ms);
  if (!extra_) return wait_readable();
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
    ++server_->counted.slow_requests;
    keep_ = false;
    return answer_error(503, "unavailable", "the request took too long to arrive", true);
  }
  server_->counted.slow_readers += !out_.empty();
  close();
}

void Connection::close_if_idle() {
  keep_ = false;
  if (state_ != State::idle) return;
  if (!out_.empty()) close_after_ = true;
  else if (!extra_) close();
}

void Connection::close() {
  if (std::exchange(state_, State::done) == State::done) return;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  out_.clear(), out_bytes_ = 0;
  deadline = 0;
  server_->hold(*this, 0);
  if (auto f = std::exchange(on_close_, nullptr)) server_->loop.post(std::move(f));
}

}  // namespace fechatter::kit
