// A client's cache in memory, emptied for every input: making one takes longer than most of what is done to it.
#pragma once
#include "sdk/client/sync/batch.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

namespace fechatter::fuzz {

inline Cache& memory_cache() {
  static const std::unique_ptr<Cache> cache = [] {
    auto opened = Cache::open({":memory:", {}, [](const std::string&) {}});
    HOLDS(opened);
    return std::move(*opened);
  }();
  HOLDS(cache->wipe("owner"));
  return *cache;
}
template <class I> I numbered(std::uint8_t n) {
  I id;
  id.bytes[6] = 0x70, id.bytes[8] = 0x80, id.bytes[15] = n;
  return id;
}

}  // namespace fechatter::fuzz
