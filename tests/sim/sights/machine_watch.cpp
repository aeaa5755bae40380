#include "tests/sim/sights/machine_watch.hpp"
#include "sdk/client/client_impl.hpp"
#include "tests/sim/machines/server_node.hpp"
#include "tests/sim/people/device.hpp"

namespace fechatter::sim {
namespace {
const char* name_of(Connection c) {
  switch (c) {
    case Connection::signed_out: return "signed out";
    case Connection::offline: return "offline";
    case Connection::connecting: return "connecting";
    case Connection::catching_up: return "catching up";
    case Connection::live: return "live";
  }
  return "";
}
// The most telling one of what is true of a held chat.
std::string state_of(const ChatState& s) {
  if (s.sync.skipped_rev > 0) return "with skipped events";
  if (s.sync.known_rev > s.sync.applied_rev) return "behind";
  if (s.coverage.stale()) return "stale";
  if (s.sync.mentions < 0) return "to be counted again";
  if (s.coverage.hole(std::max<std::int64_t>(1, s.sync.visible_from), s.sync.known_seq)) return "partly held";
  return "held";
}
std::string state_of(const OutboxRow& row) { return row.failed ? "failed" : row.attempted ? "attempted" : "queued"; }
}  // namespace

void LogWatch::write(Level, std::string_view component, std::string_view message) {
  sights_.see("log " + std::string(component) + ": " + std::string(message.substr(0, message.find(':'))));
}

// --- a device ---

DeviceWatch::States DeviceWatch::outbox(Device& d) {
  States now;
  d.client().impl().core->with([&] {
    for (const OutboxRow& row : d.client().impl().core->desk()->local->entries()) now[std::to_string(row.ord)] = {row.method, state_of(row)};
  });
  return now;
}

DeviceWatch::States DeviceWatch::chats(Device& d) {
  States now;
  d.client().impl().core->with([&] {
    Cache& cache = *d.client().impl().core->desk()->cache;
    for (const auto& wanted : rows_of<WantedChatRow>(cache.db().statement("select * from wanted_chats"))) now[wanted->chat_id.str()] = {"", "unknown"};
    for (const auto& [id, s] : cache.met_chats()) now[id.str()] = {"", state_of(s)};  // in memory: looking must not find damage
    if (cache.in_memory()) sights_.see("cache in memory");
  });
  return now;
}

void DeviceWatch::compare(const char* group, States& before, States now, const std::string& gone) {
  const auto tell = [&](const std::string& kind, const std::string& from, const std::string& to) {
    if (from != to) sights_.see(group + (kind.empty() ? std::string() : " " + kind) + " " + from + " -> " + to);
  };
  for (const auto& [id, state] : now) {
    const auto old = before.find(id);
    tell(state.first, old == before.end() ? "none" : old->second.second, state.second);
  }
  for (const auto& [id, state] : before)
    if (!now.contains(id)) tell(state.first, state.second, gone);
  before = std::move(now);
}

void DeviceWatch::look(Device& d) {
  const std::string connection = name_of(d.client().connection());
  if (connection != connection_) sights_.see("connection " + connection_ + " -> " + connection), connection_ = connection;
  if (d.disk().operations() == operations_ || !d.disk().powered()) return;
  operations_ = d.disk().operations();
  compare("outbox", outbox_, outbox(d), "gone");
  compare("chat", chats_, chats(d), "none");
}

// --- the server ---

void ServerWatch::look(ServerNode& server) {
  const auto& lane = server.lane().counters();
  if (lane.batches < batches_) batches_ = commands_ = refused_ = retries_ = 0;  // a new life counts from nothing
  if (lane.batches == batches_) return;
  const std::int64_t commands = lane.commands - commands_;
  sights_.see(commands > 1 ? "lane a batch of several" : "lane a lone command");
  if (lane.refused > refused_) sights_.see("lane a refused command");
  if (lane.retries > retries_) sights_.see("lane a batch is run again");
  batches_ = lane.batches, commands_ = lane.commands, refused_ = lane.refused, retries_ = lane.retries;
}

}  // namespace fechatter::sim
