#include "arguments.hpp"
#include <CLI/CLI.hpp>
#include <sstream>
#include "fechatter/version.hpp"

namespace terminal {
namespace {

void add_options(CLI::App& cli, Settings& s) {
  cli.set_version_flag("--version", std::string(fechatter::kVersion));
  cli.add_option("--server", s.server, "URL; http://127.0.0.1:8080, or what this home used last")->type_name("URL")->take_last();
  cli.add_option("--home", s.home, "directory of session, outbox and cache")->type_name("DIR")->take_last();
  cli.add_option("--password-file", s.password_file, "its first line; or FECHATTER_PASSWORD, or a prompt");
  cli.add_option("--timeout", s.timeout_s, "seconds to wait for the network")->check(CLI::Range(0, 3600))->take_last();
  cli.add_flag("--json", s.json, "one object a line on standard output");
}
CLI::App* add(CLI::App& cli, const char* name, const char* help) { return cli.add_subcommand(name, help)->fallthrough(); }
CLI::App* add_for_chat(CLI::App& cli, Words& w, const char* name, const char* help) {
  CLI::App* c = add(cli, name, help);
  c->add_option("CHAT", w.chat, "an id, a channel's or a person's name")->required();
  return c;
}

void add_account_commands(CLI::App& cli, Words& w) {
  auto* signup = add(cli, "signup", "make an account");
  signup->add_option("EMAIL", w.email)->required();
  signup->add_option("NAME", w.name)->required();
  auto* workspace = signup->add_option("--workspace", w.workspace, "and a workspace of that name");
  signup->add_option("--invite", w.invite, "and join by this code")->excludes(workspace);
  add(cli, "login", "sign in")->add_option("EMAIL", w.email)->required();
  add(cli, "logout", "end the session"), add(cli, "whoami", "who is signed in"), add(cli, "invite", "a code that lets others join");
}
void add_chat_commands(CLI::App& cli, Words& w) {
  add(cli, "chats", "my chats, newest activity first"), add(cli, "sync", "catch up and send what waits"), add(cli, "status", "connection and queue");
  auto* create = add(cli, "new", "make a chat");
  create->add_option("KIND", w.kind, "direct, group, private_channel or public_channel")->required();
  create->add_option("NAME", w.name)->required();
  create->add_option("MEMBER", w.members, "names or ids");
  add_for_chat(cli, w, "join", "join a public channel"), add_for_chat(cli, w, "leave", "leave a chat");
  add_for_chat(cli, w, "send", "send a message; - sends each line of standard input")->add_option("TEXT", w.text)->required();
  add(cli, "tail", "print messages as they come")->add_option("CHAT", w.chat);
  auto* history = add_for_chat(cli, w, "history", "print messages");
  history->add_option("--before", w.before, "only below this seq")->check(CLI::NonNegativeNumber),
      history->add_option("--limit", w.limit)->check(CLI::Range(1, 200));
  add_for_chat(cli, w, "read", "mark as read")->add_option("SEQ", w.seq, "up to this one; otherwise all")->check(CLI::PositiveNumber);
}
void add_message_commands(CLI::App& cli, Words& w) {
  add(cli, "search", "search; from: in: before: after: has: \"phrase\" -not")->add_option("QUERY", w.query)->required();
  auto* react = add(cli, "react", "put an emoji on a message");
  react->add_option("MESSAGE", w.message)->required(), react->add_option("EMOJI", w.emoji)->required(), react->add_flag("--off", w.off, "take it away");
  auto* edit = add(cli, "edit", "change a message");
  edit->add_option("MESSAGE", w.message)->required(), edit->add_option("TEXT", w.text)->required();
  add(cli, "rm", "delete a message")->add_option("MESSAGE", w.message)->required();
  add(cli, "retry", "send a refused message again")->add_option("MESSAGE", w.message)->required();
  add(cli, "discard", "forget a refused message")->add_option("MESSAGE", w.message)->required();
}

}  // namespace

Arguments parse_arguments(int argc, const char* const* argv, Settings defaults) {
  Arguments a{std::move(defaults), {}, {}, {}, {}};
  CLI::App cli("The Fechatter terminal client. Without a command: full screen. Broken UTF-8 in what is sent becomes U+FFFD.", "fechatter");
  cli.footer(
      "Full screen: Tab, Down, Up: chats; Ctrl-N: the next unread one; PgUp, PgDn: messages; Enter: send, and back to the newest.\n"
      "/join CHAT, /leave, /new NAME, /edit TEXT, /rm, /react EMOJI, /search QUERY, /quit; /retry, /discard: the first message that was refused.\n"
      "A line that begins with // is sent, with one slash.");
  add_options(cli, a.settings);
  add_account_commands(cli, a.words), add_chat_commands(cli, a.words), add_message_commands(cli, a.words);
  cli.require_subcommand(0, 1);
  try {
    cli.parse(argc, argv);
    if (!cli.get_subcommands().empty()) a.command = cli.get_subcommands()[0]->get_name();
  } catch (const CLI::Success& e) {
    std::ostringstream text;
    a.exit = cli.exit(e, text, text), a.message = text.str();
  } catch (const CLI::ParseError& e) {
    a.exit = kUsage, a.message = e.what();
  }
  return a;
}

}  // namespace terminal
