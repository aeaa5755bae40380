// Plays an archive of real chat through real clients against a real server, while both are killed, and compares every cache with the log.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>
#include "fechatter/client.hpp"
#include "sdk/store/sqlite.hpp"
#include "tools/replay/lines.hpp"
#include "tools/replay/worker.hpp"

namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using fechatter::ChatId;

struct Settings {
  std::string archive, directory = "build/replay", fechatterd, self;
  int port = 18765, days = 0, clients = 60, workers = 4;
  double kill_every = 3;
};
struct Totals {
  std::size_t lines = 0, repaired = 0, skipped = 0, people = 0, server_kills = 0, worker_kills = 0, compared = 0;
  std::size_t lost = 0, doubled = 0, reordered = 0, diverged = 0;
};

pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(fd, 1), ::dup2(fd, 2);
  std::vector<char*> argv;
  for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

class Driver {
 public:
  explicit Driver(Settings s) : s_(std::move(s)) {}

  int run() {
    const auto days = unpack();
    if (days.empty()) return std::fprintf(stderr, "replay: no chat in %s\n", s_.archive.c_str()), 1;
    write_config();
    start_server();
    if (!found()) return 1;
    const auto begun = Clock::now();
    for (const replay::Day& day : days) {
      if (!play(day) || !compare(day)) return stop_server(), 1;
      std::printf("%s: %zu lines by %zu people; server killed %zu times, clients %zu times so far\n", day.name.c_str(), day.lines.size(), day_people_,
                  t_.server_kills, t_.worker_kills);
      std::fflush(stdout);
    }
    stop_server();
    t_.people = people_.size();
    report(std::chrono::duration<double>(Clock::now() - begun).count());
    return t_.lost + t_.doubled + t_.reordered + t_.diverged ? 1 : 0;
  }

 private:
  std::vector<replay::Day> unpack() {
    fs::remove_all(s_.directory);
    fs::create_directories(s_.directory + "/text");
    int status = 0;
    ::waitpid(spawn({"/bin/tar", "-xzf", fs::absolute(s_.archive), "-C", fs::absolute(s_.directory + "/text")}, s_.directory + "/tar.log"), &status, 0);
    if (status != 0) return {};
    auto days = replay::read_days(s_.directory + "/text");
    if (s_.days > 0 && days.size() > static_cast<std::size_t>(s_.days)) days.resize(static_cast<std::size_t>(s_.days));
    return days;
  }
  void write_config() {
    std::ofstream(s_.directory + "/server.toml") << "[server]\ndata = \"" << s_.directory << "/server\"\nlisten = \"127.0.0.1:" << s_.port
                                                 << "\"\n[limits]\nrates = false\n[log]\nlevel = \"warn\"\n";
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(s_.port); }
  void start_server() { server_ = spawn({s_.fechatterd, "--config", s_.directory + "/server.toml"}, s_.directory + "/server.log"); }
  void kill_server() {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    ++t_.server_kills;
    std::this_thread::sleep_for(50ms);
    start_server();
  }
  void stop_server() {
    ::kill(server_, SIGTERM);
    ::waitpid(server_, nullptr, 0);
  }

  // The founder makes the workspace and an invitation that everybody uses, and each day's channel.
  bool found() {
    runtime_ = fechatter::Runtime::host_driven();
    auto opened = fechatter::Client::open(*runtime_, {url(), s_.directory + "/founder", {}, "founder"});
    if (!opened) return std::fprintf(stderr, "replay: %s\n", opened.error().message.c_str()), false;
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
    if (founder_->workspaces().empty()) return std::fprintf(stderr, "replay: no workspace\n"), false;
    const std::string w = founder_->workspaces()[0].id.str();
    wait([&](auto done) {
      return founder_->call("create_invite", "{\"workspace_id\":\"" + w + "\",\"expires_in\":2000000}", [&, done](auto json) {
        if (json) invite_ = nlohmann::json::parse(*json)["code"];
        done();
      });
    });
    return !invite_.empty() || (std::fprintf(stderr, "replay: no invitation\n"), false);
  }
  template <class F> void wait(F begin) {
    bool over = false;
    auto handle = begin([&over] { over = true; });
    while (!over) runtime_->poll(Clock::now() + 100ms);
  }

  bool play(const replay::Day& day) {
    fechatter::NewChat chat;
    chat.kind = fechatter::ChatSummary::Kind::public_channel, chat.name = "day-" + day.name;
    auto made = founder_->create_chat(std::move(chat));
    if (!made) return std::fprintf(stderr, "replay: %s\n", made.error().message.c_str()), false;
    channel_ = *made;
    wait([&](auto done) { return founder_->when_sent([done](auto) { done(); }); });
    std::map<std::string, replay::Part> by_nick;
    for (const auto& line : day.lines) {
      auto& part = by_nick[line.nick];
      const auto number = people_.emplace(line.nick, people_.size()).first->second;
      part.nick = line.nick.substr(0, 80), part.email = "p" + std::to_string(number) + "@example.org";
      part.directory = s_.directory + "/clients/" + std::to_string(number);
      part.lines.push_back(line.text);
    }
    t_.lines += day.lines.size(), t_.repaired += day.repaired, t_.skipped += day.skipped;
    day_people_ = by_nick.size();
    day_.clear();
    for (auto& [nick, part] : by_nick) day_.push_back(std::move(part));
    for (std::size_t i = 0; i < day_.size(); i += static_cast<std::size_t>(s_.clients))
      if (!speak(std::span(day_).subspan(i, std::min(day_.size() - i, static_cast<std::size_t>(s_.clients))))) return false;
    return true;
  }

  replay::Order order(std::span<const replay::Part> parts) const { return {url(), invite_, channel_.str(), {parts.begin(), parts.end()}}; }
  std::string order_file(std::size_t worker) const { return s_.directory + "/order-" + std::to_string(worker) + ".json"; }
  pid_t start_worker(std::size_t w, const std::string& verb) {
    return spawn({s_.self, verb, order_file(w), s_.directory + "/held-" + std::to_string(w) + ".jsonl"}, s_.directory + "/workers.log");
  }
  std::vector<pid_t> start_workers(std::span<const replay::Part> parts, const std::string& verb) {
    std::vector<pid_t> workers;
    const std::size_t n = std::min(parts.size(), static_cast<std::size_t>(s_.workers)), each = (parts.size() + n - 1) / n;
    for (std::size_t w = 0; w * each < parts.size(); ++w) {
      replay::write_order(order_file(w), order(parts.subspan(w * each, std::min(each, parts.size() - w * each))));
      workers.push_back(start_worker(w, verb));
    }
    return workers;
  }

  // Runs the workers to their end; in between one of them or the server is killed and started again.
  bool speak(std::span<const replay::Part> parts) {
    auto workers = start_workers(parts, "work");
    std::vector<bool> finished(workers.size());
    auto next_kill = Clock::now() + wait_before_kill();
    for (;;) {
      std::size_t done = 0;
      for (std::size_t w = 0; w < workers.size(); ++w) {
        int status = 0;
        if (!finished[w] && ::waitpid(workers[w], &status, WNOHANG) == workers[w]) {
          if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            return std::fprintf(stderr, "replay: a worker failed, see %s/workers.log\n", s_.directory.c_str()), false;
          finished[w] = true;
        }
        done += finished[w];
      }
      if (done == workers.size()) return true;
      if (Clock::now() >= next_kill) {
        next_kill = Clock::now() + wait_before_kill();
        const std::size_t w = random_() % workers.size();
        if (random_() % 2 && !finished[w]) {
          ::kill(workers[w], SIGKILL);
          ::waitpid(workers[w], nullptr, 0);
          workers[w] = start_worker(w, "work");
          ++t_.worker_kills;
        } else {
          kill_server();
        }
      }
      std::this_thread::sleep_for(10ms);
    }
  }
  std::chrono::milliseconds wait_before_kill() {
    return std::chrono::milliseconds(static_cast<int>(s_.kill_every * 500) + static_cast<int>(random_() % static_cast<unsigned>(s_.kill_every * 1000)));
  }

  // Every client of the day against the server's rows, message by message.
  bool compare(const replay::Day&) {
    const auto truth = server_rows();
    check_order(truth);
    for (std::size_t i = 0; i < day_.size(); i += static_cast<std::size_t>(s_.clients)) {
      const auto parts = std::span<const replay::Part>(day_).subspan(i, std::min(day_.size() - i, static_cast<std::size_t>(s_.clients)));
      auto workers = start_workers(parts, "collect");
      for (std::size_t w = 0; w < workers.size(); ++w) {
        int status = 0;
        ::waitpid(workers[w], &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
          return std::fprintf(stderr, "replay: a client did not converge, see %s/workers.log\n", s_.directory.c_str()), false;
        compare_file(s_.directory + "/held-" + std::to_string(w) + ".jsonl", truth);
      }
    }
    return true;
  }
  struct Row {
    std::int64_t seq;
    std::string id, author, body;
    auto operator<=>(const Row&) const = default;
  };
  std::vector<Row> server_rows() {
    std::vector<Row> rows;
    auto db = fechatter::Database::open({s_.directory + "/server/server.db", {}, fechatter::Database::Sync::full, true});
    if (!db) return rows;
    auto s = (*db)->statement("select m.seq, m.id, u.name, m.body from messages m join users u on u.id = m.author_id where chat_id = ?1 order by seq");
    if (!s) return rows;
    s->bind(1, channel_);
    for (auto more = s->step(); more && *more; more = s->step())
      rows.push_back({s->integer(0), s->id<fechatter::MessageId>(1).str(), std::string(s->text(2)), std::string(s->text(3))});
    return rows;
  }
  // Everybody's lines are there once, in the order they were said.
  void check_order(const std::vector<Row>& rows) {
    std::map<std::string, std::vector<std::string>> said;
    std::set<std::string> ids;
    for (const Row& r : rows) said[r.author].push_back(r.body), t_.doubled += !ids.insert(r.id).second;
    for (const replay::Part& part : day_) {
      const auto& have = said[part.nick];
      if (have == part.lines) continue;
      if (have.size() < part.lines.size()) t_.lost += part.lines.size() - have.size();
      else if (have.size() > part.lines.size()) t_.doubled += have.size() - part.lines.size();
      else ++t_.reordered;
    }
  }
  void compare_file(const std::string& file, const std::vector<Row>& truth) {
    std::map<std::string, std::vector<std::pair<std::int64_t, std::pair<std::string, std::string>>>> caches;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const auto j = nlohmann::json::parse(line);
      caches[j["who"]].push_back({j["seq"], {j["id"], j["body"]}});
    }
    for (const auto& [who, cache] : caches) {
      ++t_.compared;
      bool same = cache.size() == truth.size();
      for (std::size_t i = 0; same && i < truth.size(); ++i)
        same = cache[i].first == truth[i].seq && cache[i].second.first == truth[i].id && cache[i].second.second == truth[i].body;
      if (!same) ++t_.diverged, std::printf("diverged: %s holds %zu of %zu\n", who.c_str(), cache.size(), truth.size());
    }
  }
  void report(double seconds) const {
    std::printf("%zu lines by %zu people in %.0f s; %zu lines with broken UTF-8 repaired (U+FFFD), %zu lines without a text skipped\n", t_.lines, t_.people,
                seconds, t_.repaired, t_.skipped);
    std::printf("server killed %zu times, client processes %zu times; %zu caches compared\n", t_.server_kills, t_.worker_kills, t_.compared);
    std::printf("lost %zu, doubled %zu, reordered %zu, diverged %zu\n", t_.lost, t_.doubled, t_.reordered, t_.diverged);
  }

  Settings s_;
  Totals t_;
  std::mt19937 random_{42};
  pid_t server_ = 0;
  std::unique_ptr<fechatter::Runtime> runtime_;
  std::unique_ptr<fechatter::Client> founder_;
  std::string invite_;
  ChatId channel_;
  std::map<std::string, std::size_t> people_;
  std::vector<replay::Part> day_;
  std::size_t day_people_ = 0;
};
}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "work") return replay::work(replay::read_order(argv[2]));
  if (argc == 4 && std::string(argv[1]) == "collect") return replay::collect(replay::read_order(argv[2]), argv[3]);
  Settings s;
  s.self = fs::read_symlink("/proc/self/exe");
  s.fechatterd = fs::path(s.self).parent_path() / "fechatterd";
  CLI::App app("Plays real chat through real clients while everything is killed", "fechatter-replay");
  app.add_option("archive", s.archive, "a .tar.gz of one text file a day")->required()->check(CLI::ExistingFile);
  app.add_option("--dir", s.directory, "where everything is kept; emptied first");
  app.add_option("--fechatterd", s.fechatterd, "the server's binary");
  app.add_option("--port", s.port);
  app.add_option("--days", s.days, "only the first ones; 0: all");
  app.add_option("--clients", s.clients, "at a time");
  app.add_option("--workers", s.workers, "processes that share the clients");
  app.add_option("--kill-every", s.kill_every, "seconds, on average");
  CLI11_PARSE(app, argc, argv);
  return Driver(std::move(s)).run();
}
