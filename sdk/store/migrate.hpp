// Numbered SQL files, forward only.
#pragma once
#include "sdk/store/sqlite.hpp"

namespace fechatter {

/// The text of an embedded .sql file ("queries/list_chats", "server/0001_rows"); empty when there is none.
std::string_view embedded_sql(std::string_view name);

/// Runs what is missing of `folder`'s numbered files, each in a transaction, and sets user_version to its number.
/// corrupt: the database is of a newer version than this library.
Result<Done> migrate(Database&, std::string_view folder);
/// corrupt: a database of that version is of a newer one than this library.
std::optional<Error> refuse_newer(std::int64_t version, std::string_view folder);
/// The number of the newest file of that folder.
std::int64_t newest_version(std::string_view folder);

}  // namespace fechatter
