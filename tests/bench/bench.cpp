#include "tests/bench/bench.hpp"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/system.hpp"
#include "tests/support/http_socket.hpp"

namespace bench {

double quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(static_cast<double>(values.size() - 1), part * static_cast<double>(values.size())));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

void figure(const std::string& what, double value, const std::string& unit, const std::string& reference, double reference_value) {
  std::printf("%-58s %12.1f %-6s", what.c_str(), value, unit.c_str());
  if (!reference.empty()) std::printf("  ratio %5.2f to %s (%.1f %s)", value / reference_value, reference.c_str(), reference_value, unit.c_str());
  std::printf("\n");
  std::fflush(stdout);
}
void paired_figure(const std::string& what, const std::vector<double>& values, const std::string& unit, const std::string& reference,
                   const std::vector<double>& reference_values) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < values.size(); ++i) ratios.push_back(values[i] / reference_values[i]);
  std::printf("%-58s %12.1f %-6s  ratio %5.2f to %s (%.1f %s); %zu runs, ratios %.2f to %.2f\n", what.c_str(), median(values), unit.c_str(), median(ratios),
              reference.c_str(), median(reference_values), unit.c_str(), values.size(), *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
  std::fflush(stdout);
}
void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

static std::string make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "fechatter-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) give_up("no temporary directory");
  return name;
}
Folder::Folder() : path(make_folder()) {}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

ServerProcess::ServerProcess(const std::string& folder, const std::string& limits) {
  const char* program = std::getenv("FECHATTERD");
  std::ofstream(folder + "/server.toml") << "[server]\ndata = \"" << folder << "/data\"\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"error\"\n[limits]\n"
                                         << limits;
  int out[2];
  if (::pipe(out) != 0) give_up("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // also when this program gives up
    ::dup2(out[1], 1), ::close(out[0]), ::close(out[1]);
    ::execl(program ? program : "build/bench/bin/fechatterd", "fechatterd", "--config", (folder + "/server.toml").c_str(), nullptr);
    std::_Exit(127);
  }
  ::close(out[1]);
  std::string line;
  for (char c; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
  ::close(out[0]);
  const auto colon = line.rfind(':');
  if (colon == std::string::npos) give_up("the server does not start: " + line);
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
}
void ServerProcess::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}
double ServerProcess::metric(const std::string& name) const {
  const std::string text = fechatter::HttpSocket(port_).call("GET", "/metrics").body;
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name.size() + 2);
}
std::int64_t ServerProcess::resident_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::atoll(line.c_str() + 6);
  return 0;
}

// utime and stime are the 14th and 15th field; the name in brackets, the second, may have spaces.
double ServerProcess::cpu_seconds() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  for (int i = 0; i < 11; ++i) fields >> text;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}
double own_cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

std::string call(std::uint16_t port, const std::string& method, const std::string& path, const std::string& json, const std::string& token) {
  const std::string headers = "content-type: application/json\r\n" + (token.empty() ? "" : "authorization: Bearer " + token + "\r\n");
  const auto answer = fechatter::HttpSocket(port, 20000).call(method, "/api/v1" + path, json, headers);
  if (answer.status < 200 || answer.status > 299) give_up(method + " " + path + " answered " + std::to_string(answer.status) + " " + answer.body);
  return answer.body;
}
std::string field(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const auto at = json.find(key);
  if (at == std::string::npos) give_up("no " + name + " in " + json);
  const auto begin = at + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}
std::string new_id() {
  static fechatter::SystemClock clock;
  static fechatter::SystemRandom random;
  static fechatter::IdSource ids(clock, random);
  return ids.next<fechatter::AnyId>().str();
}

Crowd sign_up(std::uint16_t port, std::size_t people) {
  Crowd crowd;
  crowd.workspace = new_id();
  std::string invite;
  for (std::size_t i = 0; i < people; ++i) {
    const std::string email = "p" + std::to_string(i) + "@example.org";
    const std::string how = i == 0 ? ",\"workspace\":{\"id\":\"" + crowd.workspace + "\",\"name\":\"Bench\"}" : ",\"invite\":\"" + invite + "\"";
    const std::string session =
        call(port, "POST", "/signup", "{\"email\":\"" + email + "\",\"password\":\"" + kPassword + "\",\"name\":\"P" + std::to_string(i) + "\"" + how + "}");
    crowd.people.push_back({field(session.substr(session.find("\"user\"")), "id"), field(session, "access_token"), email});
    if (i == 0) invite = field(call(port, "POST", "/workspaces/" + crowd.workspace + "/invites", "{}", crowd.people[0].token), "code");
  }
  return crowd;
}
std::string channel(std::uint16_t port, const Crowd& crowd, const std::string& name) {
  const std::string id = new_id();
  std::string members;
  for (std::size_t i = 1; i < crowd.people.size() && i < 200; ++i) members += (members.empty() ? "\"" : ",\"") + crowd.people[i].id + "\"";
  call(port, "POST", "/chats",
       "{\"id\":\"" + id + "\",\"workspace_id\":\"" + crowd.workspace + "\",\"kind\":\"public_channel\",\"name\":\"" + name + "\",\"member_ids\":[" + members +
           "]}",
       crowd.people[0].token);
  return id;
}

}  // namespace bench
