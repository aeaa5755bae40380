// fechatterd: the one server binary. Without a command it serves.
#include <fcntl.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>
#include "fechatter/version.hpp"
#include "server/fechatterd/commands/command.hpp"
#include "server/fechatterd/serve.hpp"

namespace {
using namespace fechatter;

// The number of a closed standard stream would go to a file that is opened later, and what is printed or logged into that. Opened the
// wrong way round: who reads or writes there hears of it as before.
void fill_standard_streams() {
  for (const int stream : {0, 1, 2})
    if (::fcntl(stream, F_GETFD) < 0) (void)::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

int serve_as(const Invocation& given) {
  auto config = configuration(given);
  return config ? serve(*config) : usage(config.error().message);
}
}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  ::umask(0077);  // the database is nobody else's to read, whoever made its directory
  CLI::App app("The Fechatter server. Without a command it serves.", "fechatterd");
  Invocation given;
  add_places(app, given);
  app.add_option("--listen", given.listen, "address and port, 127.0.0.1:8080 by default")->type_name("HOST:PORT")->check(not_empty);
  app.add_option("--roles", given.roles, "which roles to run; only 'all' so far")->check(not_empty);
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(0, 1);
  const auto commands = add_commands(app, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage(e.what());
  }
  for (const Command& command : commands)
    if (command.app->parsed()) return command.run();
  return serve_as(given);
}
