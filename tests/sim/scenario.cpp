#include "tests/sim/scenario.hpp"
#include <algorithm>
#include <cstdio>
#include "tests/sim/run.hpp"

namespace fechatter::sim {

Run::Run(std::uint64_t seed, Story story)
    : story_(story), world_(seed), log_(sights_), ledger_(world_, sights_), traffic_(sights_), network_(world_, *this),
      server_(world_, network_, log_, world_.random().next()), server_watch_(sights_) {
  ledger_.told_device = story.device;
  ledger_.large_chat = server_.large_chat = 2 + static_cast<std::int64_t>(lot(5));  // some worlds have large chats
  if (!story.brief && lot(3) == 0) draw_limits();
  if (story.forgetful_disk) server_.disk().forget_flushes();
  network_.translate = [this](std::size_t device, SharedText text) { return translate(device, std::move(text)); };
  network_.on_lost_first = [this](std::size_t device, const ApiRequest&) { lost_first(device); };
}

Verdict Run::operator()() {
  if (settle_down() && found_town()) {
    bad_times();
    heal();
  }
  return verdict();
}

void Run::tell(const std::string& what) {
  world_.note(what);
  if (story_.on) std::printf("%8lld  %s\n", static_cast<long long>(world_.now_ms()), what.c_str());
}

// --- time ---

// One call of one loop; then what it did to the machines.
bool Run::step() {
  bool ran = true;
  try {
    ran = world_.step();
  } catch (const ProcessEnded&) {
    end_server(ServerNode::End::killed);
  }
  if (!server_.disk().powered()) end_server(ServerNode::End::power);
  for (const auto& d : devices_)
    if (!d->disk().powered()) end_device(*d, Device::End::power);
  ledger_.observe(server_);
  if (story_.brief && middle_) end_at_commit();
  look();
  return ran;
}
void Run::look() {
  if (server_.up()) server_watch_.look(server_);
  for (const auto& d : devices_)
    if (d->up()) watches_[d->number()]->look(*d);
}
void Run::run_for(std::int64_t ms) {
  bool over = false;
  const auto clock = world_.loop("clock");
  const Timer timer = clock->after(ms, [&over] { over = true; });
  while (!over && step()) continue;
}

bool Run::counts(std::int64_t& seen, std::int64_t now) { return now > 0 && std::exchange(seen, now) != now; }
// A boundary: the step has committed something, and nobody has been told yet.
void Run::end_at_commit() {
  const auto due = [&](std::optional<std::size_t> device, std::int64_t n) { return story_.end && story_.end->device == device && story_.end->commit == n; };
  if (server_.up() && counts(server_seen_, server_.store().head()) && due(std::nullopt, ++verdict_.server_commits))
    end_server(story_.end->power ? ServerNode::End::power : ServerNode::End::killed);
  verdict_.device_commits.resize(devices_.size());
  for (const auto& d : devices_)
    if (d->up() && counts(device_seen_[d->number()], d->disk().operations()) && due(d->number(), ++verdict_.device_commits[d->number()]))
      end_device(*d, story_.end->power ? Device::End::power : Device::End::killed);
}

// --- machines ---

void Run::end_server(ServerNode::End how) {
  if (server_.up()) ++verdict_.server_ends, tell(how == ServerNode::End::power ? "the server loses power" : "the server is killed");
  server_.end(how), server_drained_ = 0;
  server_back_ = world_.now_ms() + span(0, 4000);
}
void Run::end_device(Device& d, Device::End how) {
  if (d.up())
    ++verdict_.device_ends,
        tell("device " + std::to_string(d.number()) +
             (how == Device::End::power        ? " loses power"
                  : how == Device::End::killed ? " is killed"
                                               : " is closed"));
  d.end(how);
  back_[d.number()] = world_.now_ms() + span(0, 4000);
}
void Run::start_server() {
  if (auto done = server_.start(); !done) {
    if (server_.disk().powered() && !server_full_) ledger_.blame("the server does not start: " + done.error().message);
    return end_server(server_.disk().powered() ? ServerNode::End::killed : ServerNode::End::power);
  }
  tell("the server starts");
  if (!std::exchange(restoring_, false)) return;
  ledger_.history_restored(server_, renewed_);
  for (const auto& l : listeners_) l->forget(server_.store().head());
}
void Run::open_device(Device& d) {
  if (chance(60)) (void)d.disk().flip("/home/cache.db", 5);  // its header: found at opening
  if (old_.contains(d.number()) && (healing_ || lot(4) == 0)) upgrade(d);
  if (auto done = d.open(); !done) {
    if (d.disk().powered() && !full_.contains(d.number())) ledger_.blame("device " + std::to_string(d.number()) + " does not open: " + done.error().message);
    return end_device(d, d.disk().powered() ? Device::End::killed : Device::End::power);
  }
  watches_[d.number()]->restarted();
  if (d.user && !d.client().me() && !d.may_be_out()) ledger_.blame("device " + std::to_string(d.number()) + " has forgotten its session");
}
void Run::upgrade(Device& d) {
  if (!d.upgrade()) return;
  old_.erase(d.number());
  tell("device " + std::to_string(d.number()) + " is upgraded");
}
void Run::come_back() {
  if (!server_.up() && world_.now_ms() >= server_back_) start_server();
  for (const auto& d : devices_)
    if (!d->up() && world_.now_ms() >= back_[d->number()]) open_device(*d);
}

// --- the end: fair weather, and everything must come right ---

void Run::heal() {
  tell("everything heals");
  healing_ = true;
  network_.weather = {}, server_.refuse = 0;
  server_full_ = false, server_.disk().set_full(std::nullopt), server_.disk().fail_after(-1);
  const bool unsaid = ledger_.doubtful() || (restoring_ && !renewed_);
  if (server_drained_ > 0 || unsaid) end_server(ServerNode::End::killed);
  if (unsaid && !server_.change_epoch()) ledger_.blame("the epoch cannot be renewed");  // now somebody says that it is another history
  for (const auto& d : devices_) {
    full_.erase(d->number()), d->disk().set_full(std::nullopt), d->disk().fail_after(-1);
    network_.set_offline(d->number(), false);
  }
  std::string difference;
  for (int i = 0; i < 300; ++i) {
    run_for(1000);
    come_back();
    if (difference = differences(); difference.empty() && i > 2) break;
  }
  if (!difference.empty()) ledger_.blame(difference);
  if (server_.up()) judge();
}
void Run::judge() {
  for (const auto& d : devices_) {
    if (!d->up()) continue;
    for (const MessageId& id : d->unsent(false)) ledger_.excuse(id);
    for (const MessageId& id : d->waiting_changes()) ledger_.change_waits(id);
  }
  ledger_.check_messages(server_);
  ledger_.check_secrecy();
  ledger_.check_answers(server_);
}
std::string Run::differences() {
  if (!server_.up()) return "the server is down";
  for (const auto& d : devices_) {
    const std::string name = "device " + std::to_string(d->number());
    if (!d->up()) return name + " is down";
    if (old_.contains(d->number())) return end_device(*d, Device::End::closed), name + " is of an older version";
    if (!d->client().me()) return d->sign_in(), name + " is signed out";
    if (auto text = d->difference(server_); !text.empty()) return text;
  }
  for (const auto& l : listeners_)
    if (auto text = l->difference(server_); !text.empty()) return text;
  return ledger_.missing_in_feeds();
}

Verdict Run::verdict() {
  verdict_.findings = ledger_.findings();
  verdict_.trace = world_.trace(), verdict_.steps = world_.steps(), verdict_.simulated_ms = world_.now_ms();
  const auto& counts = ledger_.counts();
  verdict_.acknowledged = counts.acknowledged, verdict_.deliveries = counts.deliveries, verdict_.events = counts.events;
  verdict_.written = static_cast<std::int64_t>(ledger_.written().size());
  verdict_.sights = sights_;
  return verdict_;
}

Verdict run_scenario(std::uint64_t seed, Story story) { return Run(seed, story)(); }

}  // namespace fechatter::sim
