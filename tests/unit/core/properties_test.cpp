// The properties that every store and every feature keeps: batches equal single commands, the log rebuilds the rows, events re-apply harmlessly.
#include <catch2/catch.hpp>
#include <sstream>
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"

using namespace fechatter;

namespace {
struct Run {
  std::vector<Outcome> outcomes;
  std::size_t late = 0;
};
Run run(MemoryRows& store, const std::vector<Submission>& commands, std::size_t batch) {
  Run out;
  for (std::size_t i = 0; i < commands.size(); i += batch) {
    const std::span part(commands.data() + i, std::min(batch, commands.size() - i));
    Fold fold(store);
    fold.load(part);
    for (const Submission& s : part) out.outcomes.push_back(fold.execute(s));
    out.late += fold.rows().late_loads();
    REQUIRE(store.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  }
  return out;
}
std::vector<Submission> commands(std::uint64_t seed, std::size_t n) {
  Town town(seed);
  auto list = town.founding();
  while (list.size() < n) list.push_back(town.next());
  return list;
}
// The first line that differs, with the other side's: short enough to read.
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  for (std::string l, r; std::getline(left, l) && std::getline(right, r);)
    if (l != r) return l + "\n!=\n" + r;
  return a.size() == b.size() ? "" : "one has more rows";
}
std::string log_text(const MemoryRows& store) {
  std::string text;
  for (const LogEvent& e : store.log) text += to_json(view_of(e)) + '\n';
  return text;
}
std::string rebuilt(const std::vector<LogEvent>& log, int times) {
  MemoryRows copy;
  for (const LogEvent& l : log) {
    auto event = event_of(view_of(l));
    REQUIRE(event);
    event->pos = {l.pos};
    for (int i = 0; i < times; ++i) {
      WorkingSet set(copy, [](const Type&, const void*) { return true; });  // as a client that keeps everything
      apply(set, *event);
      REQUIRE(copy.commit({}, set.changes(), {}));
    }
  }
  return copy.dump(false);
}
}  // namespace

TEST_CASE("batch(n) equals n x batch(1), in rows, events and answers") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto list = commands(seed, 400);
    MemoryRows one, many;
    const Run a = run(one, list, 1), b = run(many, list, 64);
    INFO("seed " << seed);
    REQUIRE(difference(one.dump(), many.dump()) == "");
    REQUIRE(log_text(one) == log_text(many));
    for (std::size_t i = 0; i < list.size(); ++i) {
      REQUIRE(a.outcomes[i].answer == b.outcomes[i].answer);
      REQUIRE(a.outcomes[i].error.has_value() == b.outcomes[i].error.has_value());
    }
  }
}

TEST_CASE("needs names every row that a command touches") {
  for (std::uint64_t seed = 20; seed <= 30; ++seed) {
    MemoryRows store;
    REQUIRE(run(store, commands(seed, 500), 1).late == 0);
  }
}

TEST_CASE("applying the log from the beginning gives the projections, once or twice") {
  for (std::uint64_t seed = 40; seed <= 50; ++seed) {
    MemoryRows store;
    run(store, commands(seed, 400), 1);
    REQUIRE(difference(rebuilt(store.unredacted, 1), store.dump(false)) == "");
    REQUIRE(difference(rebuilt(store.unredacted, 2), store.dump(false)) == "");
    REQUIRE(rebuilt(store.log, 1) == rebuilt(store.log, 2));  // as readers see it: without the texts of deleted messages
  }
}

TEST_CASE("every event type of the catalog occurs in the random town") {
  std::set<std::string> seen;
  for (std::uint64_t seed = 60; seed <= 70; ++seed) {
    MemoryRows store;
    run(store, commands(seed, 600), 32);
    for (const LogEvent& e : store.log) seen.insert(stream_text(e.stream).substr(0, 4) + e.type);
  }
  for (const Feature* f : features())
    for (const EventEntry& e : f->events)
      if (e.type->name != "session_revoked") {
        INFO(e.type->name);
        REQUIRE(seen.count(std::string(e.stream == StreamKind::chat ? "chat" : e.stream == StreamKind::user ? "user" : "work") + std::string(e.type->name)));
      }
}
