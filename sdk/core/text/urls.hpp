// Where URLs of a message end.
#pragma once
#include <cstddef>
#include <string_view>

namespace fechatter::text {

constexpr std::size_t kMaxTargetBytes = 2048;  ///< of "(url)": a longer one is text, so that many open ones cost little

/// The end of an http:// or https:// URL that begins at `at`, 0 if none does. Punctuation behind it is not part of it.
std::size_t bare_url(std::string_view text, std::size_t at);
/// The end of "(url)" at `at`, 0 if there is none or its scheme is not http, https or mailto.
std::size_t link_target(std::string_view text, std::size_t at);

}  // namespace fechatter::text
