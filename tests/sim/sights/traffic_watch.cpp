#include "tests/sim/sights/traffic_watch.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/protocol/sse.hpp"
#include "sdk/protocol/verdict.hpp"

namespace fechatter::sim {
namespace {
template <class T> std::optional<T> parsed(const std::string& json) {
  T value;
  return read_json(json, value, Reading::tolerant) ? std::nullopt : std::optional<T>(std::move(value));
}
const char* kind_name(StreamKind kind) { return kind == StreamKind::chat ? "chat" : kind == StreamKind::workspace ? "workspace" : "user"; }
}  // namespace

void TrafficWatch::answered(std::size_t device, const ApiRequest& request, const ApiReply& reply) {
  const auto match = router_.match(request.method, request.path);
  if (!match) return sights_.see("call unknown");
  const RouteTarget& target = match->target;
  const std::string name = (target.command ? "command " : "call ") + std::string(target.command ? target.command->type->name : target.call->name);
  sights_.see(name + " " + std::to_string(reply.status));
  if (reply.status >= 400)
    if (const auto error = parsed<WireErrorBody>(reply.body); error && error->error) {
      sights_.see("refusal " + error->error->code);
      if (reply.status == 410) sights_.see("reset " + error->error->message);
    }
  if (target.command && (target.command->creates || !request.idempotency_key.empty()) && reply.status < 300)
    if (!answered_.insert(std::to_string(device) + request.path + (target.command->creates ? request.body : request.idempotency_key)).second)
      sights_.see("replay " + std::string(target.command->type->name));
  if (request.path == "/api/v1/sync") sync_page(request, reply);
  if (request.path == "/api/v1/poll" && reply.status == 200)
    if (const auto page = parsed<PollPage>(reply.body))
      for (const Frame& f : page->items) frame("poll", f.event, f.id.has_value(), f.data.text);
}

void TrafficWatch::sync_page(const ApiRequest& request, const ApiReply& reply) {
  const auto page = reply.status == 200 ? parsed<SyncPage>(reply.body) : std::nullopt;
  if (!page) return;
  const auto given = request.query.find("cursor=");
  const auto cursor = given == std::string::npos ? std::nullopt : decode_cursor(percent_decode(request.query.substr(given + 7)).value_or(""));
  const std::string kind = !cursor ? "first" : !cursor->finished() ? "later" : "update";
  sights_.see("sync " + kind + (page->more ? ", more to come" : ", the last"));
  for (const Json& json : page->chats) {
    const auto chat = parsed<SyncChat>(json.text);
    if (!chat) continue;
    const char* what = chat->left ? "left" : chat->limited ? "limited" : chat->events.empty() ? "without events" : "with events";
    sights_.see("sync " + kind + ", a chat " + what);
  }
}

void TrafficWatch::framed(std::size_t, const std::string& text) {
  if (text.starts_with('{')) {
    if (const auto f = parsed<Frame>(text)) frame("ws", f->event, f->id.has_value(), f->data.text);
    return;
  }
  std::vector<SseFrame> frames;
  if (!SseReader().feed(text, frames)) return;
  for (const SseFrame& f : frames) frame("sse", f.event, !f.id.empty(), f.data);
}

void TrafficWatch::frame(const std::string& way, const std::string& name, bool vouches, const std::string& data) {
  sights_.see("frame " + way + " " + name);
  if (name == "event") {
    if (const auto e = parsed<EventView>(data)) event(*e, vouches);
  } else if (name == "hello") {
    if (const auto h = parsed<HelloFrame>(data)) sights_.see("stream " + way + (h->resumed ? " resumed" : " fresh"));
  } else if (name == "resync") {
    if (const auto r = parsed<ResyncFrame>(data)) sights_.see("resync " + r->reason);
  } else if (name == "closing") {
    if (const auto c = parsed<ClosingFrame>(data)) sights_.see("closing " + c->reason);
  }
}

// A type without its stream would hide one: there are member_joined and profile_changed of several streams.
void TrafficWatch::event(const EventView& e, bool vouches) {
  const auto stream = parse_stream(e.stream);
  if (!stream) return;
  sights_.see("event " + std::string(kind_name(stream->kind)) + " " + e.type);
  if (e.payload.text == "{}") sights_.see("delivery clipped");
  else if (e.payload.text.find("\"deleted\":true") != std::string::npos) sights_.see("delivery tombstone");
  else sights_.see("delivery whole");
  if (!vouches) sights_.see("delivery without a cursor");
}

}  // namespace fechatter::sim
