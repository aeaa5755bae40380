// A fuzz target is a function over bytes that ends the process where a property does not hold. In the preset `fuzz` libFuzzer calls it,
// one program a target; in the tests one program calls all of them with what is in corpus/.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fechatter::fuzz {

using Target = void (*)(std::string_view);
/// The targets of this program, newest first.
struct Registered {
  Registered(const char* n, Target t) : name(n), run(t), next(first) { first = this; }
  const char* name;
  Target run;
  Registered* next;
  static inline Registered* first = nullptr;
};

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

/// Takes an input apart from its front. Past the end everything is zero and empty, so that any bytes are a whole input.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  bool coin() { return byte() & 1; }
  /// 0 … n - 1; precondition: 0 < n <= 256.
  std::size_t below(std::size_t n) { return byte() % n; }
  std::uint32_t word() {
    std::uint32_t n = 0;
    for (int i = 0; i < 4; ++i) n = n << 8 | byte();
    return n;
  }
  /// Mostly small ones, and those at which arithmetic goes wrong.
  std::int64_t number() {
    const std::uint8_t b = byte();
    if (b < 200) return b;
    if (b < 240) return static_cast<std::int64_t>(word());
    const auto big = static_cast<std::int64_t>(static_cast<std::uint64_t>(word()) << 32 | word());
    return b < 250 ? big : b < 253 ? INT64_MAX - (big & 3) : INT64_MIN + (big & 3);
  }
  std::string_view bytes(std::size_t n) {
    const auto part = rest_.substr(0, n);
    rest_.remove_prefix(part.size());
    return part;
  }
  /// A length in one byte, then so many.
  std::string_view text() { return bytes(byte()); }
  std::string_view rest() { return bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace fechatter::fuzz

#define FUZZ_TARGET(name)                                              \
  static void name(std::string_view);                                  \
  static ::fechatter::fuzz::Registered registered_##name{#name, name}; \
  static void name(std::string_view bytes)
// A macro because the report names the condition and its line.
#define HOLDS(...) ((__VA_ARGS__) ? void() : ::fechatter::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__))
