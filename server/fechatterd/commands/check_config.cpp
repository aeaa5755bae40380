#include <CLI/CLI.hpp>
#include <cstdio>
#include "sdk/service/accounts/crypto.hpp"
#include "server/fechatterd/commands/command.hpp"

namespace fechatter {
namespace {
int check_config(const Invocation& given, bool print) {
  auto config = configuration(given);
  if (!config) return usage(config.error().message);
  if (const std::string& pem = config->signing_key.value; !pem.empty() && !EcKey::from_pem(pem)) return usage("auth.signing_key: is not a P-256 key in PEM");
  std::printf("%s", print ? kit::to_toml(*config).c_str() : "ok\n");
  return 0;
}
}  // namespace

Command add_check_config(CLI::App& app, Invocation& given) {
  auto* command = app.add_subcommand("check-config", "Reads the configuration as serving would, and says whether it is right");
  auto print = std::make_shared<bool>(false);
  command->add_flag("--print", *print, "print every key with its value; secrets are masked");
  return {command, [&given, print] { return check_config(given, *print); }};
}

}  // namespace fechatter
