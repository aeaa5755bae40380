// One HTTP connection. Included by .cpp files of the kit only.
#pragma once
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <span>
#include "server/kit/net.hpp"

namespace fechatter::kit {

/// Requests one after the other; while idle it is a socket that waits for readability.
class Connection : public Expiring {
 public:
  Connection(Socket socket, Server::Impl& server);
  ~Connection() override;
  void begin();
  void refuse();  ///< too many of them: says so and closes
  void expired() override;
  void close_if_idle();
  void flush_now();  ///< what queued for the end of the turn
  void close();

  std::uint64_t transfer = 0;  ///< of Server::Impl::transfers; 0: no message is half way

 private:
  friend class HttpReply;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class State { idle, reading, handling, streaming, done };

  std::shared_ptr<Connection> self() { return std::static_pointer_cast<Connection>(shared_from_this()); }
  void wait_readable();
  void readable();
  void check_peer();
  void feed(const char*, std::size_t);
  void fail(error_code);
  void dispatch();
  void answer(int status, const Headers&, std::string_view body, bool keep);
  void answer_error(int status, std::string_view code, std::string_view message, bool retryable = false);
  void queue(Shared);
  void flush();
  void flushed();
  void linger();

  Socket socket_;
  Server::Impl* server_;           // outlives every connection
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<std::string> extra_;  // bytes that the parser has yet to take; null: none
  std::vector<Shared> out_;
  std::size_t out_bytes_ = 0, out_sent_ = 0;  // sent of the first
  State state_ = State::idle;
  bool flush_due_ = false;
  bool writing_ = false, waiting_ = false, keep_ = true, close_after_ = false, head_ = false, linger_ = false;
  std::uint64_t request_id_ = 0;   // 0: none was given yet
  std::function<void()> on_close_;
};

/// Of answers in the API's error form.
extern const Headers kErrorHeaders;
/// Status line and headers; `length`: of the body, none for a stream.
std::string head_text(int status, const Headers&, std::optional<std::size_t> length, bool keep, std::uint64_t request_id);
/// The whole answer to one connection too many.
std::string too_many_text(std::uint64_t request_id);
/// As it is shown: 16 digits.
std::string request_id_text(std::uint64_t);

class HttpReply : public Reply {
 public:
  explicit HttpReply(std::shared_ptr<Connection> c) : c_(std::move(c)) {}
  ~HttpReply() override;
  void send(int status, Headers, std::string body) override;
  void start(int status, Headers) override;
  void write(const Shared&) override;
  void close() override;
  std::size_t pending_bytes() const override { return c_->out_bytes_; }
  std::size_t pending_frames() const override { return c_->out_.size(); }
  void on_close(std::function<void()>) override;
  std::shared_ptr<WsChannel> upgrade_websocket(std::string subprotocol) override;
  std::unique_ptr<Request> handshake;  ///< kept until the answer when the request asks for an upgrade; without its body

 private:
  std::shared_ptr<Connection> c_;
  bool answered_ = false, started_ = false;
};

}  // namespace fechatter::kit
