// Server-Sent Events (the WHATWG "event stream" format): bytes in, frames out.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "fechatter/result.hpp"

namespace fechatter {

struct SseFrame {
  std::string event, id, data;
};

/// Total: any bytes in any pieces. A frame above 4 MB is an error, after which the reader is of no use.
class SseReader {
 public:
  /// Appends the frames that these bytes complete. Comments and unknown fields are skipped; a frame without data is none.
  Result<Done> feed(std::string_view bytes, std::vector<SseFrame>& out);

 private:
  void line(std::string_view, std::vector<SseFrame>& out);
  std::string rest_;  // an unfinished line
  SseFrame frame_;
  bool has_data_ = false, after_cr_ = false;
};

}  // namespace fechatter
