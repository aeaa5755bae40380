// What is compared with what: the log with what was said, the table and every cache with the log.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include "tools/replay/driver.hpp"
#include "tools/replay/ledger.hpp"
#include "tools/replay/processes.hpp"

namespace replay {
namespace {
constexpr std::size_t kAtOnce = 60;
bool say(const std::string& what) { return std::fprintf(stderr, "replay: %s\n", what.c_str()), false; }

// One person's lines as they stand in the log against what was said.
void judge_lines(std::vector<std::string> have, std::vector<std::string> said, Tally& t) {
  if (have == said) return;
  std::sort(have.begin(), have.end()), std::sort(said.begin(), said.end());
  std::vector<std::string> missing, extra;
  std::set_difference(said.begin(), said.end(), have.begin(), have.end(), std::back_inserter(missing));
  std::set_difference(have.begin(), have.end(), said.begin(), said.end(), std::back_inserter(extra));
  t.lost += missing.size(), t.doubled += extra.size();
  if (missing.empty() && extra.empty()) ++t.reordered;
}
}  // namespace

// Writes down what the log holds: what the caches are compared with.
bool Driver::judge_channel(const Said& said, Tally& t) {
  const std::string database = s_.directory + "/server/server.db";
  const auto channel = read_channel(database, *fechatter::ChatId::parse(said.channel));
  const auto accounts = read_accounts(database);
  if (!channel || !accounts) return say("cannot read " + database);
  write_truth(truth_file(s_.directory + "/truth", said.channel), channel->entries);
  t.doubled += channel->doubled, t.lost += channel->holes, t.reordered += channel->back_in_time;
  if (!channel->table_agrees) ++t.diverged, std::printf("diverged: the table of messages, %s\n", said.day.c_str());
  std::map<std::string, std::vector<std::string>> by_author;
  for (const Entry& e : channel->entries) by_author[e.author].push_back(e.body);
  for (const auto& [number, lines] : said.by_person) {
    const auto id = accounts->find("p" + std::to_string(number) + "@example.org");
    const auto have = id == accounts->end() ? std::vector<std::string>{} : std::exchange(by_author[id->second], {});
    judge_lines(have, lines, t);
  }
  for (const auto& [author, lines] : by_author) t.doubled += lines.size();  // of somebody who said nothing
  return true;
}

bool Driver::judge_caches(const std::vector<Part>& parts, std::size_t at_once, Tally& t) {
  for (const auto chunk : equal_parts(parts, at_once)) {
    const auto workers = start_workers(chunk, false);
    bool well = true;
    for (const pid_t w : workers) well = ended_well(w) && well;
    if (!well) return say("a worker failed, see " + s_.directory + "/workers.log");
    if (!judge_results(chunk, workers.size(), t)) return false;
  }
  return true;
}

// Everybody, and every channel of theirs, must have an answer: one that is missing counts as different.
bool Driver::judge_results(std::span<const Part> parts, std::size_t workers, Tally& t) const {
  std::map<std::pair<std::string, std::string>, nlohmann::json> results;
  for (std::size_t w = 0; w < workers; ++w) {
    std::ifstream in(result_file(w));
    for (std::string line; std::getline(in, line);) {
      auto j = nlohmann::json::parse(line);
      std::pair<std::string, std::string> key(j["who"], j["channel"]);
      results[std::move(key)] = std::move(j);
    }
  }
  for (const Part& p : parts)
    for (const std::string& channel : p.channels) {
      ++t.compared;
      const auto it = results.find({p.email, channel});
      if (it != results.end() && it->second["all"] == true) continue;
      ++t.diverged;
      std::printf("diverged: %s (%s) in %s: %s\n", p.name.c_str(), p.directory.c_str(), channel.c_str(),
                  it == results.end() ? "no cache" : it->second.dump().c_str());
    }
  return true;
}

// At the very end: every channel's log again, and every client that ever was, with all its channels.
bool Driver::judge_everybody() {
  const auto begun = Clock::now();
  Tally t;
  for (const Said& said : said_)
    if (!judge_channel(said, t)) return false;
  std::vector<Part> parts;
  for (const auto& [nick, p] : people_)
    parts.push_back({p.name, "p" + std::to_string(p.number) + "@example.org", s_.directory + "/clients/" + std::to_string(p.number), {}, p.channels});
  if (!judge_caches(parts, kAtOnce, t)) return false;
  std::printf("everybody again, with all channels: lost %zu, doubled %zu, reordered %zu, diverged %zu of %zu; %.1f s\n", t.lost, t.doubled, t.reordered,
              t.diverged, t.compared, std::chrono::duration<double>(Clock::now() - begun).count());
  total_ += t;
  return true;
}

void Driver::report(double seconds) const {
  std::printf("%zu lines by %zu people in %.0f s; %zu lines with broken UTF-8 repaired (U+FFFD), %zu lines without a text skipped\n", lines_, people_.size(),
              seconds, repaired_, skipped_);
  std::printf("at least %zu clients at a time (%zu listeners added); server killed %zu times, client processes %zu times; %zu caches compared\n", fewest_,
              added_, server_kills_, worker_kills_, total_.compared);
  if (const auto faults = faults_.report(); !faults.empty()) std::printf("%s; the server could not start %zu times\n", faults.c_str(), server_restarts_);
  std::printf("lost %zu, doubled %zu, reordered %zu, diverged %zu\n", total_.lost, total_.doubled, total_.reordered, total_.diverged);
}

}  // namespace replay
