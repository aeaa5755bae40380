#include <CLI/CLI.hpp>
#include <cstdio>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"
#include "server/fechatterd/operations/migration.hpp"

namespace fechatter {
namespace {
int run_migrate(const DataDirectory& directory, bool dry) {
  SystemFiles files;
  auto done = migrate_database(files, directory, dry);
  if (!done) return fail(done.error());
  if (done->from == done->to) std::printf("schema version %lld, nothing to do\n", static_cast<long long>(done->to));
  else
    std::printf("%s from schema version %lld to %lld\n", dry ? "would migrate" : "migrated", static_cast<long long>(done->from),
                static_cast<long long>(done->to));
  return 0;
}
}  // namespace

Command add_migrate(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("migrate", "Brings the database to this version's schema; starting the server does the same");
  auto dry = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry, "only say what would be done");
  return {command, [&given, dry] { return in_directory(given, [dry](const DataDirectory& d) { return run_migrate(d, *dry); }); }};
}

}  // namespace fechatter
