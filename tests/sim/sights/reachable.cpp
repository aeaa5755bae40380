// The list of what can be visited. What the simulation cannot reach, and why, stands in docs/testing.md.
#include <cstdio>
#include "sdk/core/catalog.hpp"
#include "tests/sim/sights/sights.hpp"

namespace fechatter::sim {

void Sights::print() const {
  for (const auto& [name, n] : counts_) std::printf("%10llu  %s\n", static_cast<unsigned long long>(n), name.c_str());
}

std::vector<std::string> unseen(const std::vector<std::string>& list, const Sights& sights) {
  std::vector<std::string> missing;
  for (const std::string& name : list)
    if (!sights.counts().contains(name)) missing.push_back(name);
  return missing;
}

namespace {
const char* kind_name(StreamKind kind) { return kind == StreamKind::chat ? "chat" : kind == StreamKind::workspace ? "workspace" : "user"; }

// Streams are opened, not asked for: their frames tell of them. Nobody is connected yet when an account is made.
bool by_request(const CallEntry& c) { return c.name != "stream" && c.name != "websocket"; }
bool is_delivered(const EventEntry& e) { return e.type->name != "user_created"; }

void add_catalog(std::vector<std::string>& list) {
  for (const Feature* f : features()) {
    for (const CommandEntry& c : f->commands)
      if (!c.route.path.empty()) list.push_back("command " + std::string(c.type->name) + " " + std::to_string(c.route.status));
    for (const CallEntry& c : f->calls)
      if (by_request(c)) list.push_back("call " + std::string(c.name) + " " + std::to_string(c.route.status));
    for (const EventEntry& e : f->events)
      if (is_delivered(e)) list.push_back(std::string("event ") + kind_name(e.stream) + " " + std::string(e.type->name));
  }
}

// In each half of `make test`.
constexpr const char* kCommon[] = {"chat behind -> held",
                                   "chat behind -> none",
                                   "chat behind -> partly held",
                                   "chat behind -> stale",
                                   "chat behind -> to be counted again",
                                   "chat held -> behind",
                                   "chat held -> none",
                                   "chat held -> to be counted again",
                                   "chat held -> with skipped events",
                                   "chat none -> behind",
                                   "chat none -> held",
                                   "chat none -> partly held",
                                   "chat none -> stale",
                                   "chat none -> to be counted again",
                                   "chat none -> unknown",
                                   "chat partly held -> behind",
                                   "chat partly held -> held",
                                   "chat partly held -> none",
                                   "chat partly held -> to be counted again",
                                   "chat stale -> held",
                                   "chat stale -> to be counted again",
                                   "chat to be counted again -> behind",
                                   "chat to be counted again -> held",
                                   "chat to be counted again -> none",
                                   "chat to be counted again -> partly held",
                                   "chat unknown -> held",
                                   "chat unknown -> none",
                                   "chat unknown -> partly held",
                                   "chat unknown -> to be counted again",
                                   "closing restart",
                                   "closing signed_out",
                                   "connection catching up -> live",
                                   "connection catching up -> offline",
                                   "connection closed -> connecting",
                                   "connection closed -> signed out",
                                   "connection connecting -> catching up",
                                   "connection connecting -> offline",
                                   "connection connecting -> signed out",
                                   "connection live -> offline",
                                   "connection offline -> connecting",
                                   "connection offline -> signed out",
                                   "connection signed out -> connecting",
                                   "delivery clipped",
                                   "delivery tombstone",
                                   "delivery whole",
                                   "delivery without a cursor",
                                   "frame poll cursor",
                                   "frame poll event",
                                   "frame poll hello",
                                   "frame poll nudge",
                                   "frame sse closing",
                                   "frame sse cursor",
                                   "frame sse event",
                                   "frame sse hello",
                                   "frame sse nudge",
                                   "frame sse resync",
                                   "frame sse typing",
                                   "frame ws closing",
                                   "frame ws cursor",
                                   "frame ws event",
                                   "frame ws hello",
                                   "frame ws nudge",
                                   "lane a batch of several",
                                   "lane a lone command",
                                   "lane a refused command",
                                   "outbox add_member attempted -> gone",
                                   "outbox add_member none -> queued",
                                   "outbox add_member queued -> attempted",
                                   "outbox add_reaction attempted -> gone",
                                   "outbox add_reaction none -> queued",
                                   "outbox add_reaction queued -> attempted",
                                   "outbox add_reaction queued -> gone",
                                   "outbox create_chat attempted -> failed",
                                   "outbox create_chat attempted -> gone",
                                   "outbox create_chat none -> queued",
                                   "outbox create_chat queued -> attempted",
                                   "outbox delete_message attempted -> gone",
                                   "outbox delete_message none -> queued",
                                   "outbox delete_message queued -> attempted",
                                   "outbox edit_message attempted -> gone",
                                   "outbox edit_message none -> queued",
                                   "outbox edit_message queued -> attempted",
                                   "outbox edit_message queued -> gone",
                                   "outbox mark_read attempted -> gone",
                                   "outbox post_message attempted -> failed",
                                   "outbox post_message attempted -> gone",
                                   "outbox post_message failed -> gone",
                                   "outbox post_message failed -> queued",
                                   "outbox post_message none -> queued",
                                   "outbox post_message queued -> attempted",
                                   "outbox post_message queued -> failed",
                                   "outbox post_message queued -> gone",
                                   "outbox remove_member attempted -> gone",
                                   "outbox remove_member none -> queued",
                                   "outbox remove_member queued -> attempted",
                                   "outbox remove_reaction attempted -> gone",
                                   "outbox remove_reaction none -> queued",
                                   "outbox remove_reaction queued -> attempted",
                                   "outbox remove_reaction queued -> gone",
                                   "people a burst of messages",
                                   "people a change of mind before the answer",
                                   "people a chat is large no more",
                                   "people a newer version opens the cache",
                                   "people somebody is seen typing",
                                   "people the server's clock is set",
                                   "refusal conflict",
                                   "refusal invalid_argument",
                                   "refusal not_found",
                                   "refusal permission_denied",
                                   "refusal rate_limited",
                                   "refusal reset",
                                   "refusal storage_full",
                                   "refusal unauthenticated",
                                   "refusal unavailable",
                                   "replay add_member",
                                   "replay add_reaction",
                                   "replay create_chat",
                                   "replay delete_message",
                                   "replay edit_message",
                                   "replay mark_read",
                                   "replay post_message",
                                   "replay remove_member",
                                   "reset the cursor is ahead of this history",
                                   "resync ahead",
                                   "stream poll fresh",
                                   "stream poll resumed",
                                   "stream sse fresh",
                                   "stream sse resumed",
                                   "stream ws fresh",
                                   "stream ws resumed",
                                   "sync first, a chat limited",
                                   "sync first, the last",
                                   "sync update, a chat left",
                                   "sync update, a chat with events",
                                   "sync update, the last",
                                   "timeline a gap before what is pending",
                                   "timeline a gap between",
                                   "timeline an item failed",
                                   "timeline an item sending",
                                   "timeline an item waiting",
                                   "timeline newer end -> loading",
                                   "timeline newer end -> offline",
                                   "timeline newer loading -> end",
                                   "timeline newer loading -> offline",
                                   "timeline newer offline -> end",
                                   "timeline newer offline -> loading",
                                   "timeline newer opened -> end",
                                   "timeline newer opened -> loading",
                                   "timeline newer opened -> offline",
                                   "timeline older opened -> end",
                                   "timeline stale"};
// In a thousand worlds.
constexpr const char* kRare[] = {"chat behind -> unknown",
                                 "chat behind -> with skipped events",
                                 "chat held -> stale",
                                 "chat held -> unknown",
                                 "chat none -> with skipped events",
                                 "chat partly held -> stale",
                                 "chat partly held -> unknown",
                                 "chat partly held -> with skipped events",
                                 "chat stale -> behind",
                                 "chat stale -> partly held",
                                 "chat stale -> with skipped events",
                                 "chat to be counted again -> unknown",
                                 "chat to be counted again -> with skipped events",
                                 "chat unknown -> behind",
                                 "chat with skipped events -> none",
                                 "closing slow",
                                 "connection live -> signed out",
                                 "frame poll closing",
                                 "frame poll presence",
                                 "frame poll resync",
                                 "frame ws presence",
                                 "frame ws resync",
                                 "outbox delete_message queued -> gone",
                                 "outbox mark_read none -> queued",
                                 "outbox mark_read queued -> attempted",
                                 "people a chat grows large",
                                 "people a message deleted by a moderator",
                                 "people an older copy is restored under a new epoch",
                                 "people yesterday's files come back",
                                 "replay create_invite",
                                 "replay remove_reaction",
                                 "replay update_me",
                                 "reset the cursor belongs to another history",
                                 "reset this history is shorter than after_rev",
                                 "resync check",
                                 "resync epoch",
                                 "sync first, more to come",
                                 "sync later, a chat limited",
                                 "sync later, a chat with events",
                                 "sync later, the last",
                                 "sync update, a chat limited",
                                 "timeline newer end -> more",
                                 "timeline older end -> more",
                                 "timeline older more -> end",
                                 "timeline older more -> offline",
                                 "timeline older offline -> more",
                                 "timeline older opened -> more"};
}  // namespace

std::vector<std::string> common_sights() {
  std::vector<std::string> list;
  add_catalog(list);
  list.insert(list.end(), std::begin(kCommon), std::end(kCommon));
  return list;
}
std::vector<std::string> rare_sights() { return {std::begin(kRare), std::end(kRare)}; }

}  // namespace fechatter::sim
