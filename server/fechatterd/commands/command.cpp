#include "server/fechatterd/commands/command.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

namespace fechatter {
namespace {
// On one line, whatever is in it.
void say(const std::string& what) {
  std::string line = what;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  std::fprintf(stderr, "fechatterd: %s\n", line.c_str());
}
}  // namespace

// An empty text would be taken for an option that was not given: by scripts whose variable is not set.
std::string not_empty(const std::string& text) { return text.empty() ? "must not be empty" : ""; }
std::string regular_file(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none) ? "" : "is no regular file: " + path;
}

void add_places(CLI::App& app, Invocation& given) {
  app.add_option("--config", given.config_file, "TOML file; see docs/operations.md")->type_name("FILE")->check(not_empty);
  app.add_option("--data", given.data, "directory of the database and the keys")->type_name("DIR")->check(not_empty);
}

std::vector<Command> add_commands(CLI::App& app, Invocation& given) {
  std::vector<Command> commands;
  for (const auto add : {add_check_config, add_migrate, add_backup, add_restore, add_verify, add_export, add_import}) {
    commands.push_back(add(app, given));
    add_places(*commands.back().app, given);
  }
  return commands;
}

Result<kit::Config> configuration(const Invocation& given) {
  auto config = kit::load_config(given.config_file);
  if (!config) return config;
  if (!given.data.empty()) config->data = given.data;
  if (!given.roles.empty()) config->roles = given.roles;
  if (!given.listen.empty()) config->listen = given.listen;
  if (auto valid = kit::check(*config); !valid) return valid.error();
  return config;
}

int usage(const std::string& what) { return say(what), 2; }
int fail(const Error& error) { return say(error.message), 1; }

int in_directory(const Invocation& given, const std::function<int(const DataDirectory&)>& run) {
  auto config = configuration(given);
  return config ? run({config->data}) : usage(config.error().message);
}

std::string counted(std::int64_t n, const char* one, const char* many) { return std::to_string(n) + ' ' + (n == 1 ? one : many); }

}  // namespace fechatter
