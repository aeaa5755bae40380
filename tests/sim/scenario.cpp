#include "tests/sim/scenario.hpp"
#include <algorithm>
#include <cstdio>
#include <memory>
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/sim/device.hpp"
#include "tests/sim/server_node.hpp"

namespace fechatter::sim {
namespace {

class Run {
 public:
  Run(std::uint64_t seed, Story story)
      : story_(story.on), world_(seed), ledger_(world_), network_(world_, ledger_), server_(world_, network_, world_.random().next()) {
    ledger_.told_device = story.device;
    server_.large_chat = 2 + static_cast<std::int64_t>(lot(5));  // some worlds have large chats
    if (story.forgetful_disk) server_.disk().forget_flushes();
  }

  Verdict operator()() {
    if (settle_down() && found_town()) {
      bad_times();
      heal();
    }
    return verdict();
  }

 private:
  // --- chance ---
  std::uint64_t lot(std::uint64_t n) { return world_.random().below(n); }
  bool chance(std::uint64_t thousandths) { return lot(1000) < thousandths; }
  std::int64_t span(std::int64_t from, std::int64_t to) { return from + static_cast<std::int64_t>(lot(static_cast<std::uint64_t>(to - from + 1))); }
  void tell(const std::string& what) {
    world_.note(what);
    if (story_) std::printf("%8lld  %s\n", static_cast<long long>(world_.now_ms()), what.c_str());
  }

  // --- time ---
  // One call of one loop; then what it did to the machines.
  bool step() {
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
    return ran;
  }
  void run_for(std::int64_t ms) {
    bool over = false;
    const auto clock = world_.loop("clock");
    const Timer timer = clock->after(ms, [&over] { over = true; });
    while (!over && step()) continue;
  }

  // --- machines ---
  void end_server(ServerNode::End how) {
    if (server_.up()) ++verdict_.server_ends, tell(how == ServerNode::End::power ? "the server loses power" : "the server is killed");
    server_.end(how), server_drained_ = 0;
    server_back_ = world_.now_ms() + span(0, 4000);
  }
  void end_device(Device& d, Device::End how) {
    if (d.up())
      ++verdict_.device_ends,
          tell("device " + std::to_string(d.number()) +
               (how == Device::End::power        ? " loses power"
                    : how == Device::End::killed ? " is killed"
                                                 : " is closed"));
    d.end(how);
    back_[d.number()] = world_.now_ms() + span(0, 4000);
  }
  void start_server() {
    if (auto done = server_.start(); !done) {
      if (server_.disk().powered() && !server_full_) ledger_.blame("the server does not start: " + done.error().message);
      return end_server(server_.disk().powered() ? ServerNode::End::killed : ServerNode::End::power);
    }
    tell("the server starts");
  }
  void open_device(Device& d) {
    if (chance(60)) (void)d.disk().flip("/home/cache.db", 5);  // its header: found at opening
    if (auto done = d.open(); !done) {
      if (d.disk().powered() && !full_.contains(d.number())) ledger_.blame("device " + std::to_string(d.number()) + " does not open: " + done.error().message);
      return end_device(d, d.disk().powered() ? Device::End::killed : Device::End::power);
    }
    if (d.user && !d.client().me() && !d.may_be_out()) ledger_.blame("device " + std::to_string(d.number()) + " has forgotten its session");
  }
  void come_back() {
    if (!server_.up() && world_.now_ms() >= server_back_) start_server();
    for (const auto& d : devices_)
      if (!d->up() && world_.now_ms() >= back_[d->number()]) open_device(*d);
  }

  // --- the beginning, in fair weather ---
  bool settle_down() {
    start_server();
    return server_.up();
  }
  bool until(const std::function<bool()>& done, const char* what) {
    for (int i = 0; i < 600; ++i) {
      if (done()) return true;
      run_for(50);
    }
    ledger_.blame(std::string("could not ") + what);
    return false;
  }
  Device& add_device(std::string email) {
    devices_.push_back(std::make_unique<Device>(world_, network_, ledger_, town_, devices_.size(), chance(400) ? Hold::all : Hold::recent));
    devices_.back()->set_email(std::move(email));
    open_device(*devices_.back());
    return *devices_.back();
  }
  bool found_town() {
    const std::size_t people = 2 + lot(3);
    Device& first = add_device("p0@example.org");
    first.sign_up("Town", "");
    if (!until([&] { return first.client().connection() == Connection::live && !first.client().workspaces().empty(); }, "sign up")) return false;
    town_.workspace = first.client().workspaces().front().id;
    first.call("create_invite", "{\"workspace_id\":\"" + town_.workspace.str() + "\"}", [this](const std::string& json) {
      InviteView v;
      if (!read_json(json, v, Reading::tolerant)) town_.invite = v.code;
    });
    if (!until([&] { return !town_.invite.empty(); }, "invite")) return false;
    for (std::size_t i = 1; i < people; ++i) add_device("p" + std::to_string(i) + "@example.org").sign_up("", town_.invite);
    if (!until([&] { return town_.users.size() == people; }, "sign everybody up")) return false;
    const std::size_t more = lot(3);
    for (std::size_t i = 0; i < more; ++i) add_device("p" + std::to_string(lot(people)) + "@example.org").sign_in();
    if (!until([&] { return std::all_of(devices_.begin(), devices_.end(), [](const auto& d) { return static_cast<bool>(d->user); }); }, "sign in again"))
      return false;
    if (const auto general = first.client().create_chat({town_.workspace, ChatSummary::Kind::public_channel, "general", "", town_.users}))
      town_.channels.push_back(*general);
    found_secret_room(first);
    return until([&] { return std::all_of(devices_.begin(), devices_.end(), [](const auto& d) { return !d->client().chats_now().empty(); }); },
                 "found a channel");
  }
  // Who comes later sees nothing from before.
  void found_secret_room(Device& by) {
    ChatId chat;
    world_.random().fill(chat.bytes.data(), chat.bytes.size());
    chat.bytes[6] = static_cast<std::uint8_t>(0x70 | (chat.bytes[6] & 15)), chat.bytes[8] = static_cast<std::uint8_t>(0x80 | (chat.bytes[8] & 63));
    by.call("create_chat",
            "{\"id\":\"" + chat.str() + "\",\"workspace_id\":\"" + town_.workspace.str() +
                "\",\"kind\":\"public_channel\",\"name\":\"forgetful\",\"history\":\"since_join\",\"member_ids\":[]}");
    town_.channels.push_back(chat);
  }
  // --- the middle ---
  void bad_times() {
    network_.weather = {lot(80), lot(80), lot(40), lot(30), lot(25), lot(6), span(5, 200)};
    const std::uint64_t trouble = lot(12);
    const std::int64_t end = world_.now_ms() + span(20000, 60000);
    while (world_.now_ms() < end) {
      run_for(span(20, 400));
      come_back();
      recover();
      if (devices_.empty()) return;
      Device& d = *devices_[lot(devices_.size())];
      if (d.up()) d.act();
      if (!d.disk().powered()) end_device(d, Device::End::power);
      if (chance(trouble * 4)) trouble_server();
      if (chance(trouble * 6)) trouble_device(*devices_[lot(devices_.size())]);
    }
  }
  void trouble_server() {
    if (!server_.up()) return;
    switch (lot(7)) {
      case 0: return end_server(ServerNode::End::killed);
      case 1: return end_server(ServerNode::End::power);
      case 2: return tell("the server's power will fail"), server_.disk().fail_after(span(0, 60));
      case 3: return server_.stall(lot(5), span(100, 5000));
      case 4: server_full_ = true; return tell("the server's disk is full"), server_.disk().set_full(span(0, 20000));
      case 5: server_.drain(), server_drained_ = world_.now_ms() + span(0, 3000); return tell("the server drains");
      default: return end_server(ServerNode::End::killed);
    }
  }
  void trouble_device(Device& d) {
    if (!d.up()) return;
    switch (lot(10)) {
      case 0: return end_device(d, Device::End::killed);
      case 1: return end_device(d, Device::End::power);
      case 2: return d.disk().fail_after(span(0, 40));
      case 3: return d.loop().stall(span(100, 5000));
      case 4: full_.insert(d.number()); return tell("device " + std::to_string(d.number()) + " has no room"), d.disk().set_full(span(0, 8000));
      case 5: return end_device(d, Device::End::closed);
      case 6: return d.clock().set_skew(span(-3'600'000, 3'600'000));
      case 7: return d.damage_cache();
      default: offline_.insert(d.number()); return tell("device " + std::to_string(d.number()) + " is offline"), network_.set_offline(d.number(), true);
    }
  }
  // What passes by itself.
  void recover() {
    if (server_drained_ > 0 && world_.now_ms() >= server_drained_) end_server(ServerNode::End::killed);
    if (server_full_ && chance(60)) server_full_ = false, server_.disk().set_full(std::nullopt);
    for (const auto& d : devices_) {
      if (full_.contains(d->number()) && chance(40)) full_.erase(d->number()), d->disk().set_full(std::nullopt);
      if (offline_.contains(d->number()) && chance(40)) offline_.erase(d->number()), network_.set_offline(d->number(), false);
    }
  }

  // --- the end: fair weather, and everything must come right ---
  void heal() {
    tell("everything heals");
    network_.weather = {};
    if (server_drained_ > 0) end_server(ServerNode::End::killed);
    server_full_ = false, server_.disk().set_full(std::nullopt), server_.disk().fail_after(-1);
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
    if (!server_.up()) return;
    for (const auto& d : devices_)
      if (d->up())
        for (const MessageId& id : d->unsent(false)) ledger_.excuse(id);
    ledger_.check_messages(server_);
    ledger_.check_secrecy();
    ledger_.check_feeds(server_);
  }
  std::string differences() {
    if (!server_.up()) return "the server is down";
    for (const auto& d : devices_) {
      if (!d->up()) return "device " + std::to_string(d->number()) + " is down";
      if (!d->client().me()) {
        d->sign_in();
        return "device " + std::to_string(d->number()) + " is signed out";
      }
      if (auto text = d->difference(server_); !text.empty()) return text;
    }
    return {};
  }

  Verdict verdict() {
    verdict_.findings = ledger_.findings();
    verdict_.trace = world_.trace(), verdict_.steps = world_.steps(), verdict_.simulated_ms = world_.now_ms();
    const auto& counts = ledger_.counts();
    verdict_.acknowledged = counts.acknowledged, verdict_.deliveries = counts.deliveries, verdict_.events = counts.events;
    verdict_.written = static_cast<std::int64_t>(ledger_.written().size());
    return verdict_;
  }

  bool story_;
  World world_;
  Ledger ledger_;
  Network network_;
  ServerNode server_;
  Town town_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::map<std::size_t, std::int64_t> back_;
  std::set<std::size_t> full_, offline_;
  bool server_full_ = false;
  std::int64_t server_back_ = 0, server_drained_ = 0;  // 0: it does not drain
  Verdict verdict_;
};

}  // namespace

Verdict run_scenario(std::uint64_t seed, Story story) { return Run(seed, story)(); }

}  // namespace fechatter::sim
