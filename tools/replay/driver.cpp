#include "tools/replay/driver.hpp"
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include "sdk/core/text/utf8.hpp"
#include "tools/replay/processes.hpp"

namespace replay {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {
constexpr std::size_t kNameBytes = 80;  // the server's limit

bool say(const std::string& what) { return std::fprintf(stderr, "replay: %s\n", what.c_str()), false; }
std::string address(std::size_t number) { return "p" + std::to_string(number) + "@example.org"; }
// The first bytes of a text, not cutting a character.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() > bytes) {
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
    text.resize(bytes);
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}
}  // namespace

Tally& Tally::operator+=(const Tally& t) {
  lost += t.lost, doubled += t.doubled, reordered += t.reordered, diverged += t.diverged, compared += t.compared;
  return *this;
}

std::vector<std::span<const Part>> equal_parts(std::span<const Part> all, std::size_t least) {
  const std::size_t n = std::max<std::size_t>(1, all.size() / std::max<std::size_t>(1, least));
  std::vector<std::span<const Part>> parts;
  for (std::size_t i = 0; i < n; ++i) parts.push_back(all.subspan(all.size() * i / n, all.size() * (i + 1) / n - all.size() * i / n));
  return parts;
}

int Driver::run() {
  if (!prepare()) return 1;
  const auto days = unpack();
  if (days.empty()) return say("no chat in " + s_.archive), 1;
  write_config();
  start_server();
  if (!found()) return 1;
  const auto begun = Clock::now();
  for (const Day& day : days)
    if (!play(day)) return stop_server(), keep(), 1;
  if (!judge_everybody()) return stop_server(), keep(), 1;
  stop_server();
  report(std::chrono::duration<double>(Clock::now() - begun).count());
  if (!total_.clean()) keep();
  return total_.clean() ? 0 : 1;
}

bool Driver::prepare() {
  fs::remove_all(s_.directory);
  for (const char* folder : {"/text", "/truth", "/server", "/clients"}) fs::create_directories(s_.directory + folder);
  const std::string missing = faults_.prepare();
  return missing.empty() || say(missing);
}
// What is on a disk that can be full is gone with this process: copied to where it can be looked at.
void Driver::keep() const {
  if (s_.faults.disks)
    for (const char* disk : {"/server", "/clients"}) fs::copy(s_.directory + disk, s_.directory + "/kept" + disk, fs::copy_options::recursive);
}
std::vector<Day> Driver::unpack() const {
  if (!ended_well(spawn({"/bin/tar", "-xzf", fs::absolute(s_.archive), "-C", fs::absolute(s_.directory + "/text")}, s_.directory + "/tar.log"))) return {};
  auto days = read_days(s_.directory + "/text");
  if (s_.days > 0 && days.size() > static_cast<std::size_t>(s_.days)) days.resize(static_cast<std::size_t>(s_.days));
  return days;
}

// --- the server ---

void Driver::write_config() const {
  std::ofstream(s_.directory + "/server.toml") << "[server]\ndata = \"" << s_.directory << "/server\"\nlisten = \"127.0.0.1:" << s_.port
                                               << "\"\n[limits]\nrates = false\n[log]\nlevel = \"warn\"\n";
}
std::string Driver::url() const { return "http://127.0.0.1:" + std::to_string(s_.port); }
void Driver::start_server() {
  server_ = spawn({s_.fechatterd, "--config", s_.directory + "/server.toml"}, s_.directory + "/server.log", faults_.environment(true));
}
void Driver::kill_server() {
  kill_hard(server_), faults_.forget(server_);
  ++server_kills_;
  std::this_thread::sleep_for(50ms);
  start_server();
}
// A server that could not start, on a full disk, is started again, as a service manager does; one that crashed ends the run.
bool Driver::serving() {
  const auto status = exit_status(server_);
  if (!status) return true;
  if (*status != 1) return say("the server ended with " + std::to_string(*status) + ", see " + s_.directory + "/server.log");
  ++server_restarts_;
  std::this_thread::sleep_for(200ms);
  start_server();
  return true;
}
void Driver::stop_server() {
  ask_to_end(server_);
  if (!ended_well(server_)) say("the server did not end well, see " + s_.directory + "/server.log");
}

// --- the founder ---

template <class F> void Driver::wait(F begin) {
  bool over = false;
  auto handle = begin([&over] { over = true; });
  while (!over) runtime_->poll(Clock::now() + 100ms);
}
// Makes the workspace and an invitation that everybody uses.
bool Driver::found() {
  runtime_ = fechatter::Runtime::host_driven();
  auto opened = fechatter::Client::open(*runtime_, {url(), s_.directory + "/founder", {}, "founder"});
  if (!opened) return say(opened.error().message);
  founder_ = std::move(*opened);
  bool signed_up = false;
  for (int i = 0; i < 100 && !signed_up; ++i) {
    wait([&](auto done) {
      return founder_->sign_up({"founder@example.org", "founder-password", "founder", "Replay", {}},
                               [&, done](auto user) { signed_up = static_cast<bool>(user), done(); });
    });
    if (!signed_up) std::this_thread::sleep_for(100ms);
  }
  wait([&](auto done) { return founder_->when_synced([done](auto) { done(); }); });
  if (founder_->workspaces().empty()) return say("no workspace");
  const std::string w = founder_->workspaces()[0].id.str();
  wait([&](auto done) {
    return founder_->call("create_invite", "{\"workspace_id\":\"" + w + "\",\"expires_in\":2000000}", [&, done](auto json) {
      if (json) invite_ = nlohmann::json::parse(*json)["code"];
      done();
    });
  });
  return !invite_.empty() || say("no invitation");
}
bool Driver::make_channel(const std::string& day) {
  fechatter::NewChat chat;
  chat.kind = fechatter::ChatSummary::Kind::public_channel, chat.name = "day-" + day;
  auto made = founder_->create_chat(std::move(chat));
  if (!made) return say(made.error().message);
  channel_ = made->str();
  wait([&](auto done) { return founder_->when_sent([done](auto) { done(); }); });
  return true;
}

// --- a day ---

// People are told apart by the account that belongs to their nick; nicks that would be shown alike get their number behind them.
std::string Driver::free_name(const std::string& nick, std::size_t number) {
  std::string name = cut(nick, kNameBytes);
  if (name.empty() || !names_.insert(name).second) {
    const std::string tail = " (" + std::to_string(number) + ")";
    name = cut(nick, kNameBytes - tail.size()) + tail;
    names_.insert(name);
  }
  return name;
}
Driver::Person& Driver::person(const std::string& nick) {
  const auto [it, fresh] = people_.try_emplace(nick);
  if (fresh) it->second.number = people_.size() - 1, it->second.name = free_name(nick, it->second.number);
  return it->second;
}

// The day's people with their lines; too few: others from earlier days, who listen.
std::vector<Part> Driver::parts_of(const Said& said) {
  std::vector<Part> parts, idle;
  for (auto& [nick, p] : people_) {
    const auto lines = said.by_person.find(p.number);
    Part part{p.name, address(p.number), s_.directory + "/clients/" + std::to_string(p.number), {}, {said.channel}};
    if (lines == said.by_person.end()) {
      idle.push_back(std::move(part));
    } else {
      part.lines = lines->second;
      parts.push_back(std::move(part));
    }
  }
  const std::size_t least = static_cast<std::size_t>(s_.clients);
  for (std::size_t i = 0; parts.size() < least && i < idle.size(); ++i, ++added_) parts.push_back(std::move(idle[i]));
  for (auto& [nick, p] : people_)
    if (std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.email == address(p.number); })) p.channels.push_back(said.channel);
  return parts;
}

bool Driver::play(const Day& day) {
  const auto begun = Clock::now();
  const std::size_t servers = server_kills_, clients = worker_kills_;
  if (!make_channel(day.name)) return false;
  Said said{day.name, channel_, {}};
  for (const Line& line : day.lines) said.by_person[person(line.nick).number].push_back(line.text);
  lines_ += day.lines.size(), repaired_ += day.repaired, skipped_ += day.skipped;
  const auto parts = parts_of(said);
  for (const auto chunk : equal_parts(parts, static_cast<std::size_t>(s_.clients))) {
    fewest_ = std::min(fewest_, chunk.size());
    if (!speak(chunk)) return false;
  }
  const auto spoken = Clock::now();
  Tally t;
  if (!judge_channel(said, t) || !judge_caches(parts, 60, t)) return false;
  const auto seconds = [](auto d) { return std::chrono::duration<double>(d).count(); };
  std::printf("%s: %zu lines by %zu people; killed: server %zu, clients %zu times; lost %zu, doubled %zu, reordered %zu, diverged %zu of %zu; %.1f + %.1f s\n",
              day.name.c_str(), day.lines.size(), said.by_person.size(), server_kills_ - servers, worker_kills_ - clients, t.lost, t.doubled, t.reordered,
              t.diverged, t.compared, seconds(spoken - begun), seconds(Clock::now() - spoken));
  std::fflush(stdout);
  total_ += t;
  said_.push_back(std::move(said));
  return true;
}

// --- workers ---

std::string Driver::order_file(std::size_t w) const { return s_.directory + "/order-" + std::to_string(w) + ".json"; }
std::string Driver::done_file(std::size_t w) const { return s_.directory + "/done-" + std::to_string(w); }
std::string Driver::result_file(std::size_t w) const { return s_.directory + "/result-" + std::to_string(w) + ".jsonl"; }
pid_t Driver::start_worker(std::size_t w, bool speaks) {
  return spawn({s_.self, speaks ? "work" : "check", order_file(w), speaks ? done_file(w) : result_file(w)}, s_.directory + "/workers.log",
               faults_.environment(false));
}
std::vector<pid_t> Driver::start_workers(std::span<const Part> parts, bool speaks) {
  std::vector<pid_t> workers;
  const std::size_t n = std::min(parts.size(), static_cast<std::size_t>(s_.workers));
  for (std::size_t w = 0; w < n; ++w) {
    const auto share = parts.subspan(parts.size() * w / n, parts.size() * (w + 1) / n - parts.size() * w / n);
    write_order(order_file(w), {url(), invite_, channel_, s_.directory + "/truth", {share.begin(), share.end()}});
    fs::remove(done_file(w)), fs::remove(result_file(w));
    workers.push_back(start_worker(w, speaks));
  }
  return workers;
}

// All clients stay connected until the last one has said everything; in between a worker or the server is killed and started again.
bool Driver::speak(std::span<const Part> parts) {
  auto workers = start_workers(parts, true);
  std::vector<bool> finished(workers.size());
  auto kill_at = next_kill();
  while (std::find(finished.begin(), finished.end(), false) != finished.end()) {
    for (std::size_t w = 0; w < workers.size(); ++w) {
      if (exit_status(workers[w])) return say("a worker failed, see " + s_.directory + "/workers.log");
      finished[w] = finished[w] || fs::exists(done_file(w));
    }
    if (!serving()) return false;
    faults_.turn(Clock::now(), server_, workers);
    if (Clock::now() >= kill_at) kill_something(workers, finished), kill_at = next_kill();
    std::this_thread::sleep_for(10ms);
  }
  faults_.end();
  for (const pid_t w : workers) ask_to_end(w);
  bool well = true;
  for (const pid_t w : workers) well = ended_well(w) && well;
  return well || say("a worker did not end well, see " + s_.directory + "/workers.log");
}
void Driver::kill_something(std::vector<pid_t>& workers, const std::vector<bool>& finished) {
  const std::size_t w = random_() % workers.size();
  if (random_() % 2 == 0 || finished[w]) return kill_server();
  kill_hard(workers[w]), faults_.forget(workers[w]);
  workers[w] = start_worker(w, true);
  ++worker_kills_;
}
Driver::Clock::time_point Driver::next_kill() {
  return Clock::now() +
      std::chrono::milliseconds(static_cast<int>(s_.kill_every * 500) + static_cast<int>(random_() % static_cast<unsigned>(s_.kill_every * 1000)));
}

}  // namespace replay
