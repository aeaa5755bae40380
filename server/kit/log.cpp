#include "server/kit/log.hpp"
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include "sdk/core/text/utf8.hpp"

namespace fechatter::kit {
namespace {
// Nothing that ends a line, moves a terminal's cursor or breaks the JSON around it.
std::string harmless(std::string_view text, bool json) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const auto& [c, offset, size] : text::CodePoints(text)) {
    const auto value = static_cast<unsigned>(c);
    if (json && (c == '"' || c == '\\')) (out += '\\') += static_cast<char>(c);
    else if (value < 0x20 || (value >= 0x7f && value < 0xa0)) ((out += json ? "\\u00" : "\\x") += hex[value >> 4]) += hex[value & 15];
    else text::append(out, c);
  }
  return out;
}
class SpdLog : public Log {
 public:
  SpdLog(const std::string& level, bool json) : json_(json), logger_("fechatterd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(spdlog::level::from_str(level));
    logger_.set_pattern(json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::trace);
  }
  void write(Level level, std::string_view component, std::string_view message) override {
    static constexpr spdlog::level::level_enum levels[] = {spdlog::level::trace, spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                           spdlog::level::err};
    const auto l = levels[static_cast<std::size_t>(level)];
    if (!logger_.should_log(l)) return;
    const std::string text = harmless(message, json_), from = harmless(component, json_);
    if (!json_) return logger_.log(l, "[{}] {}", from, text);
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    logger_.log(l, "{{\"ms\":{},\"level\":\"{}\",\"component\":\"{}\",\"message\":\"{}\"}}", now, spdlog::level::to_string_view(l), from, text);
  }

 private:
  bool json_;
  spdlog::logger logger_;
};
}  // namespace

std::unique_ptr<Log> make_log(const Config& c) { return std::make_unique<SpdLog>(c.log_level == "warn" ? "warning" : c.log_level, c.log_format == "json"); }

}  // namespace fechatter::kit
