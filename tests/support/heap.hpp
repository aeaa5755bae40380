// How much of the heap is in use: for tests of what is kept.
#pragma once
#include <malloc.h>
#include <cstddef>

extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace fechatter {

/// Of the whole process, in bytes; what other threads do meanwhile is in it, too.
inline std::size_t heap_bytes() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  const auto all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
}

}  // namespace fechatter
