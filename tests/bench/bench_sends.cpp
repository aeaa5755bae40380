// Durable sends per second through HTTP, and how long one takes at half of that, beside raw SQLite: the same rows of the same database,
// inserted in transactions of as many messages as the writer lane put into one, each flushed as the server flushes.
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/raw_rows.hpp"

namespace {
using namespace bench;
constexpr std::size_t kPeople = 64, kMessages = 20000;
constexpr int kRuns = 5;

/// A server with people in one channel.
struct Town {
  Folder folder;
  ServerProcess server{folder.path};
  Crowd crowd = sign_up(server.port(), kPeople);
  std::string chat = channel(server.port(), crowd, "bench");
  std::size_t sent = 0;
  std::string next(std::size_t connection) {
    const std::string body =
        "{\"id\":\"" + new_id() + "\",\"body\":\"message number " + std::to_string(++sent) + " of a lively channel, as long as most of them are\"}";
    return request_text("POST", "/chats/" + chat + "/messages", crowd.people[connection % kPeople].token, body);
  }
};

struct Load {
  std::vector<double> rates, references, p99_ms, batches, server_us, client_us;
};
// The rows that the messages became, once more.
double raw_inserts(const Folder& folder, std::size_t batch) {
  RawRows rows(folder.path + "/data/server.db");
  return rows.copy({"messages", "messages_text", "log where type = 'message_posted'"}, folder.path + "/raw.db", batch, "full");
}

void run(std::size_t senders, Load& load) {
  Town town;
  const double batches = town.server.metric("fechatter_lane_batches_total"), commands = town.server.metric("fechatter_lane_commands_total");
  const double server_cpu = town.server.cpu_seconds(), client_cpu = own_cpu_seconds();
  const Watch watch;
  const auto took = send_all(town.server.port(), senders, [&](std::size_t i) { return town.sent < kMessages ? town.next(i) : std::string(); });
  load.rates.push_back(static_cast<double>(took.size()) / watch.seconds());
  load.server_us.push_back((town.server.cpu_seconds() - server_cpu) / kMessages * 1e6);
  load.client_us.push_back((own_cpu_seconds() - client_cpu) / kMessages * 1e6);
  load.p99_ms.push_back(quantile(took, 0.99) * 1000);
  const double done = town.server.metric("fechatter_lane_commands_total") - commands;
  load.batches.push_back(std::max(1.0, done / std::max(1.0, town.server.metric("fechatter_lane_batches_total") - batches)));
  town.server.stop();
  load.references.push_back(raw_inserts(town.folder, static_cast<std::size_t>(load.batches.back())));
}

double full_load(std::size_t senders, int runs) {
  Load load;
  for (int i = 0; i < runs; ++i) run(senders, load);
  paired_figure("durable sends through HTTP, " + std::to_string(senders) + " senders", load.rates, "/s", "raw SQLite batched inserts", load.references);
  figure("  p99 of a send under that load", median(load.p99_ms), "ms");
  figure("  messages in one transaction", median(load.batches), "");
  figure("  CPU time of the server for each", median(load.server_us), "us");
  figure("  CPU time of the senders for each", median(load.client_us), "us");
  return median(load.rates);
}

void half_load(double per_second) {
  std::vector<double> p50, p99;
  for (int i = 0; i < 3; ++i) {
    Town town;
    const auto took = send_paced(town.server.port(), 256, per_second, kMessages, [&](std::size_t c) { return town.next(c); });
    p50.push_back(quantile(took, 0.5) * 1000), p99.push_back(quantile(took, 0.99) * 1000);
  }
  figure("a send at half of that load (" + std::to_string(static_cast<int>(per_second)) + "/s, open loop), p99", median(p99), "ms");
  figure("  p50", median(p50), "ms");
}
}  // namespace

int main(int count, char** arguments) {
  if (count > 1) return full_load(static_cast<std::size_t>(std::atoi(arguments[1])), 1), 0;  // one load alone, for a profiler
  const double most = full_load(64, kRuns);
  full_load(256, 3);
  full_load(1000, 3);
  half_load(most / 2);
}
