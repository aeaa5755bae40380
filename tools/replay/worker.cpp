#include "tools/replay/worker.hpp"
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include "fechatter/client.hpp"

namespace replay {
namespace {
using namespace fechatter;
using nlohmann::json;
constexpr const char* kPassword = "replay-password";

// One person: a small state machine, turned by the runtime's loop.
class Person {
 public:
  Person(Runtime& runtime, const Order& order, const Part& part, bool speaks) : order_(order), part_(part), speaks_(speaks) {
    auto client = Client::open(runtime, {order.server, part.directory, {}, "replay", Hold::all});
    if (!client) {
      fail(client.error());
      return;
    }
    client_ = std::move(*client);
    if (client_->me()) found_account();
    else sign_up();
  }
  bool done() const { return done_; }
  const std::string& failure() const { return failure_; }
  Client* client() { return client_.get(); }
  ChatId channel() const { return channel_; }

  // Called now and then: what waits for the cache to fill.
  void turn() {
    if (done_ || !joined_ || busy_) return;
    if (!complete()) return;
    if (!speaks_) {
      done_ = true;
      return;
    }
    if (!counted_) said_ = own(), counted_ = true;  // everything this client ever sent is acknowledged and held: count it
    if (said_ > part_.lines.size()) return fail({Code::internal, "said more than it was told: " + std::to_string(said_), {}});
    if (said_ == part_.lines.size()) {
      done_ = true;
      return;
    }
    say();
  }
  std::string report() const {
    return part_.nick + ": connection " + std::to_string(static_cast<int>(client_ ? client_->connection() : Connection::signed_out)) + ", joined " +
        std::to_string(joined_) + ", said " + std::to_string(said_) + " of " + std::to_string(part_.lines.size()) + ", held " +
        std::to_string(client_ ? client_->held(channel_).size() : 0) + " of " + std::to_string(head()) + ", waiting " +
        std::to_string(client_ ? client_->status().pending : 0);
  }

 private:
  void fail(const Error& e) { failure_ = part_.nick + ": " + std::string(code_name(e.code)) + ": " + e.message, done_ = true; }
  void sign_up() {
    handle_ = client_->sign_up({part_.email, kPassword, part_.nick, {}, order_.invite}, [this](Result<User> user) {
      if (user) return found_account();
      if (user.error().code == Code::conflict) return sign_in();
      again([this] { sign_up(); }, user.error());
    });
  }
  void sign_in() {
    handle_ = client_->sign_in(part_.email, kPassword, [this](Result<User> user) {
      if (user) return found_account();
      again([this] { sign_in(); }, user.error());
    });
  }
  // The server is down now and then: every answer but a refusal means "later".
  void again(std::function<void()> what, const Error& e) {
    if (!e.retryable() && e.code != Code::closed) return fail(e);
    later_ = std::move(what);
  }
  void found_account() {
    handle_ = client_->when_synced([this](Result<Done> r) {
      if (!r) return fail(r.error());
      join();
    });
  }
  void join() {
    channel_ = *ChatId::parse(order_.channel);
    for (const ChatSummary& c : client_->chats_now())
      if (c.id == channel_) return settled();
    handle_ = client_->join(channel_, [this](Result<Done> r) {
      if (!r) return again([this] { join(); }, r.error());
      settled();
    });
  }
  void settled() {
    busy_ = true;
    handle_ = client_->when_sent([this](Result<Done> r) {
      if (!r) return fail(r.error());
      busy_ = false, joined_ = true;
    });
  }
  std::int64_t head() const {
    if (client_)
      for (const ChatSummary& c : client_->chats_now())
        if (c.id == channel_) return c.head_seq;
    return -1;
  }
  bool complete() const { return client_->status().pending == 0 && static_cast<std::int64_t>(client_->held(channel_).size()) == head(); }
  std::size_t own() const {
    const auto me = client_->me();
    std::size_t n = 0;
    for (const Message& m : client_->held(channel_)) n += me && m.author_id == me->id;
    return n;
  }
  void say() {
    constexpr std::size_t kBurst = 25;
    for (std::size_t i = 0; i < kBurst && said_ < part_.lines.size(); ++i) {
      auto sent = client_->send(channel_, part_.lines[said_]);
      if (!sent) return fail(sent.error());
      ++said_;
    }
    settled();
    joined_ = true;
  }

 public:
  void retry_later() {
    if (auto f = std::move(later_)) later_ = nullptr, f();
  }

 private:
  const Order& order_;
  const Part& part_;
  bool speaks_;
  std::unique_ptr<Client> client_;
  Handle handle_;
  ChatId channel_;
  std::size_t said_ = 0;
  bool joined_ = false, busy_ = false, counted_ = false, done_ = false;
  std::string failure_;
  std::function<void()> later_;
};

int run(const Order& order, bool speaks, const std::function<void(Person&, const Part&)>& finish) {
  auto runtime = Runtime::host_driven();
  std::vector<std::unique_ptr<Person>> people;
  for (const Part& part : order.parts) people.push_back(std::make_unique<Person>(*runtime, order, part, speaks));
  const auto begun = std::chrono::steady_clock::now();
  auto shown = begun;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    runtime->poll(now + std::chrono::milliseconds(20));
    std::size_t done = 0;
    for (auto& p : people) {
      p->turn();
      done += p->done();
      if (!p->failure().empty()) return std::fprintf(stderr, "%s\n", p->failure().c_str()), 1;
    }
    if (done == people.size()) break;
    if (now - shown > std::chrono::seconds(1)) {
      for (auto& p : people) p->retry_later();
      shown = now;
    }
    if (now - begun > std::chrono::seconds(300)) {
      for (auto& p : people)
        if (!p->done()) std::fprintf(stderr, "stuck: %s\n", p->report().c_str());
      return 3;
    }
  }
  for (std::size_t i = 0; i < people.size(); ++i)
    if (finish) finish(*people[i], order.parts[i]);
  return 0;
}
}  // namespace

void write_order(const std::string& file, const Order& o) {
  json parts = json::array();
  for (const Part& p : o.parts) parts.push_back({{"nick", p.nick}, {"email", p.email}, {"directory", p.directory}, {"lines", p.lines}});
  std::ofstream(file) << json{{"server", o.server}, {"invite", o.invite}, {"channel", o.channel}, {"parts", parts}};
}
Order read_order(const std::string& file) {
  std::ifstream in(file);
  const json j = json::parse(in);
  Order o{j["server"], j["invite"], j["channel"], {}};
  for (const json& p : j["parts"]) o.parts.push_back({p["nick"], p["email"], p["directory"], p["lines"].get<std::vector<std::string>>()});
  return o;
}

int work(const Order& order) { return run(order, true, nullptr); }

int collect(const Order& order, const std::string& out) {
  std::ofstream file(out);
  return run(order, false, [&](Person& person, const Part& part) {
    for (const Message& m : person.client()->held(person.channel()))
      file << json{{"who", part.nick}, {"id", m.id.str()}, {"seq", m.seq}, {"author", m.author_id.str()}, {"body", m.body}} << '\n';
  });
}

}  // namespace replay
