// One JSON value of any shape, written again token by token: what comes out is valid, compact and bounded.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace fechatter {

class RawJson {
 public:
  /// Writes the next value to `out`, which must outlive it.
  void begin(std::string& out, std::size_t max_bytes);
  /// Whether a value is begun and not yet whole.
  bool active() const { return out_ != nullptr; }

  // Empty: written; otherwise what is wrong. The depth is the caller's to bound.
  std::string scalar(std::string_view text);  // an integer of 64 bits, true, false, null
  /// Any other number, and what it is as a double: refused where databases and peers could not hold it.
  std::string number(double value, std::string_view text);
  std::string string(std::string_view text);
  std::string open(char bracket);
  std::string close(char bracket);
  std::string key(std::string_view text);

 private:
  void separate();
  std::string done();

  std::string* out_ = nullptr;
  std::size_t max_ = 0, depth_ = 0;
};

}  // namespace fechatter
