// The middle of a run: weather, and what happens to machines in it.
#include <algorithm>
#include "tests/sim/run.hpp"

namespace fechatter::sim {
namespace {
constexpr std::int64_t kHourMs = 3'600'000;
}

void Run::draw_weather() {
  network_.weather = {lot(80), lot(80), lot(40), lot(30), lot(25), lot(6), lot(2) ? lot(300) : 0, lot(3) ? 0 : lot(20), lot(4) == 0, span(5, 200)};
  server_.refuse = lot(3) ? 0 : lot(25);
}

// A small server: streams resume only from near by, and slow readers are sent away early.
void Run::draw_limits() {
  HubLimits& live = server_.live;
  live.ring_events = 8 + lot(60), live.resume_positions = span(0, 40);
  if (lot(2)) live.sink_frames = 20 + lot(60);
  if (lot(2)) live.waiting = 2 + lot(4);
}

void Run::bad_times() {
  middle_ = true;
  if (!story_.brief) draw_weather();
  const std::uint64_t trouble = story_.brief ? 0 : lot(12);
  const std::int64_t end = world_.now_ms() + (story_.brief ? 5000 : span(20000, 60000));
  while (world_.now_ms() < end) {
    run_for(span(20, 400));
    come_back();
    recover();
    if (devices_.empty()) return;
    act();
    if (chance(trouble * 4)) trouble_server();
    if (chance(trouble * 6)) trouble_device(*devices_[lot(devices_.size())]);
  }
}
void Run::act() {
  Device& d = *devices_[lot(devices_.size())];
  if (d.up()) d.act();
  if (!d.disk().powered()) end_device(d, Device::End::power);
  if (!listeners_.empty() && chance(60)) listeners_[lot(listeners_.size())]->act();
}

void Run::trouble_server() {
  if (!server_.up()) return;
  switch (lot(10)) {
    case 0: return end_server(ServerNode::End::killed);
    case 1: return end_server(ServerNode::End::power);
    case 2: return tell("the server's power will fail"), server_.disk().fail_after(span(0, 60));
    case 3: return stall_server(span(100, 5000));
    case 4: server_full_ = true; return tell("the server's disk is full"), server_.disk().set_full(span(0, 20000));
    case 5: server_.drain(), server_drained_ = world_.now_ms() + span(0, 3000); return tell("the server drains");
    case 6: return set_server_clock();
    case 7:
    case 8: return go_back_in_history();
    default: return end_server(ServerNode::End::killed);
  }
}

void Run::stall_server(std::int64_t ms) {
  ledger_.server_stalls(ms);
  server_.stall(lot(5), ms);
}
void Run::set_server_clock() {
  server_.clock().set_skew(span(-kHourMs, kHourMs));
  ledger_.server_clock_set(server_.clock().now());
  sights_.see("people the server's clock is set");
  tell("the server's clock is set");
}

// A copy of the files is made, and later put back, with the epoch renewed by the tool or not. Nobody is told either way.
void Run::go_back_in_history() {
  if (!copy_) {
    if (chance(400)) copy_ = server_.disk().image(), tell("the server's files are copied");
    return;
  }
  ledger_.history_ends();
  end_server(ServerNode::End::killed);
  server_.disk().restore(*std::exchange(copy_, std::nullopt));
  renewed_ = lot(2) && server_.change_epoch();
  restoring_ = true;
  town_.ended.insert(town_.users.begin(), town_.users.end());
  sights_.see(renewed_ ? "people an older copy is restored under a new epoch" : "people yesterday's files come back");
  tell(renewed_ ? "an older copy is restored, under a new epoch" : "yesterday's files come back");
}

void Run::trouble_device(Device& d) {
  if (!d.up()) return;
  switch (lot(10)) {
    case 0: return end_device(d, Device::End::killed);
    case 1: return end_device(d, Device::End::power);
    case 2: return d.disk().fail_after(span(0, 40));
    case 3: return d.loop().stall(span(100, 5000));
    case 4: full_.insert(d.number()); return tell("device " + std::to_string(d.number()) + " has no room"), d.disk().set_full(span(0, 8000));
    case 5: return end_device(d, Device::End::closed);
    case 6: return d.clock().set_skew(span(-kHourMs, kHourMs));
    case 7: return d.damage_cache();
    default: offline_.insert(d.number()); return tell("device " + std::to_string(d.number()) + " is offline"), network_.set_offline(d.number(), true);
  }
}

// What passes by itself.
void Run::recover() {
  if (server_drained_ > 0 && world_.now_ms() >= server_drained_) end_server(ServerNode::End::killed);
  if (server_full_ && chance(60)) server_full_ = false, server_.disk().set_full(std::nullopt);
  for (const auto& d : devices_) {
    if (full_.contains(d->number()) && chance(40)) full_.erase(d->number()), d->disk().set_full(std::nullopt);
    if (offline_.contains(d->number()) && chance(40)) offline_.erase(d->number()), network_.set_offline(d->number(), false);
  }
}

// --- what the network does for the run ---

void Run::answered(std::size_t device, const ApiRequest& request, const ApiReply& reply) {
  ledger_.answered(device, request, reply);
  traffic_.answered(device, request, reply);
}
void Run::framed(std::size_t device, const std::string& text) {
  ledger_.framed(device, text);
  traffic_.framed(device, text);
}

// A version that lacks a type of events meets a name it does not know.
SharedText Run::translate(std::size_t device, SharedText text) const {
  if (!old_.contains(device)) return text;
  std::string changed = *text;
  for (const std::string_view type : {"message_edited", "reaction_added", "reaction_removed", "member_changed"}) {
    const std::string known = "\"type\":\"" + std::string(type) + '"', later = "\"type\":\"later_" + std::string(type) + '"';
    for (std::size_t at = changed.find(known); at != std::string::npos; at = changed.find(known, at + later.size())) changed.replace(at, known.size(), later);
  }
  return std::make_shared<const std::string>(std::move(changed));
}

// Its answer will not come: sometimes the person goes on with what they believe to have failed.
void Run::lost_first(std::size_t device) {
  if (device >= devices_.size() || !devices_[device]->up() || lot(3)) return;
  sights_.see("people a change of mind before the answer");
  const auto timer = std::make_shared<Timer>();
  *timer = devices_[device]->loop().after(span(1, 800), [this, timer, device] { devices_[device]->regret(); });
}

}  // namespace fechatter::sim
