// The start of an app: 10,000 chats and 1,000,000 held messages on the disk; until the newest 20 chats and the newest 50 messages of one
// are there, in a fresh process, without a network. Beside bare SQLite that runs the three statements an app would write for it.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include "sdk/client/client_impl.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/history.hpp"

namespace {
using namespace fechatter;
constexpr int kRuns = 7;

std::int64_t peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::atoll(line.c_str() + 6);
  return 0;
}

// One start. Prints milliseconds until the chats, until the messages, and KiB.
int start_app(const std::string& folder) {
  const bench::Watch watch;
  const auto runtime = Runtime::host_driven();
  auto client = Client::open(*runtime, {"http://127.0.0.1:9", folder});
  if (!client) bench::give_up(client.error().message);
  const auto list = (*client)->chats(20);
  (void)list->drain();
  if (list->items().size() < 20) bench::give_up("no chats");
  const double chats = watch.seconds();
  const auto timeline = (*client)->timeline(list->items().front().id);
  for (int i = 0; i < 1000 && timeline->items().size() < 50; ++i) {
    (void)timeline->drain();
    (void)runtime->poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  }
  if (timeline->items().size() < 50 || timeline->items().back().message.body.empty()) bench::give_up("no messages");
  std::printf("%f %f %lld\n", chats * 1000, watch.seconds() * 1000, static_cast<long long>(peak_kib()));
  return 0;
}
int start_raw(const std::string& folder) {
  const bench::Watch watch;
  sqlite3* db = nullptr;
  if (sqlite3_open((folder + "/cache.db").c_str(), &db) != SQLITE_OK) bench::give_up("cannot open");
  const auto count = [&](const std::string& sql, std::string* first = nullptr) {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &s, nullptr) != SQLITE_OK) bench::give_up(sqlite3_errmsg(db));
    int rows = 0;
    for (; sqlite3_step(s) == SQLITE_ROW; ++rows)
      if (first && rows == 0) *first = reinterpret_cast<const char*>(sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return rows;
  };
  std::string chat;
  if (count("select hex(id), * from chats order by last_at desc limit 20", &chat) != 20) bench::give_up("no chats");
  const double chats = watch.seconds();
  if (count("select * from messages where chat_id = x'" + chat + "' order by seq desc limit 50") != 50) bench::give_up("no messages");
  std::printf("%f %f %lld\n", chats * 1000, watch.seconds() * 1000, static_cast<long long>(peak_kib()));
  sqlite3_close(db);
  return 0;
}

struct Start {
  double chats = 0, messages = 0, kib = 0;
};
Start measure(const std::string& how, const std::string& folder) {
  FILE* out = ::popen(("/proc/" + std::to_string(::getpid()) + "/exe " + how + " " + folder).c_str(), "r");
  Start s;
  const int read = std::fscanf(out, "%lf %lf %lf", &s.chats, &s.messages, &s.kib);
  if (::pclose(out) != 0 || read != 3) bench::give_up("a start failed");
  return s;
}
}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  if (argc == 3) return std::string(argv[1]) == "app" ? start_app(argv[2]) : start_raw(argv[2]);
  Folder folder;
  const std::string home = folder.path + "/home";
  std::optional<UserId> self;
  {
    ServerProcess server(folder.path);
    (void)sign_up(server.port(), 1);
    const auto runtime = Runtime::host_driven();
    auto client = Client::open(*runtime, {server.url(), home});
    if (!client) give_up(client.error().message);
    int in = 0;
    (*client)->sign_in("p0@example.org", kPassword, [&](Result<User> me) { in = me ? 1 : -1; }).detach();
    for (int i = 0; i < 3000 && in == 0; ++i) (void)runtime->poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(10));
    if (in != 1) give_up("cannot sign in");
    self = (*client)->me()->id;
  }
  write_history(home + "/cache.db", *self);
  std::vector<double> chats, messages, kib, raw_chats, raw_messages, raw_kib;
  for (int run = 0; run < kRuns; ++run) {
    const Start app = measure("app", home), raw = measure("raw", home);
    chats.push_back(app.chats), messages.push_back(app.messages), kib.push_back(app.kib / 1024);
    raw_chats.push_back(raw.chats), raw_messages.push_back(raw.messages), raw_kib.push_back(raw.kib / 1024);
  }
  paired_figure("cold open, until the newest 20 of 10,000 chats", chats, "ms", "bare SQLite", raw_chats);
  paired_figure("cold open, until the newest 50 of 1,000,000 messages", messages, "ms", "bare SQLite", raw_messages);
  paired_figure("  memory of the process at its highest", kib, "MiB", "bare SQLite", raw_kib);
}
