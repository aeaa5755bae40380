#include "arguments.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
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
// CLI11's own names the whole range of a double.
CLI::Validator whole_number(std::int64_t from) {
  const auto check = [from](const std::string& word) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
    const bool fits = error == std::errc() && end == word.data() + word.size() && n >= from;
    return fits ? std::string() : "not a whole number from " + std::to_string(from) + " on: " + word;
  };
  return {check, {}, {}};
}
CLI::App* add(CLI::App& cli, const char* name, const char* help) { return cli.add_subcommand(name, help)->fallthrough(); }
CLI::App* add_for_chat(CLI::App& cli, Words& w, const char* name, const char* help) {
  CLI::App* c = add(cli, name, help);
  c->add_option("CHAT", w.chat, "an id, a channel's or a person's name")->required();
  return c;
}

void add_workspace(CLI::App* command, Words& w) {
  command->add_option("--workspace", w.workspace, "its name or id, for whom is in several")->type_name("WORKSPACE");
}

void add_account_commands(CLI::App& cli, Words& w) {
  auto* signup = add(cli, "signup", "make an account");
  signup->add_option("EMAIL", w.email)->required();
  signup->add_option("NAME", w.name)->required();
  auto* workspace = signup->add_option("--workspace", w.workspace, "and a workspace of that name");
  signup->add_option("--invite", w.invite, "and join by this code")->excludes(workspace);
  add(cli, "login", "sign in")->add_option("EMAIL", w.email)->required();
  add(cli, "logout", "end the session"), add(cli, "whoami", "who is signed in");
  add_workspace(add(cli, "invite", "a code that lets others join"), w);
}
void add_chat_commands(CLI::App& cli, Words& w) {
  add(cli, "chats", "my chats, newest activity first"), add(cli, "sync", "catch up and send what waits"), add(cli, "status", "connection and queue");
  auto* create = add(cli, "new", "make a chat");
  create->add_option("KIND", w.kind, "direct, group, private_channel or public_channel")->required();
  create->add_option("NAME", w.name)->required();
  create->add_option("MEMBER", w.members, "names or ids");
  auto* join = add_for_chat(cli, w, "join", "join a public channel");
  add_for_chat(cli, w, "leave", "leave a chat");
  auto* send = add_for_chat(cli, w, "send", "send a message; - sends each line of standard input that is not blank");
  send->add_option("TEXT", w.text, "taken as it is, whatever it begins with: options stand elsewhere")->required();
  for (CLI::App* command : {create, join, send}) add_workspace(command, w);
  add(cli, "tail", "print messages as they come")->add_option("CHAT", w.chat);
  auto* history = add_for_chat(cli, w, "history", "print messages");
  history->add_option("--before", w.before, "only below this seq")->check(whole_number(1)), history->add_option("--limit", w.limit)->check(CLI::Range(1, 200));
  add_for_chat(cli, w, "read", "mark as read")->add_option("SEQ", w.seq, "up to this one; otherwise all")->check(whole_number(1));
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

// Where the free text of a command stands: behind so many operands. The parser does not get to see it: no text is an option, or asks for help.
struct TextPlace {
  const char* command;
  std::size_t behind;
};
constexpr TextPlace kTexts[] = {{"send", 1}, {"edit", 1}, {"search", 0}};

// How many words the option has that begins with this one; 0: it begins none.
std::size_t option_words(const CLI::App& cli, const CLI::App& command, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return 0;
  const std::string name = word.substr(0, word.find('='));
  const CLI::Option* option = command.get_option_no_throw(name);
  if (!option) option = cli.get_option_no_throw(name);
  if (!option) return 0;
  return option->get_items_expected_max() == 0 || name != word ? 1 : 2;
}
bool asks_for_help(const std::string& word) { return word == "-h" || word == "--help" || word == "--version"; }

// The first operand from there on, past options and a "--"; the number of words where there is none.
std::size_t operand_from(const CLI::App& cli, const CLI::App& command, const std::vector<std::string>& words, std::size_t at, bool& bare) {
  while (at < words.size() && !bare) {
    const std::size_t n = option_words(cli, command, words[at]);
    bare = words[at] == "--";
    if (n == 0 && !bare) break;
    at += bare ? 1 : n;
  }
  return std::min(at, words.size());
}
// Takes the text out of the words and leaves another there.
std::optional<std::string> take_text(const CLI::App& cli, std::vector<std::string>& words) {
  bool bare = false;
  std::size_t at = operand_from(cli, cli, words, 0, bare);
  const auto place = std::find_if(std::begin(kTexts), std::end(kTexts), [&](const TextPlace& t) { return at < words.size() && words[at] == t.command; });
  if (bare || place == std::end(kTexts)) return std::nullopt;
  const CLI::App& command = *cli.get_subcommand(place->command);
  ++at;
  for (std::size_t i = 0; i < place->behind; ++i) at = operand_from(cli, command, words, at, bare) + 1;
  if (place->behind == 0 && at < words.size()) {  // nothing else tells options before it from the text: only what is last
    if (asks_for_help(words[at])) return std::nullopt;
    if (const std::size_t operand = operand_from(cli, command, words, at, bare); operand < words.size()) at = operand;
  }
  if (at >= words.size()) return std::nullopt;
  if (!bare && words[at] == "--" && at + 1 < words.size()) words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
  return std::exchange(words[at], "text");
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
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto text = take_text(cli, words);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    cli.parse(std::move(words));
    if (!cli.get_subcommands().empty()) a.command = cli.get_subcommands()[0]->get_name();
    if (text) (a.command == "search" ? a.words.query : a.words.text) = *text;
  } catch (const CLI::Success& e) {
    std::ostringstream said;
    a.exit = cli.exit(e, said, said), a.message = said.str();
  } catch (const CLI::ParseError& e) {
    a.exit = kUsage, a.message = e.what();
  }
  return a;
}

}  // namespace terminal
