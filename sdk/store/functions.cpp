#include "sdk/store/functions.hpp"
#include <sqlite3.h>
#include <string>
#include "sdk/core/text/utf8.hpp"

namespace fechatter {
namespace {
void fold(sqlite3_context* call, int, sqlite3_value** arguments) {
  const void* bytes = sqlite3_value_text(arguments[0]);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  if (!bytes) return sqlite3_result_null(call);
  const std::string folded = text::fold({static_cast<const char*>(bytes), size});
  sqlite3_result_text(call, folded.data(), static_cast<int>(folded.size()), SQLITE_TRANSIENT);
}
}  // namespace

void add_functions(sqlite3* db) {
  sqlite3_create_function_v2(db, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr, fold, nullptr, nullptr, nullptr);
}

}  // namespace fechatter
