// Any words are a command line of the terminal client or a usage error.
#include "examples/terminal/arguments.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

// Words between NULs.
FUZZ_TARGET(command_line) {
  std::vector<std::string> words{"fechatter"};
  for (std::size_t at = 0; at <= bytes.size() && words.size() < 20;) {
    const auto end = std::min(bytes.find('\0', at), bytes.size());
    words.emplace_back(bytes.substr(at, end - at));
    at = end + 1;
  }
  std::vector<char*> pointers;
  for (std::string& w : words) pointers.push_back(w.data());
  pointers.push_back(nullptr);
  const auto line = terminal::parse_arguments(static_cast<int>(words.size()), pointers.data(), {});
  if (line.exit) return HOLDS(*line.exit == 0 || (*line.exit == terminal::kUsage && !line.message.empty()));
  HOLDS(line.words.limit >= 1 && line.words.limit <= 200 && line.settings.timeout_s >= 0 && line.settings.timeout_s <= 3600);
}
