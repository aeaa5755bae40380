// What is in a database, as JSON Lines: docs/formats/export.md.
#pragma once
#include <functional>
#include "fechatter/ids.hpp"
#include "sdk/store/sqlite.hpp"

namespace fechatter {

struct ExportOptions {
  std::optional<WorkspaceId> workspace;  ///< only that one
  std::optional<ChatId> chat;            ///< only that one, with its workspace and its people
  bool addresses = false;                ///< also the addresses that people sign in with
};
/// Of one state of the database, line by line, in bounded memory. `write` gets whole lines, and false ends the export.
/// No password, session, key or invitation, and no text of a deleted message. The result: how many lines. not_found: no such workspace or chat.
Result<std::int64_t> export_lines(Database&, const ExportOptions&, Time now, const std::function<bool(std::string_view)>& write);

}  // namespace fechatter
