#include "sdk/service/live/frame_text.hpp"

namespace fechatter {
namespace {
constexpr std::string_view kHead = "{\"event\":\"";
}

FrameText::FrameText(std::string_view event, std::string_view id, std::string_view data) {
  std::string text;
  text.reserve(kHead.size() + event.size() + id.size() + data.size() + 24);
  text.append(kHead).append(event).append("\",");
  if (!id.empty()) {
    text += "\"id\":\"";
    id_at_ = static_cast<std::uint32_t>(text.size()), id_size_ = static_cast<std::uint32_t>(id.size());
    text.append(id).append("\",");
  }
  text += "\"data\":";
  event_size_ = static_cast<std::uint32_t>(event.size()), data_at_ = static_cast<std::uint32_t>(text.size());
  text.append(data) += '}';
  json_ = std::make_shared<const std::string>(std::move(text));
}

const SharedText& FrameText::as(Format format) const {
  if (format == Format::json) return json_;
  if (sse_) return sse_;
  const std::string_view all(*json_);
  std::string text;
  text.reserve(all.size() + 16);
  if (id_size_ > 0) text.append("id: ").append(all.substr(id_at_, id_size_)) += '\n';
  text.append("event: ").append(all.substr(kHead.size(), event_size_)).append("\ndata: ").append(data()).append("\n\n");
  sse_ = std::make_shared<const std::string>(std::move(text));
  return sse_;
}

}  // namespace fechatter
