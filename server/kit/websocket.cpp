// The only unit with a Beast stream.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include "sdk/core/text/utf8.hpp"
#include "server/kit/net.hpp"

namespace fechatter::kit {
namespace beast = boost::beast;
namespace websocket = beast::websocket;
namespace http = beast::http;

namespace {
constexpr std::size_t kMaxMessage = 64 * 1024, kKept = 1024;  // kept: of the memory for messages, while none is there
constexpr std::int64_t kCloseMs = 5000;  // for the peer to answer our close

class Channel : public WsChannel, public Expiring {
 public:
  Channel(Socket socket, Server::Impl& server) : stream_(std::move(socket)), server_(&server) { ++server_->count; }
  ~Channel() override { --server_->count; }

  void accept(const Request& r, std::string subprotocol) {
    http::request<http::empty_body> request(http::verb::get, r.path, 11);
    for (const auto& [name, value] : r.headers) request.insert(name, value);
    auto timeout = websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeout.idle_timeout = std::chrono::seconds(60);
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.set_option(websocket::stream_base::decorator([subprotocol, id = r.request_id](websocket::response_type& answer) {
      answer.set(http::field::server, "fechatter");  // Beast would say which version of itself it is, and cannot be kept from saying something
      answer.set("x-request-id", id), answer.set("x-content-type-options", "nosniff"), answer.set(http::field::cache_control, "no-store");
      if (!subprotocol.empty()) answer.set(http::field::sec_websocket_protocol, subprotocol);
    }));
    stream_.read_message_max(kMaxMessage);
    stream_.auto_fragment(false);
    stream_.async_accept(request, [self = self()](error_code e) {
      if (e) return self->gone();
      self->open_ = true;
      self->stream_.text(true);
      self->read();
      self->write();
    });
  }

  void send(const Shared& text) override {
    if (closing_ || gone_) return;
    bytes_ += text->size();
    queue_.push_back(text);
    if (open_ && !sending_) write();
  }
  void close(std::uint16_t code, std::string_view reason) override {
    if (std::exchange(closing_, true) || gone_) return;
    reason_ = websocket::close_reason(static_cast<websocket::close_code>(code), beast::string_view(reason.data(), std::min<std::size_t>(reason.size(), 120)));
    if (open_ && !sending_) write();
  }
  std::size_t pending_bytes() const override { return bytes_; }
  std::size_t pending_frames() const override { return queue_.size() + (sending_ && !gone_ ? 1 : 0); }
  void on_text(std::function<void(std::string_view)> f) override { on_text_ = std::move(f); }
  void on_close(std::function<void()> f) override {
    if (gone_) return server_->loop.post(std::move(f));
    on_close_ = std::move(f);
  }

  void expired() override {
    server_->counted.slow_readers += !close_sent_;
    gone();
  }

 private:
  /// Of a message whose end has yet to come. Pings in between keep the connection alive, not the message.
  struct Unfinished : Expiring {
    explicit Unfinished(Channel& c) : channel(c) {}
    void expired() override {
      ++channel.server_->counted.slow_requests;
      channel.close(1008, "the message took too long to arrive");
    }
    Channel& channel;  // owns this
  };
  std::shared_ptr<Channel> self() { return std::static_pointer_cast<Channel>(shared_from_this()); }

  void read() {
    stream_.async_read_some(buffer_, 0, [self = self()](error_code e, std::size_t) {
      if (e) return self->gone();
      if (!self->stream_.is_message_done()) return self->read_on();
      self->unfinished_.reset();
      if (!self->stream_.got_text()) return self->close(1003, "texts only");
      const std::string_view said(static_cast<const char*>(self->buffer_.data().data()), self->buffer_.size());
      if (!text::is_valid(said)) return self->close(1007, "no UTF-8");  // Beast overlooks a character that an empty last frame cuts off
      if (self->on_text_) self->on_text_(said);
      self->buffer_.consume(self->buffer_.size());
      if (self->buffer_.capacity() > kKept) self->buffer_.shrink_to_fit();
      self->read();
    });
  }
  void read_on() {
    if (!unfinished_) {
      unfinished_ = std::make_shared<Unfinished>(*this);
      server_->wheel.set(*unfinished_, server_->options.body_timeout_ms);
    }
    read();
  }
  void write() {
    if (queue_.empty()) {
      if (!closing_ || std::exchange(close_sent_, true)) return;
      server_->wheel.set(*this, kCloseMs);
      return stream_.async_close(reason_, [self = self()](error_code) { self->gone(); });
    }
    sending_ = std::move(queue_.front());  // lives until the write ends, whatever becomes of the queue
    queue_.pop_front();
    server_->wheel.set(*this, server_->options.write_timeout_ms);
    stream_.async_write(asio::buffer(*sending_), [self = self()](error_code e, std::size_t) {
      const Shared sent = std::move(self->sending_);
      if (self->gone_) return;
      if (e) return self->gone();
      self->deadline = 0;
      self->bytes_ -= sent->size();
      self->write();
    });
  }
  void gone() {
    if (std::exchange(gone_, true)) return;
    queue_.clear(), bytes_ = 0;
    deadline = 0;
    unfinished_.reset();
    error_code ignored;
    stream_.next_layer().close(ignored);
    if (auto f = std::exchange(on_close_, nullptr)) server_->loop.post(std::move(f));
    on_text_ = nullptr;
  }

  websocket::stream<Socket, false> stream_;
  Server::Impl* server_;
  beast::flat_buffer buffer_;
  std::shared_ptr<Unfinished> unfinished_;  // null: no message is half way
  std::deque<Shared> queue_;
  Shared sending_;  // handed to the stream
  std::size_t bytes_ = 0;
  bool open_ = false, closing_ = false, close_sent_ = false, gone_ = false;
  websocket::close_reason reason_;
  std::function<void(std::string_view)> on_text_;
  std::function<void()> on_close_;
};
}  // namespace

std::shared_ptr<WsChannel> adopt_websocket(Socket socket, const Request& request, std::string subprotocol, Server::Impl& server) {
  auto channel = std::make_shared<Channel>(std::move(socket), server);
  channel->accept(request, std::move(subprotocol));
  return channel;
}

}  // namespace fechatter::kit
