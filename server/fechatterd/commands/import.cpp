#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include "sdk/runtime/system.hpp"
#include "server/fechatterd/commands/command.hpp"
#include "server/fechatterd/operations/irc_import.hpp"

namespace fechatter {
namespace {
// A directory stands for its *.txt and *.log, by name.
std::vector<std::string> spread(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& path : given) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.path().extension() == ".txt" || entry.path().extension() == ".log") found.push_back(entry.path().string());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

int run_import(const DataDirectory& directory, ImportOptions o) {
  SystemFiles files;
  SystemClock clock;
  SystemRandom random;
  StderrLog log;
  IdSource ids(clock, random);
  o.files = spread(o.files);
  if (o.files.empty()) return usage("FILE: there are no logs (*.txt, *.log) in that directory");
  auto done = import_irc(files, ids, log, directory, o, [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  if (!done) return done.error().code == Code::invalid_argument ? usage(done.error().message) : fail(done.error());
  std::printf("#%s: %s added, %lld were there already; %s, %s new\n", o.channel.c_str(), counted(done->posted, "message", "messages").c_str(),
              static_cast<long long>(done->known), counted(static_cast<std::int64_t>(o.files.size()), "file", "files").c_str(),
              counted(done->people, "person", "people").c_str());
  std::printf("lines: %lld status, %lld bad, %lld with broken UTF-8 repaired\n", static_cast<long long>(done->status), static_cast<long long>(done->bad),
              static_cast<long long>(done->repaired));
  return 0;
}
}  // namespace

Command add_import(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("import", "Brings messages from elsewhere into a channel; no server may run there");
  command->require_subcommand(1);
  auto* irc = command->add_subcommand("irc", "Logs of IRC: [HH:MM] <nick> text. Run again, it adds what is missing and nothing else");
  auto o = std::make_shared<ImportOptions>();
  irc->add_option("files", o->files, "logs named after their day (…YYYY-MM-DD.txt, times in UTC), or directories of such, in order of time")
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
