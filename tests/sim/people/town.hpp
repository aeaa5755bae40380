// What the people of a run know besides their devices.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>
#include "fechatter/ids.hpp"

namespace fechatter::sim {

struct Town {
  WorkspaceId workspace;           ///< the first one
  std::vector<std::string> invites;
  std::vector<UserId> users;
  std::vector<ChatId> channels;    ///< public ones
  std::set<UserId> ended;          ///< sessions of theirs may have been ended
  /// By address, the newest last. Which one holds is unknown while an answer was lost, and after a restore.
  std::map<std::string, std::vector<std::string>> passwords;
};

}  // namespace fechatter::sim
