#include "sdk/core/event.hpp"
#include "sdk/core/catalog.hpp"

namespace fechatter {
namespace {
constexpr std::string_view kNames[] = {"workspace", "chat", "user"};
}

std::string stream_text(const StreamId& s) { return std::string(kNames[static_cast<std::size_t>(s.kind)]) + ':' + s.id.str(); }

std::optional<StreamId> parse_stream(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == text.substr(0, colon))
      if (auto id = AnyId::parse(text.substr(colon + 1))) return StreamId{static_cast<StreamKind>(i), *id};
  return std::nullopt;
}

EventView view_of(const LogEvent& e) {
  EventView v{stream_text(e.stream), e.rev, {}, e.type, e.at, e.actor, {e.payload}};
  if (e.seq > 0) v.seq = e.seq;
  if (!v.payload.text.empty()) return v;
  const EventEntry* entry = find_event(e.stream.kind, e.type);
  v.payload.text = entry && entry->redacted ? entry->redacted(e) : "{}";
  return v;
}

std::optional<Event> event_of(const EventView& v) {
  const auto stream = parse_stream(v.stream);
  const EventEntry* entry = stream ? find_event(stream->kind, v.type) : nullptr;
  if (!entry) return std::nullopt;
  Event e;
  e.stream = *stream, e.rev = v.rev, e.seq = v.seq.value_or(0), e.actor = v.actor_id, e.at = v.at;
  auto body = entry->type->make();
  if (read_json(v.payload.text, *entry->type, body.get(), Reading::tolerant)) return std::nullopt;
  e.body = {entry->type, std::move(body)};
  return e;
}

}  // namespace fechatter
