// A row's primary key as bytes: equal keys have equal bytes, and those of one row type sort in one order everywhere.
#pragma once
#include "sdk/describe/describe.hpp"

namespace fechatter {

/// The key fields in order: ids 16 bytes, texts a 4-byte big-endian length and the bytes, others integers of 8 bytes, big-endian.
using RowKey = std::string;
RowKey row_key(const Type& row, const void* value);

inline void key_part(RowKey& key, std::int64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(static_cast<std::uint64_t>(n) >> shift & 0xff);
}
inline void key_part(RowKey& key, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(text.size() >> shift & 0xff);
  key += text;
}
template <class Tag> void key_part(RowKey& key, const Id<Tag>& id) { key.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()); }

template <class... P> RowKey make_key(const P&... parts) {
  RowKey key;
  (key_part(key, parts), ...);
  return key;
}

}  // namespace fechatter
