#include "server/fechatterd/operations/verify.hpp"
#include "sdk/store/embedded.hpp"
#include "sdk/store/migrate.hpp"
#include "server/fechatterd/operations/log_walk.hpp"
#include "server/fechatterd/operations/rebuild.hpp"
#include "server/fechatterd/operations/text_index.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kLogVersion = 2;  // the schema that the log came with

// Each row of the query is a finding.
Result<Done> collect(Database& db, std::string_view sql, VerifyReport& report) {
  auto s = db.statement(sql);
  if (!s) return s.error();
  for (;;) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) break;
    report.add(std::string(s->text(0)));
  }
  s->reset();
  return Done{};
}

Result<Done> check_file(Database& db, VerifyReport& report) {
  return collect(db, "select * from pragma_integrity_check(100) where integrity_check <> 'ok'", report);
}

Result<Done> check_queries(Database& db, VerifyReport& report) {
  for (const EmbeddedSql& file : embedded_files())
    if (file.name.substr(0, 7) == "verify/")
      if (auto done = collect(db, file.text, report); !done) return done;
  return Done{};
}

Result<Done> check_rows(Database& db, VerifyReport& report) {
  Rebuild rebuild(db);
  if (auto done = rebuild.begin(); !done) return done;
  if (auto done = walk_log(db, report, [&](const LogEvent& e) { return rebuild.apply(e, report); }); !done) return done;
  if (auto done = rebuild.compare(report); !done) return done;
  if (auto done = check_text_index(db, report); !done) return Error{done.error().code, "messages_text: " + done.error().message, {}};
  report.rebuilt = true;
  return check_queries(db, report);
}

// An empty file is a sound database to SQLite, and so is another program's.
Result<Done> check_ours(Database& db, std::int64_t version) {
  auto s = db.statement("select count(*) from sqlite_schema where type = 'table' and name in ('users', 'log_epoch')");
  if (!s) return s.error();
  auto row = s->step();
  if (!row) return row.error();
  const std::int64_t found = s->integer(0);
  s->reset();
  if (version < 1 || found < (version < kLogVersion ? 1 : 2)) return Error{Code::not_found, "is no database that fechatterd has made", {}};
  return Done{};
}

Result<Done> check_all(Database& db, VerifyReport& report) {
  if (auto done = check_file(db, report); !done || !report.clean()) return done;  // what reads a damaged file finds anything
  if (auto done = check_ours(db, report.version); !done) return done;
  if (report.version < kLogVersion) return Done{};
  return report.version == newest_version("server") ? check_rows(db, report) : walk_log(db, report, {});
}
}  // namespace

void VerifyReport::add(std::string finding) {
  if (findings.size() < kFindings) findings.push_back(std::move(finding));
  else ++more;
}

Result<VerifyReport> verify(Database& db) {
  if (auto done = db.run("pragma temp_store=file"); !done) return done.error();  // the rebuilt rows may be larger than memory
  auto state = Transaction::begin(db, false);
  if (!state) return state.error();
  VerifyReport report;
  report.version = db.version();
  if (auto refused = refuse_newer(report.version, "server")) return *refused;
  auto done = check_all(db, report);
  if (!done && done.error().code != Code::corrupt) return done.error();
  if (!done) report.add(done.error().message);
  return report;
}

}  // namespace fechatter
