// fechatter: the terminal client.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include "arguments.hpp"
#include "text.hpp"

namespace {
std::string from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}
std::string default_home() {
  if (auto home = from_environment("FECHATTER_HOME"); !home.empty()) return home;
  return from_environment("HOME") + "/.local/share/fechatter";
}
}  // namespace

int main(int argc, char** argv) {
  using namespace terminal;
  std::setlocale(LC_ALL, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");  // a machine that names no locale shows text all the same
  const Arguments a = parse_arguments(argc, argv, {from_environment("FECHATTER_SERVER"), default_home(), {}, false, 5});
  if (a.exit) {
    if (*a.exit == kDone) std::fputs(a.message.c_str(), stdout);
    else complain(a.message);
    return *a.exit;
  }
  App app(a.settings);
  if (!app.open()) return kRefused;
  if (a.command.empty()) return run_screen(app);
  return find_command(a.command)(app, a.words);
}
