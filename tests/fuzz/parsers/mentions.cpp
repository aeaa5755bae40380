// Whom a message calls: bounded, folded, and never out of code.
#include "sdk/core/text/mentions.hpp"
#include <set>
#include "sdk/core/text/markdown.hpp"
#include "sdk/core/text/utf8.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter::text;

FUZZ_TARGET(mentions) {
  const MentionNames found = find_mentions(bytes);
  HOLDS(found.names.size() + found.ids.size() <= kMaxMentionNames);
  std::set<std::string> once;
  for (const std::string& name : found.names) {
    HOLDS(!name.empty() && is_valid(name) && fold(name) == name);
    HOLDS(once.insert(name).second);
  }
  for (const auto& id : found.ids) {
    HOLDS(static_cast<bool>(id));
    HOLDS(bytes.find("<@" + id.str() + ">") != bytes.npos);
  }
  if (bytes.find('@') == bytes.npos) HOLDS(found.names.empty() && found.ids.empty() && !found.everyone);
  // A fence around it makes code of everything, where the text has no fence of its own.
  if (bytes.find("```") == bytes.npos && bytes.find("~~~") == bytes.npos) {
    const auto fenced = find_mentions("```\n" + std::string(bytes) + "\n```\n");
    HOLDS(fenced.names.empty() && fenced.ids.empty() && !fenced.everyone);
  }
}
