#include "tools/replay/worker.hpp"
#include <signal.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include "tools/replay/ledger.hpp"
#include "tools/replay/person.hpp"

namespace replay {
namespace {
using namespace fechatter;
using namespace std::chrono_literals;
using nlohmann::json;
constexpr auto kPatience = 300s;
volatile sig_atomic_t g_end = 0;

// Joins the channel and says the lines, in bursts; after a restart it goes on where it was.
class Speaker final : public Person {
 public:
  Speaker(Runtime& runtime, const Order& order, const Part& part) : Person(runtime, order, part), channel_(*ChatId::parse(order.channel)) {}

 private:
  void signed_in() override {
    if (head(channel_)) return settle();
    handle_ = client().join(channel_, [this](Result<Done> r) {
      if (!r) return again([this] { signed_in(); }, r.error());
      settle();
    });
  }
  void settle() {
    settled_ = false;
    handle_ = client().when_sent([this](Result<Done> r) {
      if (!r) return fail(r.error());
      settled_ = true;
      if (counted_) say();
    });
  }
  // Everything that this client ever sent is acknowledged; once it also holds the channel, it knows how much that was.
  void look() override {
    if (!settled_ || counted_) return;
    const auto known = head(channel_);
    const auto held = client().held(channel_);
    if (!known || static_cast<std::int64_t>(held.size()) != *known) return;
    const auto me = client().me();
    for (const Message& m : held) said_ += me && m.author_id == me->id;
    if (said_ > part().lines.size()) return fail({Code::internal, "said more than it was told: " + std::to_string(said_), {}});
    counted_ = true;
    say();
  }
  void say() {
    constexpr std::size_t kBurst = 25;
    if (said_ == part().lines.size()) return finish();
    for (std::size_t i = 0; i < kBurst && said_ < part().lines.size(); ++i) {
      auto sent = client().send(channel_, part().lines[said_]);
      if (!sent) return again([this] { say(); }, sent.error());
      ++said_;
    }
    settle();
  }

  ChatId channel_;
  std::size_t said_ = 0;
  bool settled_ = false, counted_ = false;
};

/// What the log holds, by channel; read once.
class Truth {
 public:
  explicit Truth(std::string directory) : directory_(std::move(directory)) {}
  const std::vector<Entry>& of(const std::string& channel) {
    auto [it, fresh] = read_.try_emplace(channel);
    if (fresh) it->second = read_truth(truth_file(directory_, channel));
    return it->second;
  }

 private:
  std::string directory_;
  std::map<std::string, std::vector<Entry>> read_;
};

// Waits until one channel after the other is held in full. What does not come to that in time is compared as it is.
class Reader final : public Person {
 public:
  Reader(Runtime& runtime, const Order& order, const Part& part, Truth& truth, std::ostream& out) : Person(runtime, order, part), truth_(truth), out_(out) {}
  void compare_rest() {
    while (at_ < part().channels.size()) compare();
  }

 private:
  void signed_in() override {}
  void look() override {
    for (; at_ < part().channels.size(); compare()) {
      held_ = client().held(*ChatId::parse(part().channels[at_]));
      if (held_.size() < truth_.of(part().channels[at_]).size()) return;
    }
    finish();
  }
  void compare() {
    const std::string& channel = part().channels[at_++];
    const auto& truth = truth_.of(channel);
    std::size_t same = 0;
    while (same < truth.size() && same < held_.size() && equal(held_[same], truth[same])) ++same;
    const bool all = same == truth.size() && same == held_.size();
    out_ << json{{"who", part().email}, {"channel", channel}, {"held", held_.size()}, {"same", same}, {"all", all}} << '\n';
    held_.clear();
  }
  static bool equal(const Message& m, const Entry& e) { return m.seq == e.seq && m.body == e.body && m.id.str() == e.id && m.author_id.str() == e.author; }

  Truth& truth_;
  std::ostream& out_;
  std::size_t at_ = 0;
  std::vector<Message> held_;
};

template <class P> bool all_done(const std::vector<std::unique_ptr<P>>& people) {
  for (const auto& p : people)
    if (!p->done()) return false;
  return true;
}
template <class P> std::string first_failure(const std::vector<std::unique_ptr<P>>& people) {
  for (const auto& p : people)
    if (!p->failure().empty()) return p->failure();
  return {};
}
// 0: all are done; 1: one failed; 3: out of patience.
template <class P> int turn_all(Runtime& runtime, const std::vector<std::unique_ptr<P>>& people) {
  const auto end = Clock::now() + kPatience;
  while (!all_done(people) && !g_end) {
    const auto now = Clock::now();
    for (const auto& p : people) p->turn(now);
    if (const auto failure = first_failure(people); !failure.empty()) return std::fprintf(stderr, "%s\n", failure.c_str()), 1;
    if (now > end) {
      for (const auto& p : people)
        if (!p->done()) std::fprintf(stderr, "stuck: %s\n", p->report().c_str());
      return 3;
    }
    runtime.poll(now + 20ms);
  }
  return 0;
}
}  // namespace

int work(const Order& order, const std::string& done) {
  ::signal(SIGTERM, [](int) { g_end = 1; });
  auto runtime = Runtime::host_driven();
  std::vector<std::unique_ptr<Speaker>> people;
  for (const Part& part : order.parts) people.push_back(std::make_unique<Speaker>(*runtime, order, part));
  if (const int failed = turn_all(*runtime, people)) return failed;
  if (!g_end) std::ofstream(done) << "done\n";
  while (!g_end) runtime->poll(Clock::now() + 100ms);
  return 0;
}

int check(const Order& order, const std::string& out) {
  auto runtime = Runtime::host_driven();
  std::ofstream file(out);
  Truth truth(order.truth);
  std::vector<std::unique_ptr<Reader>> people;
  for (const Part& part : order.parts) people.push_back(std::make_unique<Reader>(*runtime, order, part, truth, file));
  const int ended = turn_all(*runtime, people);
  for (const auto& p : people) p->compare_rest();
  return ended == 3 ? 0 : ended;
}

}  // namespace replay
