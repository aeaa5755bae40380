// fechatter: the terminal client.
#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdlib>
#include "commands.hpp"
#include "fechatter/version.hpp"

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
  CLI::App cli("The Fechatter terminal client. Without a command: full screen. Broken UTF-8 in what is sent becomes U+FFFD.", "fechatter");
  Settings s{from_environment("FECHATTER_SERVER"), default_home(), {}, false, 5};
  Words w;
  cli.set_version_flag("--version", std::string(fechatter::kVersion));
  cli.add_option("--server", s.server, "URL; http://127.0.0.1:8080, or what this home used last")->type_name("URL")->take_last();
  cli.add_option("--home", s.home, "directory of session, outbox and cache")->type_name("DIR")->take_last();
  cli.add_option("--password-file", s.password_file, "its first line; or FECHATTER_PASSWORD, or a prompt");
  cli.add_option("--timeout", s.timeout_s, "seconds to wait for the network")->check(CLI::Range(0, 3600))->take_last();
  cli.add_flag("--json", s.json, "one object a line on standard output");
  const auto add = [&](const char* name, const char* help) { return cli.add_subcommand(name, help)->fallthrough(); };
  const auto chat = [&](CLI::App* c) {
    c->add_option("CHAT", w.chat, "an id, a channel's or a person's name")->required();
    return c;
  };
  auto* signup = add("signup", "make an account");
  signup->add_option("EMAIL", w.email)->required();
  signup->add_option("NAME", w.name)->required();
  auto* workspace = signup->add_option("--workspace", w.workspace, "and a workspace of that name");
  signup->add_option("--invite", w.invite, "and join by this code")->excludes(workspace);
  add("login", "sign in")->add_option("EMAIL", w.email)->required();
  add("logout", "end the session"), add("whoami", "who is signed in"), add("invite", "a code that lets others join");
  add("chats", "my chats, newest activity first"), add("sync", "catch up and send what waits"), add("status", "connection and queue");
  auto* create = add("new", "make a chat");
  create->add_option("KIND", w.kind, "direct, group, private_channel or public_channel")->required();
  create->add_option("NAME", w.name)->required();
  create->add_option("MEMBER", w.members, "names or ids");
  chat(add("join", "join a public channel")), chat(add("leave", "leave a chat"));
  chat(add("send", "send a message; - sends each line of standard input"))->add_option("TEXT", w.text)->required();
  add("tail", "print messages as they come")->add_option("CHAT", w.chat);
  auto* history = chat(add("history", "print messages"));
  history->add_option("--before", w.before, "only below this seq"), history->add_option("--limit", w.limit)->check(CLI::Range(1, 200));
  add("search", "search; from: in: before: after: has: \"phrase\" -not")->add_option("QUERY", w.query)->required();
  auto* react = add("react", "put an emoji on a message");
  react->add_option("MESSAGE", w.message)->required(), react->add_option("EMOJI", w.emoji)->required(), react->add_flag("--off", w.off, "take it away");
  auto* edit = add("edit", "change a message");
  edit->add_option("MESSAGE", w.message)->required(), edit->add_option("TEXT", w.text)->required();
  add("rm", "delete a message")->add_option("MESSAGE", w.message)->required();
  add("retry", "send a refused message again")->add_option("MESSAGE", w.message)->required();
  add("discard", "forget a refused message")->add_option("MESSAGE", w.message)->required();
  chat(add("read", "mark as read"))->add_option("SEQ", w.seq);
  cli.require_subcommand(0, 1);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return cli.exit(e);
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "fechatter: %s\n", e.what());
    return kUsage;
  }
  App app(s);
  if (!app.open()) return kRefused;
  if (cli.get_subcommands().empty()) return run_screen(app);
  return find_command(cli.get_subcommands()[0]->get_name())(app, w);
}
