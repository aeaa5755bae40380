#pragma once
#include <map>
#include <vector>
#include "app.hpp"

namespace terminal {

/// The words of one command line, after parsing.
struct Words {
  std::string email, name, workspace, invite, kind, chat, text, query, message, emoji;
  std::vector<std::string> members;
  std::int64_t before = 0, seq = 0, limit = 50;
  bool off = false;
};
using Command = int (*)(App&, const Words&);
/// By name; null: unknown.
Command find_command(const std::string& name);

}  // namespace terminal
