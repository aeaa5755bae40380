// A device that was away while 100,000 messages were posted: until it holds all of them, beside raw SQLite inserting the same rows of
// the same cache in transactions of a page each, flushed as the cache flushes.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>
#include "sdk/client/client_impl.hpp"
#include "sdk/client/search/held_index.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/raw_rows.hpp"

namespace {
using namespace fechatter;
constexpr std::size_t kChats = 20, kMissed = 100000, kPage = 200;
constexpr int kRuns = 5;

std::size_t held(Client& client) {
  std::int64_t n = 0;
  client.impl().core->with([&] {
    Cache& cache = *client.impl().core->desk()->cache;
    for (const ChatId& id : cache.ids("select chat_id from chat_sync"))
      for (const HeldRange& r : cache.chat(id)->coverage.ranges()) n += r.hi - r.lo + 1;
  });
  return static_cast<std::size_t>(n);
}
// What the index was told of each row, page by page in the order of the rows, within a page in the order of the places.
std::vector<std::pair<std::int64_t, std::string>> texts(const std::string& path) {
  std::vector<std::pair<std::int64_t, std::string>> list;
  auto db = Database::open({path, {}, Database::Sync::normal, true});
  if (!db) bench::give_up(db.error().message);
  auto s = (*db)->statement("select rowid, * from messages order by rowid");
  for (auto more = s->step(); more && *more; more = s->step()) {
    const auto m = std::static_pointer_cast<const MessageRow>(read_row(*s, type_of<MessageRow>));
    list.emplace_back(search_place(m->created_at, s->integer(0)), search_text(*m));
  }
  for (std::size_t from = 0; from < list.size(); from += kPage)
    std::sort(list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(std::min(from + kPage, list.size())));
  return list;
}
template <class F> bool wait_for(F done, int seconds) {
  for (int i = 0; i < seconds * 200; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}
}  // namespace

int main() {
  using namespace bench;
  Folder folder;
  ServerProcess server(folder.path);
  const Crowd crowd = sign_up(server.port(), 8);
  std::vector<std::string> chats;
  for (std::size_t i = 0; i < kChats; ++i) chats.push_back(channel(server.port(), crowd, "bench-" + std::to_string(i)));

  const auto runtime = Runtime::threaded();
  const auto post = [](std::function<void()> f) { std::thread(std::move(f)).detach(); };  // completions only set flags here
  ClientOptions options{server.url(), folder.path + "/device", post, "bench", Hold::all};
  {
    auto client = Client::open(*runtime, options);
    if (!client) give_up(client.error().message);
    std::atomic<int> in{0};
    (*client)->sign_in(crowd.people[1].email, kPassword, [&](Result<User> me) { in = me ? 1 : -1; }).detach();
    if (!wait_for([&] { return in != 0 && (*client)->status().synced; }, 30) || in < 0) give_up("cannot sign in");
  }
  const auto device = [home = options.directory](int run) { return home + std::to_string(run); };  // the same one, away, as often as it comes back
  for (int run = 0; run < kRuns; ++run) std::filesystem::copy(options.directory, device(run), std::filesystem::copy_options::recursive);
  std::size_t sent = 0;
  send_all(server.port(), 64, [&](std::size_t) {
    if (sent >= kMissed) return std::string();
    const std::string body =
        "{\"id\":\"" + new_id() + "\",\"body\":\"message number " + std::to_string(++sent) + " that somebody was not there to read, of a usual length\"}";
    return request_text("POST", "/chats/" + chats[sent % kChats] + "/messages", crowd.people[sent % 8].token, body);
  });

  std::vector<double> synced, whole, raw;
  for (int run = 0; run < kRuns; ++run) {
    options.directory = device(run);
    {
      const Watch watch;
      auto client = Client::open(*runtime, options);
      if (!client) give_up(client.error().message);
      if (!wait_for([&] { return (*client)->connection() == Connection::live; }, 60)) give_up("does not catch up");
      synced.push_back(watch.seconds() * 1000);
      if (!wait_for([&] { return held(**client) >= kMissed; }, 600)) give_up("holds only " + std::to_string(held(**client)));
      whole.push_back(kMissed / watch.seconds());
    }
    RawRows cache(device(run) + "/cache.db");
    cache.texts(texts(device(run) + "/cache.db"));
    if (cache.count("messages") != kMissed) give_up("the cache has " + std::to_string(cache.count("messages")) + " messages");
    raw.push_back(cache.copy({"messages", "messages_text"}, folder.path + "/raw" + std::to_string(run) + ".db", kPage, "normal",
                             "pragma locking_mode=exclusive; pragma cache_size=-16000; pragma wal_autocheckpoint=4096"));
  }
  figure("catch-up, until live (heads of all chats)", quantile(synced, 0.5), "ms");
  paired_figure("catch-up of 100,000 missed messages, all held", whole, "/s", "raw SQLite batched inserts", raw);
}
