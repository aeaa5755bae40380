#include "sdk/store/migrate.hpp"
#include "sdk/store/embedded.hpp"

namespace fechatter {
namespace {
// "server/0001_rows": its number, when it belongs to the folder.
std::int64_t number_of(std::string_view name, std::string_view folder) {
  if (name.size() < folder.size() + 5 || name.substr(0, folder.size()) != folder || name[folder.size()] != '/') return 0;
  std::int64_t n = 0;
  for (const char c : name.substr(folder.size() + 1, 4)) n = n * 10 + (c - '0');
  return n;
}
}  // namespace

std::string_view embedded_sql(std::string_view name) {
  for (const EmbeddedSql& file : embedded_files())
    if (file.name == name) return file.text;
  return {};
}

std::int64_t newest_version(std::string_view folder) {
  std::int64_t newest = 0;
  for (const EmbeddedSql& file : embedded_files()) newest = std::max(newest, number_of(file.name, folder));
  return newest;
}

std::optional<Error> refuse_newer(std::int64_t version, std::string_view folder) {
  if (version <= newest_version(folder)) return std::nullopt;
  return Error{Code::corrupt, "the database is of a newer version (" + std::to_string(version) + ")", {}};
}

Result<Done> migrate(Database& db, std::string_view folder) {
  const std::int64_t have = db.version();
  if (auto refused = refuse_newer(have, folder)) return *refused;
  for (const EmbeddedSql& file : embedded_files()) {  // sorted by name
    const std::int64_t n = number_of(file.name, folder);
    if (n <= have) continue;
    auto t = Transaction::begin(db);
    if (!t) return t.error();
    if (auto done = db.run(file.text); !done) return Error{done.error().code, std::string(file.name) + ": " + done.error().message, {}};
    if (auto done = db.run("pragma user_version=" + std::to_string(n)); !done) return done.error();
    if (auto done = t->commit(); !done) return done.error();
  }
  return Done{};
}

}  // namespace fechatter
