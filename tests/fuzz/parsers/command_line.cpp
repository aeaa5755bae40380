// Any words are a command line of the terminal client or a usage error; any text can be sent.
#include "examples/terminal/arguments.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

namespace {
terminal::Arguments parsed(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& w : words) pointers.push_back(w.data());
  pointers.push_back(nullptr);
  return terminal::parse_arguments(static_cast<int>(words.size()), pointers.data(), {});
}
void check_text(const std::string& text) {
  const auto sent = parsed({"fechatter", "--json", "send", "room", text});
  HOLDS(!sent.exit && sent.command == "send" && sent.words.chat == "room" && sent.words.text == text && sent.settings.json);
  if (text == "--") return;  // of two words it ends the options
  const auto behind = parsed({"fechatter", "edit", "id", text, "--json"});
  HOLDS(!behind.exit && behind.command == "edit" && behind.words.message == "id" && behind.words.text == text && behind.settings.json);
}
}  // namespace

// Words between NULs; behind a first NUL a text. One or the other, for CLI11 builds the whole command line for each parsing, which is all that this costs.
FUZZ_TARGET(command_line) {
  if (bytes.starts_with('\0')) return check_text(std::string(bytes.substr(1, bytes.find('\0', 1) - 1)));
  std::vector<std::string> words{"fechatter"};
  for (std::size_t at = 0; at <= bytes.size() && words.size() < 20;) {
    const auto end = std::min(bytes.find('\0', at), bytes.size());
    words.emplace_back(bytes.substr(at, end - at));
    at = end + 1;
  }
  const auto line = parsed(words);
  if (line.exit) return HOLDS(*line.exit == 0 || (*line.exit == terminal::kUsage && !line.message.empty()));
  HOLDS(line.words.limit >= 1 && line.words.limit <= 200 && line.settings.timeout_s >= 0 && line.settings.timeout_s <= 3600);
}
