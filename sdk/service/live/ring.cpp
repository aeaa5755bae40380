#include "sdk/service/live/ring.hpp"
#include <utility>
#include "sdk/describe/json.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/service/live/meaning.hpp"

namespace fechatter {

RingEvent::RingEvent(const LogEvent& e, const AnyId& epoch)
    : pos(e.pos), stream(e.stream), rev(e.rev), seq(e.seq), command_id(e.command_id), subject(e.subject),
      id_(encode_cursor({epoch, e.pos, cursor_check(e.command_id), 0, {}})), full_(encode(e)) {
  meaning = meaning_of(e, message_seq);
}

// The payload is the last field of an EventView: encoded with an empty one, all before it is the head that every variant shares.
FrameText RingEvent::encode(const LogEvent& e) {
  EventView view = view_of(e);
  std::string payload = std::move(view.payload.text);
  view.payload.text = "{}";
  std::string data = to_json(view);
  head_size_ = data.size() - 3;
  data.resize(head_size_);
  data.append(payload) += '}';
  return FrameText("event", id_, data);
}

const SharedText& RingEvent::text(Format format, bool clipped, bool vouching) const {
  if (!clipped && vouching) return full_.as(format);
  if (!variants_) variants_ = std::make_unique<Variants>();
  auto& variant = !clipped ? variants_->bare : vouching ? variants_->clipped : variants_->clipped_bare;
  if (!variant) {
    const std::string_view id = vouching ? std::string_view(id_) : std::string_view();
    if (clipped) variant.emplace("event", id, std::string(full_.data().substr(0, head_size_)) + "{}}");
    else variant.emplace("event", id, full_.data());
  }
  return variant->as(format);
}

// All but the payload stands in the head.
void RingEvent::redact() {
  EventView view;
  if (std::exchange(redacted_, true) || read_json(std::string(full_.data().substr(0, head_size_)) + "{}}", view, Reading::tolerant)) return;
  full_ = encode({pos, stream, rev, seq, view.type, view.actor_id, command_id, subject, view.at, {}});
  variants_.reset();
}

const RingEvent& Ring::push(RingEvent e) {
  last_ = e.pos;
  if (e.meaning && e.meaning->kind == Meaning::Kind::message_deleted) deleted_[e.subject] = e.pos;
  bytes_ += e.bytes();
  events_.push_back(std::move(e));
  while (events_.size() > 1 && (bytes_ > max_bytes_ || events_.size() > max_events_)) forget_oldest();
  return events_.back();
}

// A deletion goes after everything that it empties.
void Ring::forget_oldest() {
  const RingEvent& e = events_.front();
  before_ = e.command_id;
  bytes_ -= e.bytes();
  if (e.meaning && e.meaning->kind == Meaning::Kind::message_deleted) deleted_.erase(e.subject);
  events_.pop_front();
}

bool Ring::prepend(std::vector<RingEvent> older) {
  std::size_t bytes = bytes_;
  for (const RingEvent& e : older) bytes += e.bytes();
  if (older.empty() || older.back().pos != first() || bytes > max_bytes_ || older.size() + events_.size() > max_events_) return false;
  while (!older.empty()) {
    const RingEvent& e = older.back();
    if (e.meaning && e.meaning->kind == Meaning::Kind::message_deleted) deleted_.emplace(e.subject, e.pos);
    events_.push_front(std::move(older.back()));
    older.pop_back();
  }
  bytes_ = bytes, before_.reset();
  return true;
}

const RingEvent* Ring::at(std::int64_t pos) const {
  if (pos <= first() || pos > last_) return nullptr;
  return &events_[static_cast<std::size_t>(pos - first() - 1)];
}

// Emptied when somebody asks for it: a deletion costs one entry, and what is read from the log later than that needs no care.
const RingEvent* Ring::shown(std::int64_t pos) {
  if (!at(pos)) return nullptr;
  RingEvent& e = slot(pos);
  const auto it = e.subject ? deleted_.find(e.subject) : deleted_.end();
  if (it == deleted_.end() || it->second <= pos) return &e;
  bytes_ -= e.bytes();
  e.redact();
  bytes_ += e.bytes();
  return &e;
}

std::optional<CommandId> Ring::command_at(std::int64_t pos) const {
  if (pos == 0) return CommandId{};
  if (pos == first()) return before_;
  const RingEvent* e = at(pos);
  return e ? std::optional(e->command_id) : std::nullopt;
}

}  // namespace fechatter
