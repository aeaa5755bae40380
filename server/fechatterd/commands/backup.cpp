#include "server/fechatterd/operations/backup.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"

namespace fechatter {
namespace {
struct Options {
  std::string to;
  bool force = false;
};
int run_backup(const DataDirectory& directory, const Options& o) {
  SystemFiles files;
  SystemClock clock;
  auto made = back_up(files, clock, directory, o.to, o.force);
  if (!made) return fail(made.error());
  std::printf("%s: position %lld, %s, %s, verified\n", made->file.c_str(), static_cast<long long>(made->position),
              counted(made->report.messages, "message", "messages").c_str(), counted(static_cast<std::int64_t>(made->keys), "key", "keys").c_str());
  if (!made->report.rebuilt) std::printf("of schema version %lld: its rows were not compared with the log\n", static_cast<long long>(made->report.version));
  return 0;
}
}  // namespace

Command add_backup(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("backup", "Copies the database and the keys into one file, also while a server runs");
  auto o = std::make_shared<Options>();
  command->add_option("to", o->to, "file, or directory for one that is named after the time")->required()->type_name("FILE|DIR")->check(not_empty);
  command->add_flag("--force", o->force, "replace the file if it exists");
  return {command, [&given, o] { return in_directory(given, [o](const DataDirectory& d) { return run_backup(d, *o); }); }};
}

}  // namespace fechatter
