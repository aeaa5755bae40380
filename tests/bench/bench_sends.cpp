// Durable sends per second through HTTP, 64 senders at a time, beside raw SQLite: the same rows of the same database, inserted in
// transactions of as many messages as the writer lane put into one, each flushed as the server flushes.
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/raw_rows.hpp"

namespace {
constexpr std::size_t kSenders = 64, kMessages = 20000;
constexpr int kRuns = 5;
}  // namespace

int main() {
  using namespace bench;
  std::vector<double> rates, references, latencies, batches;
  for (int run = 0; run < kRuns; ++run) {
    Folder folder;
    std::size_t batch = 1;
    {
      ServerProcess server(folder.path);
      const Crowd crowd = sign_up(server.port(), kSenders);
      const std::string chat = channel(server.port(), crowd, "bench");
      const double batches_before = server.metric("fechatter_lane_batches_total"), commands_before = server.metric("fechatter_lane_commands_total");
      std::size_t sent = 0;
      const Watch watch;
      const auto took = send_all(server.port(), kSenders, [&](std::size_t i) {
        if (sent >= kMessages) return std::string();
        const std::string body =
            "{\"id\":\"" + new_id() + "\",\"body\":\"message number " + std::to_string(++sent) + " of a lively channel, as long as most of them are\"}";
        return request_text("POST", "/chats/" + chat + "/messages", crowd.people[i].token, body);
      });
      rates.push_back(static_cast<double>(took.size()) / watch.seconds());
      latencies.push_back(quantile(took, 0.99) * 1000);
      const double commands = server.metric("fechatter_lane_commands_total") - commands_before;
      batches.push_back(commands / std::max(1.0, server.metric("fechatter_lane_batches_total") - batches_before));
      batch = static_cast<std::size_t>(std::max(1.0, batches.back()));
    }
    RawRows rows(folder.path + "/data/server.db");
    references.push_back(rows.copy({"messages", "messages_text", "log where type = 'message_posted'"}, folder.path + "/raw.db", batch, "full"));
  }
  paired_figure("durable sends through HTTP, 64 senders", rates, "/s", "raw SQLite batched inserts", references);
  figure("  p99 of a send under that load", median(latencies), "ms");
  figure("  messages in one transaction", median(batches), "");
}
