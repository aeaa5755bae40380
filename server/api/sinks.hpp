// The hub's sinks over a connection: Server-Sent Events and WebSocket.
#pragma once
#include "sdk/service/live/hub.hpp"
#include "server/kit/http.hpp"

namespace fechatter {

class SseSink : public Sink {
 public:
  explicit SseSink(std::shared_ptr<kit::Reply> reply) : reply_(std::move(reply)) {}
  bool send(const SharedText& frame) override {
    if (!reply_) return false;
    reply_->write(frame);
    return true;
  }
  std::size_t pending_bytes() const override { return reply_ ? reply_->pending_bytes() : 0; }
  std::size_t pending_frames() const override { return reply_ ? reply_->pending_frames() : 0; }
  void close() override {
    if (const auto reply = std::exchange(reply_, nullptr)) reply->close();
  }
  Format format() const override { return Format::sse; }
  void gone() { reply_.reset(); }

 private:
  std::shared_ptr<kit::Reply> reply_;  // null once nothing more is sent
};

class WebSocketSink : public Sink {
 public:
  explicit WebSocketSink(std::shared_ptr<kit::WsChannel> channel) : channel_(std::move(channel)) {}
  bool send(const SharedText& frame) override {
    if (closed_) return false;
    channel_->send(frame);
    return true;
  }
  std::size_t pending_bytes() const override { return channel_->pending_bytes(); }
  std::size_t pending_frames() const override { return channel_->pending_frames(); }
  void close() override { closed_ = true, channel_->close(1001, "closing"); }
  Format format() const override { return Format::json; }
  void gone() { closed_ = true; }

 private:
  std::shared_ptr<kit::WsChannel> channel_;
  bool closed_ = false;
};

}  // namespace fechatter
