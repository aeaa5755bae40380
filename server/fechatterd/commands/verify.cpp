#include "server/fechatterd/operations/verify.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"

namespace fechatter {
namespace {
void print(const VerifyReport& r) {
  for (const std::string& finding : r.findings) std::printf("%s\n", finding.c_str());
  if (r.more > 0) std::printf("and %lld more\n", static_cast<long long>(r.more));
  if (!r.clean()) return;
  std::printf("ok: position %lld, %s\n", static_cast<long long>(r.positions), counted(r.messages, "message", "messages").c_str());
  if (!r.rebuilt) std::printf("of schema version %lld: its rows were not compared with the log; migrate it first\n", static_cast<long long>(r.version));
}
int run_verify(const std::string& file) {
  SystemFiles files;
  if (!files.exists(file)) return fail({Code::not_found, file + ": no such database"});
  if (!std::filesystem::is_regular_file(file)) return fail({Code::not_found, file + ": is no regular file"});  // reading it might wait, or never end
  auto db = Database::open({file, {}, Database::Sync::full, true});
  auto report = db ? verify(**db) : Result<VerifyReport>(db.error());
  if (!report) return fail({report.error().code, file + ": " + report.error().message});
  print(*report);
  return report->clean() ? 0 : 1;
}
int verify_directory(const DataDirectory& directory) {
  SystemFiles files;
  if (auto whole = check_whole(files, directory); !whole) return fail(whole.error());
  return run_verify(directory.database());
}
}  // namespace

Command add_verify(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("verify", "Compares the database, or a backup, with what its log says; changes nothing");
  auto backup = std::make_shared<std::string>();
  command->add_option("backup", *backup, "a backup, in place of the data directory")->type_name("BACKUP")->check(CLI::ExistingFile)->check(regular_file);
  return {command, [&given, backup] { return backup->empty() ? in_directory(given, verify_directory) : run_verify(*backup); }};
}

}  // namespace fechatter
