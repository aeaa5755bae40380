#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"
#include "server/fechatterd/operations/irc_import.hpp"

namespace fechatter {
namespace {
// A directory stands for its files *.txt and *.log.
Result<std::vector<std::string>> spread(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  std::error_code e;
  for (const std::string& path : given) {
    if (!std::filesystem::is_directory(path, e)) {
      files.push_back(path);
      continue;
    }
    std::error_code none;  // of one entry, such as a link to nowhere
    for (std::filesystem::directory_iterator entry(path, e), end; !e && entry != end; entry.increment(e))
      if (const auto kind = entry->path().extension(); (kind == ".txt" || kind == ".log") && entry->is_regular_file(none))
        files.push_back(entry->path().string());
    if (e) return Error{Code::unavailable, "cannot read " + path + ": " + e.message(), {}};
  }
  return files;
}

int run_import(const DataDirectory& directory, ImportOptions o) {
  SystemFiles files;
  SystemClock clock;
  SystemRandom random;
  StderrLog log;
  IdSource ids(clock, random);
  auto spread_out = spread(o.files);
  if (!spread_out) return fail(spread_out.error());
  o.files = std::move(*spread_out);
  if (o.files.empty()) return usage("FILE: there are no logs (*.txt, *.log) in that directory");
  auto done = import_irc(files, ids, log, directory, o, [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  if (!done) return done.error().code == Code::invalid_argument ? usage(done.error().message) : fail(done.error());
  std::printf("#%s: %s added, %lld were there already; %s, %s new\n", o.channel.c_str(), counted(done->posted, "message", "messages").c_str(),
              static_cast<long long>(done->known), counted(static_cast<std::int64_t>(o.files.size()), "file", "files").c_str(),
              counted(done->people, "person", "people").c_str());
  std::printf("lines: %lld status, %lld bad, %lld with broken UTF-8 repaired\n", static_cast<long long>(done->status), static_cast<long long>(done->bad),
              static_cast<long long>(done->repaired));
  if (done->late > 0)
    std::printf("times: %s older than what stands before them in the channel, and got its time\n", counted(done->late, "message is", "messages are").c_str());
  return 0;
}
}  // namespace

Command add_import(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("import", "Brings messages from elsewhere into a channel; no server may run there");
  command->require_subcommand(1);
  auto* irc = command->add_subcommand("irc", "Logs of IRC: [HH:MM] <nick> text. Run again, it adds what is missing and nothing else");
  auto o = std::make_shared<ImportOptions>();
  irc->add_option("files", o->files, "logs named after their day (…YYYY-MM-DD.txt, times in UTC), or directories of such; taken day by day")
      ->required()
      ->type_name("FILE")
      ->check(CLI::ExistingPath);
  irc->add_option("--channel", o->channel, "the channel's name; it is made if this command has not made it before")
      ->required()
      ->type_name("NAME")
      ->check(not_empty);
  irc->add_option("--workspace", o->workspace, "name or id; the only one by default")->type_name("NAME")->check(not_empty);
  irc->add_option("--owner", o->owner, "address of the owner of the workspace who gets the channel; the first one by default")
      ->type_name("EMAIL")
      ->check(not_empty);
  add_places(*irc, given);
  return {command, [&given, o] { return in_directory(given, [o](const DataDirectory& d) { return run_import(d, *o); }); }};
}

}  // namespace fechatter
