#include "sdk/service/live/tail.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kPage = 500;       // of a log read
constexpr std::size_t kMaxHeld = 1000;   // batches ahead of the tail; more: the log has them
constexpr std::int64_t kLostMs = 5000;   // a read that takes longer will not be answered any more
}  // namespace

Tail::Tail(Ports ports, std::int64_t head, Limits limits) : ports_(std::move(ports)), limits_(limits), position_(head), ticked_at_(head) {
  tick_ = ports_.loop.after(limits_.ask_ms, [this] { tick(); });
}

void Tail::on_commit(std::shared_ptr<const Committed> c) {
  if (c->to <= position_) return;
  if (c->from > position_) return hold(std::move(c));
  if (!take(c->events)) ask();
  drain();
}

void Tail::hold(std::shared_ptr<const Committed> c) {
  if (held_.size() >= kMaxHeld) {
    held_.clear();
    ask();
    return;
  }
  const std::int64_t from = c->from;
  held_.emplace(from, std::move(c));
  if (std::exchange(gap_armed_, true)) return;
  gap_ = ports_.loop.after(limits_.hold_ms, [this] {
    gap_armed_ = false;
    if (!held_.empty()) ask();
  });
}

// Stops at a hole, where the rest must come by the log.
bool Tail::take(const std::vector<LogEvent>& events) {
  for (const LogEvent& e : events) {
    if (e.pos <= position_) continue;
    if (e.pos != position_ + 1) return false;
    position_ = e.pos;
    ports_.deliver(e);
  }
  return true;
}

void Tail::drain() {
  while (!held_.empty() && held_.begin()->first <= position_) {
    const auto next = held_.begin()->second;
    held_.erase(held_.begin());
    if (!take(next->events)) ask();
  }
}

std::int64_t Tail::ask() {
  if (reading_) again_ = true;
  else read();
  return again_ ? started_ + 1 : started_;
}

void Tail::read() {
  reading_ = true, again_ = false, began_ms_ = ports_.clock.steady_ms();
  ports_.read_log(position_, [this, number = ++started_, alive = std::weak_ptr<char>(alive_)](Result<std::vector<LogEvent>> events) {
    if (alive.lock()) answered(number, std::move(events));
  });
}

void Tail::answered(std::int64_t number, Result<std::vector<LogEvent>> events) {
  if (number != started_ || !reading_) return;  // given up before
  reading_ = false;
  if (!events) {
    again_ = true;  // by the next tick
    return ports_.log.write(Level::warn, "live", "the log could not be read: " + events.error().message);
  }
  const bool dense = take(*events);
  if (!dense) again_ = true, ports_.log.write(Level::error, "live", "the log has a hole after " + std::to_string(position_));
  drain();
  if (!dense) return;
  const bool more = events->size() >= kPage;
  if (!more) completed_ = number;
  if (!reading_ && (more || again_)) read();
  if (!more) ports_.caught_up();
}

void Tail::tick() {
  tick_ = ports_.loop.after(limits_.ask_ms, [this] { tick(); });
  if (reading_ && ports_.clock.steady_ms() - began_ms_ > kLostMs) reading_ = false, again_ = true;
  const bool idle = position_ == ticked_at_;
  ticked_at_ = position_;
  if (!reading_ && (again_ || idle || !held_.empty())) read();
}

}  // namespace fechatter
