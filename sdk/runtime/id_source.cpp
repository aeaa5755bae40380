#include "sdk/runtime/id_source.hpp"

namespace fechatter {

std::array<std::uint8_t, 16> IdSource::make() {
  std::array<std::uint8_t, 16> id{};
  random_.fill(id.data() + 6, 10);  // once: with the system's it is a call into the kernel
  const std::uint32_t start = static_cast<std::uint32_t>(id[6] << 8 | id[7]) & 1023;
  std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.now().ms;
  if (now > last_ms_) last_ms_ = now, count_ = start;
  else if (++count_ > 0xfff) ++last_ms_, count_ = start;
  for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(last_ms_ >> (8 * (5 - i)));
  id[6] = static_cast<std::uint8_t>(0x70 | count_ >> 8), id[7] = static_cast<std::uint8_t>(count_);
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace fechatter
