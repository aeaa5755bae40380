#include "sdk/protocol/sse.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kMaxFrame = 4 << 20;
}

Result<Done> SseReader::feed(std::string_view bytes, std::vector<SseFrame>& out) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    if (rest_.size() + frame_.data.size() + std::min(end, bytes.size()) > kMaxFrame) return Error{Code::too_large, "a frame of the stream is too large", {}};
    rest_ += bytes.substr(0, end);
    if (end == bytes.npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    line(rest_, out);
    rest_.clear();
  }
  return Done{};
}

void SseReader::line(std::string_view text, std::vector<SseFrame>& out) {
  if (text.empty()) {
    if (has_data_) out.push_back(std::move(frame_));
    frame_ = {}, has_data_ = false;
    return;
  }
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  auto value = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (name == "event") frame_.event = value;
  else if (name == "id") frame_.id = value;
  else if (name == "data") {
    if (std::exchange(has_data_, true)) frame_.data += '\n';
    frame_.data += value;
  }
}

}  // namespace fechatter
