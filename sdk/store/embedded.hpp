// The .sql files of this folder, as the build embeds them, sorted by name.
#pragma once
#include <span>
#include <string_view>

namespace fechatter {
struct EmbeddedSql {
  std::string_view name, text;
};
std::span<const EmbeddedSql> embedded_files();
}  // namespace fechatter
