// IRC logs become messages of a channel, by the commands that people's messages are.
#pragma once
#include <functional>
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/log.hpp"
#include "server/fechatterd/data_directory.hpp"

namespace fechatter {

struct ImportOptions {
  std::string workspace;           ///< id or name; empty: the only one
  std::string channel;             ///< its name
  std::string owner;               ///< address of the owner of the workspace who makes the channel; empty: the first one
  std::vector<std::string> files;  ///< taken by their day, the YYYY-MM-DD at the end of the name; its times are UTC
};
struct ImportReport {
  std::int64_t posted = 0, known = 0;  ///< messages: new ones, and those of an earlier run
  std::int64_t late = 0;               ///< new ones that are older than one of the channel's before them: they got its time
  std::int64_t people = 0;             ///< made by this run
  std::int64_t status = 0, repaired = 0, bad = 0;  ///< lines
};
/// Its people are puppets: without an address and a password, members of the workspace and the channel. Every id is derived from where the
/// line stands and what it says, so the same again adds nothing, and a run that was killed is finished by the next. Names and
/// addresses in the texts call nobody. `bad_line` is told of each line in no known form, "FILE:LINE: why".
/// locked: a server runs there. not_found, invalid_argument: no such workspace, owner or day, no name for a channel. storage_full: run it again with space.
Result<ImportReport> import_irc(Files&, IdSource&, Log&, const DataDirectory&, const ImportOptions&, const std::function<void(const std::string&)>& bad_line);

}  // namespace fechatter
