// The command line, as words: nothing is done yet.
#pragma once
#include <optional>
#include "commands.hpp"

namespace terminal {

struct Arguments {
  Settings settings;
  Words words;
  std::string command;      ///< empty: full screen
  std::optional<int> exit;  ///< nothing is to be done: help was asked for, or the words are no command line
  std::string message;      ///< what to print then; of a usage error, one line without its end
};
/// `defaults` stands where the words say nothing. Total: any words give arguments or a usage error.
Arguments parse_arguments(int argc, const char* const* argv, Settings defaults);

}  // namespace terminal
