// A frame of the live stream as bytes: encoded once, shared by everybody who gets it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fechatter {

/// How a connection writes frames: Server-Sent Events, or the JSON text {event, id?, data} of WebSocket and long poll.
enum class Format : std::uint8_t { sse, json };
using SharedText = std::shared_ptr<const std::string>;

/// The JSON text is made at once; the other form when somebody first asks for it.
class FrameText {
 public:
  /// `data` is one JSON value; an empty `id`: a frame that says nothing of what came before it.
  FrameText(std::string_view event, std::string_view id, std::string_view data);
  const SharedText& as(Format) const;
  std::string_view data() const { return std::string_view(*json_).substr(data_at_, json_->size() - data_at_ - 1); }
  /// Of the JSON text.
  std::size_t size() const { return json_->size(); }

 private:
  SharedText json_;
  mutable SharedText sse_;
  std::uint32_t event_size_ = 0, id_at_ = 0, id_size_ = 0, data_at_ = 0;
};

}  // namespace fechatter
