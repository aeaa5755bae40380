// Runs chosen seeds of the simulation and says what was found and what was visited. Exit code: 0 nothing, 1 something, 2 usage.
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>
#include "tests/sim/boundaries.hpp"
#include "tests/sim/scenario.hpp"

namespace fechatter::sim {
namespace {
constexpr std::uint64_t kSome = 150, kMany = 1000;  // worlds: so many visit what is common, and what is rare, too

struct Options {
  std::uint64_t seed = 1, count = 1, jobs = 1;
  std::int64_t boundaries = 0;  // > 0: brief worlds, ended at each so-manyth commit
  bool quiet = false;
  Story story;
};
struct Total {
  std::uint64_t seeds = 0, failed = 0;
  std::int64_t acknowledged = 0, deliveries = 0, ends = 0, ms = 0;
  Sights sights;
};

void tell_one(std::uint64_t seed, const Verdict& v, const Options& o) {
  for (const auto& f : v.findings) std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), f.c_str());
  if (o.count == 1)
    std::printf("seed %llu: %lld written, %lld acknowledged, %lld events, trace %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<long long>(v.written), static_cast<long long>(v.acknowledged), static_cast<long long>(v.events),
                static_cast<unsigned long long>(v.trace));
  std::fflush(stdout);
}
void end_everywhere(std::uint64_t seed, const Options& o, Total& t) {
  const Boundaries all = run_boundaries(seed, o.boundaries);
  t.ends += all.runs, t.failed += !all.findings.empty();
  for (const auto& f : all.findings) std::printf("%s\n", f.c_str());
  std::fflush(stdout);
}
// Every jobs-th seed from that one on. `began` is told before each.
Total run_share(const Options& o, std::uint64_t share, const std::function<void(std::uint64_t)>& began) {
  Total t;
  for (std::uint64_t s = o.seed + share; s < o.seed + o.count; s += o.jobs, ++t.seeds) {
    began(s);
    if (o.boundaries > 0) {
      end_everywhere(s, o, t);
      continue;
    }
    const Verdict v = run_scenario(s, o.story);
    t.acknowledged += v.acknowledged, t.deliveries += v.deliveries, t.ends += v.server_ends + v.device_ends, t.ms += v.simulated_ms;
    t.failed += !v.findings.empty();
    t.sights.add(v.sights);
    tell_one(s, v, o);
  }
  return t;
}

// --- several processes: each writes what it did into a pipe of its own ---

void write_total(const Total& t, std::FILE* to) {
  std::fprintf(to, "total %llu %llu %lld %lld %lld %lld\n", static_cast<unsigned long long>(t.seeds), static_cast<unsigned long long>(t.failed),
               static_cast<long long>(t.acknowledged), static_cast<long long>(t.deliveries), static_cast<long long>(t.ends), static_cast<long long>(t.ms));
  for (const auto& [name, n] : t.sights.counts()) std::fprintf(to, "%llu %s\n", static_cast<unsigned long long>(n), name.c_str());
}
// False: it ended before it was done.
bool read_total(std::FILE* from, Total& sum, std::uint64_t& last_seed) {
  char line[4096];
  bool whole = false;
  while (std::fgets(line, sizeof line, from)) {
    std::istringstream words(line);
    std::string first, rest;
    words >> first;
    if (first == "seed") {
      words >> last_seed;
    } else if (first == "total") {
      Total t;
      words >> t.seeds >> t.failed >> t.acknowledged >> t.deliveries >> t.ends >> t.ms;
      sum.seeds += t.seeds, sum.failed += t.failed, sum.acknowledged += t.acknowledged, sum.deliveries += t.deliveries, sum.ends += t.ends, sum.ms += t.ms;
      whole = true;
    } else {
      std::getline(words >> std::ws, rest);
      sum.sights.see(rest, std::stoull(first));
    }
  }
  return whole;
}
struct Worker {
  pid_t pid = 0;
  std::FILE* pipe = nullptr;
};
Worker start_worker(const Options& o, std::uint64_t share) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = fork();
  if (pid != 0) return close(ends[1]), Worker{pid, fdopen(ends[0], "r")};
  close(ends[0]);
  std::FILE* out = fdopen(ends[1], "w");
  write_total(run_share(o, share, [out](std::uint64_t s) { std::fprintf(out, "seed %llu\n", static_cast<unsigned long long>(s)), std::fflush(out); }), out);
  std::fclose(out);
  _exit(0);
}
Total run_all(const Options& o) {
  if (o.jobs == 1) return run_share(o, 0, [](std::uint64_t) {});
  std::vector<Worker> workers;
  for (std::uint64_t share = 0; share < o.jobs; ++share) workers.push_back(start_worker(o, share));
  Total sum;
  for (const Worker& w : workers) {
    std::uint64_t last = 0;
    const bool whole = read_total(w.pipe, sum, last);
    std::fclose(w.pipe);
    waitpid(w.pid, nullptr, 0);
    if (!whole) ++sum.failed, std::printf("seed %llu: the process ended\n", static_cast<unsigned long long>(last));
  }
  return sum;
}

int report(const Options& o, const Total& t) {
  if (!o.quiet && o.count > 1) t.sights.print();
  std::printf("%llu seeds, %lld s simulated, %lld acknowledged, %lld deliveries, %lld processes ended: %llu failed\n", static_cast<unsigned long long>(t.seeds),
              static_cast<long long>(t.ms / 1000), static_cast<long long>(t.acknowledged), static_cast<long long>(t.deliveries), static_cast<long long>(t.ends),
              static_cast<unsigned long long>(t.failed));
  std::vector<std::string> missing;
  if (o.boundaries == 0 && o.count >= kSome) missing = unseen(common_sights(), t.sights);
  if (o.boundaries == 0 && o.count >= kMany)
    for (const auto& name : unseen(rare_sights(), t.sights)) missing.push_back(name);
  for (const auto& name : missing) std::printf("never visited: %s\n", name.c_str());
  return t.failed > 0 || !missing.empty() ? 1 : 0;
}

}  // namespace
}  // namespace fechatter::sim

int main(int argc, char** argv) {
  fechatter::sim::Options o;
  std::size_t device = 0;
  CLI::App app("the simulation, from chosen seeds", "sim_replay");
  app.add_option("seed,--seed", o.seed, "the first seed")->required();
  app.add_option("--seeds", o.count, "how many, one after the other; from 150 (or 1000) on, what is common (or rare) and was never visited is a failure")
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", o.jobs, "in so many processes")->check(CLI::Range(1, 256));
  app.add_option("--boundaries", o.boundaries, "brief worlds, each once for every so-manyth commit of each process, which ends there");
  app.add_flag("--quiet", o.quiet, "without the table of what was visited");
  app.add_flag("--story", o.story.on, "print what happens to the machines");
  const auto* told = app.add_option("--device", device, "and what the server sends to this device");
  CLI11_PARSE(app, argc, argv);
  if (told->count() > 0) o.story.device = device, o.story.on = true;
  return fechatter::sim::report(o, fechatter::sim::run_all(o));
}
