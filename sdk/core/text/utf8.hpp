// UTF-8 that may be broken: everything here is total and never reads past the end.
#pragma once
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include "sdk/core/text/characters.hpp"

namespace fechatter::text {

constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacement;
  std::uint8_t size = 1;  ///< bytes it takes, 1 to 4
  bool valid = false;     ///< false: these bytes are a maximal invalid subpart, and value is U+FFFD
};

/// The code point at byte `at`; precondition: at < bytes.size().
CodePoint decode(std::string_view bytes, std::size_t at) noexcept;
/// The code point that ends before byte `at`, U+0000 at the start. For looking back across a border, not for iterating.
char32_t before(std::string_view bytes, std::size_t at) noexcept;
/// Appends UTF-8; what no text may hold (surrogates, above U+10FFFF) becomes U+FFFD.
void append(std::string& out, char32_t c);

/// for (auto [value, offset, size] : CodePoints(text)). Borrows the text.
class CodePoints {
 public:
  struct Item {
    char32_t value = 0;
    std::size_t offset = 0;
    std::uint8_t size = 0;
  };
  class Iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(std::string_view bytes, std::size_t at) noexcept : bytes_(bytes), at_(at) { read(); }
    Item operator*() const noexcept { return {now_.value, at_, now_.size}; }
    Iterator& operator++() noexcept {
      at_ += now_.size;
      read();
      return *this;
    }
    Iterator operator++(int) noexcept {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    void read() noexcept {
      if (at_ < bytes_.size()) now_ = decode(bytes_, at_);
    }
    std::string_view bytes_;
    std::size_t at_ = 0;
    CodePoint now_;
  };

  explicit CodePoints(std::string_view bytes) noexcept : bytes_(bytes) {}
  Iterator begin() const noexcept { return {bytes_, 0}; }
  Iterator end() const noexcept { return {bytes_, bytes_.size()}; }

 private:
  std::string_view bytes_;
};

bool is_valid(std::string_view bytes) noexcept;
/// Each maximal invalid subpart becomes U+FFFD (the practice of Unicode §3.9, and of browsers); U+0000 is removed.
std::string repair(std::string_view bytes);
/// fold() of every code point; for comparing names. Broken bytes become U+FFFD.
std::string fold(std::string_view text);
/// The longest start of `text` that has at most `bytes` bytes and ends between two code points.
std::string_view truncate(std::string_view text, std::size_t bytes) noexcept;

}  // namespace fechatter::text
