#include "sdk/describe/row_key.hpp"

namespace fechatter {

RowKey row_key(const Type& row, const void* value) {
  RowKey key;
  for (const Field& f : row.fields) {
    if (!f.rules.key) continue;
    const char* p = static_cast<const char*>(value) + f.offset;
    if (f.type->kind == Kind::id) key.append(p, 16);
    else if (f.type->kind == Kind::text) key_part(key, std::string_view(*reinterpret_cast<const std::string*>(p)));
    else if (f.type->size == 8) key_part(key, *reinterpret_cast<const std::int64_t*>(p));
    else if (f.type->size == 4) key_part(key, std::int64_t{*reinterpret_cast<const std::int32_t*>(p)});
    else key_part(key, std::int64_t{*reinterpret_cast<const std::uint8_t*>(p)});
  }
  return key;
}

}  // namespace fechatter
