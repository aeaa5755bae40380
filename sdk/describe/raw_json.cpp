#include "sdk/describe/raw_json.hpp"
#include <cmath>
#include "sdk/describe/json.hpp"

namespace fechatter {
namespace {
// jsonb refuses it, like a number without measure, and with it the whole batch.
constexpr std::string_view kNoZero = "must not contain U+0000";
constexpr std::size_t kMaxNumberText = 400;
}  // namespace

void RawJson::begin(std::string& out, std::size_t max_bytes) {
  out.clear();
  out_ = &out, max_ = max_bytes, depth_ = 0;
}

std::string RawJson::scalar(std::string_view text) {
  separate();
  *out_ += text;
  return done();
}
std::string RawJson::number(double value, std::string_view text) {
  const auto mantissa = text.substr(0, text.find_first_of("eE"));
  if (mantissa.find_first_of("123456789") == mantissa.npos) return scalar("0");  // whatever its exponent
  if (text.size() > kMaxNumberText || !std::isfinite(value) || value == 0) return "is out of range";
  return scalar(text);
}
std::string RawJson::string(std::string_view text) {
  if (text.find('\0') != text.npos) return std::string(kNoZero);
  separate();
  write_string(text, *out_);
  return done();
}
std::string RawJson::open(char bracket) {
  separate();
  *out_ += bracket;
  ++depth_;
  return done();
}
std::string RawJson::close(char bracket) {
  *out_ += bracket;
  --depth_;
  return done();
}
std::string RawJson::key(std::string_view text) {
  if (text.find('\0') != text.npos) return std::string(kNoZero);
  separate();
  write_string(text, *out_);
  *out_ += ':';
  return done();
}

// A comma, unless this is the first of its object or array, or the value of a key. A text that ends in such a byte ends in its quote.
void RawJson::separate() {
  if (out_->empty()) return;
  const char last = out_->back();
  if (last != '[' && last != '{' && last != ':') *out_ += ',';
}
std::string RawJson::done() {
  if (out_->size() > max_) return "is longer than " + std::to_string(max_) + " bytes";
  if (depth_ == 0) out_ = nullptr;
  return {};
}

}  // namespace fechatter
