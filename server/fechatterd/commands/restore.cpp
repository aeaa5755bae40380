#include "server/fechatterd/operations/restore.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"

namespace fechatter {
namespace {
struct Options {
  std::string backup;
  bool force = false;
};
int run_restore(const DataDirectory& directory, const Options& o) {
  SystemFiles files;
  SystemClock clock;
  SystemRandom random;
  IdSource ids(clock, random);
  auto restored = restore(files, ids, o.backup, directory, o.force);
  if (!restored) return fail(restored.error());
  std::printf("%s: position %lld, %s; the history is now %s, and every client starts over\n", directory.path.c_str(),
              static_cast<long long>(restored->position), counted(static_cast<std::int64_t>(restored->keys), "key", "keys").c_str(),
              restored->epoch.str().c_str());
  return 0;
}
}  // namespace

Command add_restore(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("restore", "Makes a data directory of a backup; no server may run there");
  auto o = std::make_shared<Options>();
  command->add_option("backup", o->backup, "what `fechatterd backup` has made")->required()->type_name("BACKUP")->check(CLI::ExistingFile)->check(regular_file);
  command->add_flag("--force", o->force, "replace what is in the directory");
  return {command, [&given, o] { return in_directory(given, [o](const DataDirectory& d) { return run_restore(d, *o); }); }};
}

}  // namespace fechatter
