#include "server/fechatterd/operations/log_walk.hpp"
#include <map>
#include "sdk/store/migrate.hpp"

namespace fechatter {
namespace {
// What came last, of the log and of each stream in it.
class Numbers {
 public:
  explicit Numbers(VerifyReport& report) : report_(report) {}

  void take(const LogEvent& e) {
    expect("position", position_, e.pos, e);
    Stream& s = streams_[e.stream];
    if (e.rev != 0) expect("rev", s.rev, e.rev, e);
    if (e.seq != 0) expect("seq", s.seq, e.seq, e), ++report_.messages;
    ++report_.positions;
  }

 private:
  struct Stream {
    std::int64_t rev = 0, seq = 0;
  };
  void expect(const char* what, std::int64_t& last, std::int64_t now, const LogEvent& e) {
    if (now != last + 1)
      report_.add("log " + std::to_string(e.pos) + ": " + what + ' ' + std::to_string(now) + " of " + stream_text(e.stream) + " follows " +
                  std::to_string(last));
    last = now;
  }
  VerifyReport& report_;
  std::int64_t position_ = 0;
  std::map<StreamId, Stream> streams_;
};

LogEvent event_at(Statement& s) {
  LogEvent e{s.integer(0), {static_cast<StreamKind>(s.integer(1)), s.id<AnyId>(2)}, s.integer(3), s.integer(4), std::string(s.text(5))};
  e.actor = s.id<UserId>(6), e.command_id = s.id<CommandId>(7), e.subject = s.id<AnyId>(8), e.at = {s.integer(9)}, e.payload = s.text(10);
  return e;
}
}  // namespace

Result<Done> walk_log(Database& db, VerifyReport& report, const std::function<Result<Done>(const LogEvent&)>& each) {
  auto s = db.statement(embedded_sql("queries/log_after"));
  if (!s) return s.error();
  s->bind(1, std::int64_t{INT64_MIN}).bind(2, std::int64_t{-1});
  Numbers numbers(report);
  for (;;) {
    auto row = s->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::int64_t kind = s->integer(1);
    if (kind < 0 || kind > static_cast<std::int64_t>(StreamKind::user)) {
      report.add("log " + std::to_string(s->integer(0)) + ": no kind of stream: " + std::to_string(kind));
      continue;
    }
    const LogEvent e = event_at(*s);
    numbers.take(e);
    if (!each) continue;
    if (auto done = each(e); !done) return done;
  }
  s->reset();
  return Done{};
}

}  // namespace fechatter
