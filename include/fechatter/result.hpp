#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fechatter {

/// Why something failed: the codes of errors.def, which are also those of the HTTP API. Match on the code, show the message.
enum class Code : std::uint8_t {
#define FECHATTER_ERROR(name, number, status, retryable) name = number,
#include "fechatter/errors.def"
#undef FECHATTER_ERROR
};

/// "invalid_argument" and so on.
constexpr std::string_view code_name(Code code) noexcept {
  switch (code) {
#define FECHATTER_ERROR(name, number, status, retryable) \
  case Code::name: return #name;
#include "fechatter/errors.def"
#undef FECHATTER_ERROR
  }
  return "internal";
}
/// The code of that name; nullopt for a name this version does not know.
constexpr std::optional<Code> code_named(std::string_view name) noexcept {
#define FECHATTER_ERROR(name_, number, status, retryable) \
  if (name == #name_) return Code::name_;
#include "fechatter/errors.def"
#undef FECHATTER_ERROR
  return std::nullopt;
}
/// The HTTP status of a code; 0 where it never crosses the wire.
constexpr int code_status(Code code) noexcept {
  switch (code) {
#define FECHATTER_ERROR(name, number, status, retryable) \
  case Code::name: return status;
#include "fechatter/errors.def"
#undef FECHATTER_ERROR
  }
  return 500;
}
/// True where the same request may succeed later.
constexpr bool code_retryable(Code code) noexcept {
  switch (code) {
#define FECHATTER_ERROR(name, number, status, retryable) \
  case Code::name: return retryable;
#include "fechatter/errors.def"
#undef FECHATTER_ERROR
  }
  return false;
}

/// A failure as a value.
struct Error {
  Code code = Code::internal;
  std::string message;         ///< English, one line, for logs and developers
  std::string field{};         ///< the offending field of the request, where there is one
  int retry_after_ms = 0;      ///< > 0: not sooner than that
  bool retryable() const noexcept { return code_retryable(code); }
};

/// A value or an error. Never empty. Ignoring one is a compiler warning.
template <class T> class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const noexcept { return state_.index() == 0; }
  /// Precondition of these: bool(*this).
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }  ///< precondition: !bool(*this)

 private:
  std::variant<T, Error> state_;
};

/// Result<Done>: success without a value.
struct Done {};

}  // namespace fechatter
