#include "server/fechatterd/operations/export.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"
#include "server/fechatterd/operations/partial_file.hpp"

namespace fechatter {
namespace {
struct Options {
  std::string workspace, chat, output;
  bool addresses = false, force = false;
};
struct Close {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

Result<std::int64_t> write_all(const DataDirectory& directory, const ExportOptions& what, std::FILE* out) {
  SystemFiles files;
  SystemClock clock;
  if (auto whole = check_whole(files, directory); !whole) return whole.error();
  if (!files.exists(directory.database())) return Error{Code::not_found, directory.database() + ": no such database", {}};
  auto db = Database::open({directory.database(), {}, Database::Sync::full, true});
  if (!db) return db.error();
  auto lines = export_lines(**db, what, clock.now(), [out](std::string_view line) { return std::fwrite(line.data(), 1, line.size(), out) == line.size(); });
  if (lines && (std::fflush(out) != 0 || std::ferror(out))) return Error{Code::internal, "the export could not be written", {}};
  return lines;
}

// Under its name only when it is complete.
Result<std::int64_t> write_file(const DataDirectory& directory, const ExportOptions& what, const Options& o) {
  auto file = PartialFile::open(directory, o.output, o.force);
  if (!file) return file.error();
  Result<std::int64_t> lines = Error{Code::internal, "cannot write " + (*file)->path(), {}};
  if (const std::unique_ptr<std::FILE, Close> out{std::fopen((*file)->path().c_str(), "we")}) lines = write_all(directory, what, out.get());
  if (!lines) return lines;
  if (auto done = (*file)->finish(); !done) return done.error();
  return lines;
}

int run_export(const DataDirectory& directory, const Options& o) {
  ExportOptions what;
  what.addresses = o.addresses;
  if (!o.workspace.empty() && !(what.workspace = WorkspaceId::parse(o.workspace))) return usage("--workspace: is no id: " + o.workspace);
  if (!o.chat.empty() && !(what.chat = ChatId::parse(o.chat))) return usage("--chat: is no id: " + o.chat);
  auto lines = o.output.empty() ? write_all(directory, what, stdout) : write_file(directory, what, o);
  if (!lines) return fail(lines.error());
  if (!o.output.empty()) std::printf("%s: %s\n", o.output.c_str(), counted(*lines, "line", "lines").c_str());
  return 0;
}
}  // namespace

Command add_export(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("export", "Writes what is in the database as JSON Lines (docs/formats/export.md), also while a server runs");
  auto o = std::make_shared<Options>();
  command->add_option("--workspace", o->workspace, "only this one")->type_name("ID")->check(not_empty);
  command->add_option("--chat", o->chat, "only this one")->type_name("ID")->check(not_empty);
  command->add_option("--output,-o", o->output, "in place of standard output")->type_name("FILE")->check(not_empty);
  command->add_flag("--addresses", o->addresses, "also the addresses that people sign in with");
  command->add_flag("--force", o->force, "replace the file if it exists");
  return {command, [&given, o] { return in_directory(given, [o](const DataDirectory& d) { return run_export(d, *o); }); }};
}

}  // namespace fechatter
