// What every command of fechatterd has: its options, and what it does with them. Logic is in operations/; commands print.
#pragma once
#include <functional>
#include <string>
#include <vector>
#include "server/fechatterd/data_directory.hpp"
#include "server/kit/config.hpp"

namespace CLI {
class App;
}

namespace fechatter {

/// What stands before or behind every command.
struct Invocation {
  std::string config_file, data, listen, roles;
};
struct Command {
  CLI::App* app;
  std::function<int()> run;  ///< the exit status: 0, or 1 with one line on standard error; 2: an argument or the configuration is wrong
};
/// What an option's text must be, for CLI::Option::check; the answer is what is wrong with it, if anything.
std::string not_empty(const std::string&);
std::string regular_file(const std::string& path);
/// --config and --data.
void add_places(CLI::App&, Invocation&);
/// All of them; `Invocation` outlives them.
std::vector<Command> add_commands(CLI::App&, Invocation&);

/// Defaults, file, environment and the command line, checked.
Result<kit::Config> configuration(const Invocation&);
/// One line, and 2.
int usage(const std::string& what);
/// One line, and 1.
int fail(const Error&);
/// Runs with the data directory that the configuration names.
int in_directory(const Invocation&, const std::function<int(const DataDirectory&)>&);
/// "1 message", "2 messages".
std::string counted(std::int64_t n, const char* one, const char* many);

Command add_check_config(CLI::App&, Invocation&);
Command add_migrate(CLI::App&, Invocation&);
Command add_backup(CLI::App&, Invocation&);
Command add_restore(CLI::App&, Invocation&);
Command add_verify(CLI::App&, Invocation&);
Command add_export(CLI::App&, Invocation&);
Command add_import(CLI::App&, Invocation&);

}  // namespace fechatter
