#include "server/fechatterd/operations/backup.hpp"
#include <sys/stat.h>
#include <ctime>
#include "fechatter/version.hpp"
#include "server/fechatterd/operations/partial_file.hpp"

namespace fechatter {
namespace {
bool is_directory(const std::string& path) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

// fechatter-20260131T235959Z.backup: by name is by time.
std::string named_after(Time t) {
  const std::time_t seconds = t.ms / 1000;
  std::tm utc{};
  char text[64];
  ::gmtime_r(&seconds, &utc);
  return {text, std::strftime(text, sizeof text, "fechatter-%Y%m%dT%H%M%SZ.backup", &utc)};
}

// A copy of live rows only: what was deleted is left behind with the pages that nothing uses.
Result<Done> copy_database(Files& files, const std::string& from, const std::string& to) {
  if (!files.exists(from)) return Error{Code::not_found, from + ": no such database", {}};
  Database::Options options{from, {}, Database::Sync::full, true};
  auto db = Database::open(options);
  return db ? (*db)->copy_to(to) : Result<Done>(db.error());
}

Result<bool> has_table(Database& db, std::string_view name) {
  auto s = db.statement("select 1 from sqlite_schema where type = 'table' and name = ?1");
  if (!s) return s.error();
  auto row = s->bind(1, name).step();
  s->reset();
  return row;
}

// The index is copied with its old segments, where words of deleted messages may be.
Result<Done> clear_index(Database& copy) {
  auto marked = has_table(copy, "untidy");
  if (!marked) return marked.error();
  if (!*marked) return Done{};
  auto s = copy.statement("select count(*) from untidy");
  if (!s) return s.error();
  if (auto row = s->step(); !row) return row.error();
  const bool untidy = s->integer(0) > 0;
  s->reset();
  return untidy ? copy.run("insert into messages_text(messages_text) values('optimize');delete from untidy") : Result<Done>(Done{});
}

Result<std::size_t> add_keys(Files& files, const DataDirectory& directory, Database& copy) {
  auto names = files.list(directory.keys());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    auto bytes = files.read(directory.keys() + '/' + name);
    if (!bytes) return bytes.error();
    auto s = copy.statement("insert into backup_keys(name,bytes) values(?1,?2)");
    if (!s) return s.error();
    if (auto done = s->bind(1, std::string_view(name)).bind_blob(2, bytes->data(), bytes->size()).run(); !done) return done.error();
  }
  return names->size();
}

Result<Done> describe(Database& copy, Time now) {
  if (auto done = copy.run("create table backup(format integer not null, made_at integer not null, program text not null) strict;"
                           "create table backup_keys(name text primary key, bytes blob not null) strict");
      !done)
    return done;
  auto s = copy.statement("insert into backup values(?1,?2,?3)");
  return s ? s->bind(1, kBackupFormat).bind(2, now.ms).bind(3, std::string_view(kVersion)).run() : Result<Done>(s.error());
}

// Its commit flushes the whole file, also what the copying wrote.
Result<std::size_t> complete(Files& files, Clock& clock, const DataDirectory& directory, const std::string& file) {
  Database::Options options{file};
  options.alone = true;
  auto copy = Database::open(options);
  if (!copy) return copy.error();
  auto t = Transaction::begin(**copy);
  if (!t) return t.error();
  if (auto done = clear_index(**copy); !done) return done.error();
  if (auto done = describe(**copy, clock.now()); !done) return done.error();
  auto keys = add_keys(files, directory, **copy);
  if (!keys) return keys;
  if (auto done = t->commit(); !done) return done.error();
  return keys;
}

Result<Done> check(const std::string& file, BackupMade& made) {
  auto copy = Database::open({file, {}, Database::Sync::full, true});
  if (!copy) return copy.error();
  auto report = verify(**copy);
  if (!report) return Error{report.error().code, "what was copied cannot be verified: " + report.error().message, {}};
  if (!report->clean()) return Error{Code::corrupt, "what was copied is not sound: " + report->findings.front(), {}};
  made.report = std::move(*report), made.position = made.report.positions;
  return Done{};
}

Result<Done> make(Files& files, Clock& clock, const DataDirectory& directory, const std::string& file, BackupMade& made) {
  if (auto done = copy_database(files, directory.database(), file); !done) return done;
  auto keys = complete(files, clock, directory, file);
  if (!keys) return keys.error();
  made.keys = *keys;
  return check(file, made);
}

// What runs that were killed have left: nobody writes to a name of the past again, so nobody would take it over. Whoever still writes is
// not disturbed.
void clear_leftovers(Files& files, const DataDirectory& directory, const std::string& folder) {
  constexpr std::string_view kBesides = ".part.lock", kLeft = ".backup.part.lock";
  auto names = files.list(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (name.starts_with("fechatter-") && name.ends_with(kLeft))
      (void)PartialFile::open(directory, folder + '/' + name.substr(0, name.size() - kBesides.size()), true);
}
}  // namespace

Result<BackupMade> back_up(Files& files, Clock& clock, const DataDirectory& directory, const std::string& to, bool replace) {
  const bool named = is_directory(to);
  BackupMade made{named ? to + '/' + named_after(clock.now()) : to};
  if (auto whole = check_whole(files, directory); !whole) return whole.error();
  if (named) clear_leftovers(files, directory, to);
  auto file = PartialFile::open(directory, made.file, replace);
  if (!file) return file.error();
  if (auto done = make(files, clock, directory, (*file)->path(), made); !done) return done.error();
  if (auto done = (*file)->finish(); !done) return done.error();
  return made;
}

Result<std::vector<std::pair<std::string, std::string>>> backup_keys(Database& db) {
  auto marked = has_table(db, "backup");
  if (!marked) return marked.error();
  if (!*marked) return Error{Code::not_found, "is no backup that fechatterd has made", {}};
  auto format = db.statement("select format from backup");
  if (!format) return format.error();
  if (auto row = format->step(); !row) return row.error();
  else if (!*row || format->integer(0) != kBackupFormat) return Error{Code::corrupt, "is a backup of another format; a newer version made it", {}};
  format->reset();
  std::vector<std::pair<std::string, std::string>> keys;
  auto s = db.statement("select name, bytes from backup_keys order by name");
  if (!s) return s.error();
  for (;;) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) break;
    keys.emplace_back(s->text(0), s->text(1));
  }
  s->reset();
  return keys;
}

}  // namespace fechatter
