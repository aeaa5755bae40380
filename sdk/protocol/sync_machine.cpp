#include "sdk/protocol/sync_machine.hpp"
#include <utility>

namespace fechatter {
namespace {
using Action = SyncMachine::Action;
constexpr std::int64_t kFirstReconnectMs = 3000;  // spreads the clients of a restarted server
}  // namespace

std::string SyncMachine::stream_cursor() const {
  const auto c = decode_cursor(cursor_);
  return c && c->finished() ? cursor_ : std::string{};
}

std::int64_t SyncMachine::position() const {
  const auto c = decode_cursor(cursor_);
  return c ? c->base : 0;
}

SyncMachine::Actions SyncMachine::start() {
  if (phase_ != Phase::stopped) return {};
  phase_ = Phase::connecting;
  return {{Action::open_stream}};
}

SyncMachine::Actions SyncMachine::stop() {
  phase_ = Phase::stopped;
  stream_backoff_.reset(), page_backoff_.reset();
  return {{Action::close_stream}};
}

SyncMachine::Actions SyncMachine::wait_over() {
  if (phase_ != Phase::waiting) return {};
  phase_ = Phase::connecting;
  return {{Action::open_stream}};
}

SyncMachine::Actions SyncMachine::hello(const std::string& text, bool resumed) {
  if (phase_ != Phase::connecting) return {};
  const auto theirs = decode_cursor(text);
  const auto mine = decode_cursor(cursor_);
  hello_base_ = theirs ? theirs->base : 0;
  if (resumed && mine && mine->finished()) {
    phase_ = Phase::live;
    stream_backoff_.reset();
    return {{Action::went_live}};
  }
  phase_ = Phase::catching_up;
  if (theirs && mine && theirs->epoch != mine->epoch) return forget_and(Action::fetch_page);
  return {{Action::fetch_page}};
}

bool SyncMachine::frame_cursor(const std::string& id) {
  if (phase_ != Phase::live || !decode_cursor(id)) return false;
  cursor_ = id;
  return true;
}

SyncMachine::Actions SyncMachine::page(const std::string& text, bool more) {
  if (phase_ != Phase::catching_up) return {};
  const std::string before = std::exchange(cursor_, text);
  page_backoff_.reset();
  const auto c = decode_cursor(text);
  if (!more && c && c->finished() && c->base >= hello_base_) {
    phase_ = Phase::live;
    stream_backoff_.reset();
    return {{Action::went_live}};
  }
  if (before == text) return {{Action::wait_page, 200, 50}};  // no progress: a round that ended where it began
  return {{Action::fetch_page}};
}

SyncMachine::Actions SyncMachine::page_failed(std::int64_t floor_ms) {
  if (phase_ != Phase::catching_up) return {};
  return {{Action::wait_page, page_backoff_.next_bound(), floor_ms}};
}

SyncMachine::Actions SyncMachine::page_reset() { return phase_ == Phase::catching_up ? forget_and(Action::fetch_page) : Actions{}; }

SyncMachine::Actions SyncMachine::page_wait_over() { return phase_ == Phase::catching_up ? Actions{{Action::fetch_page}} : Actions{}; }

SyncMachine::Actions SyncMachine::lost(std::int64_t floor_ms) {
  if (phase_ == Phase::stopped || phase_ == Phase::waiting) return {};
  const bool was_up = phase_ == Phase::live || phase_ == Phase::catching_up;
  phase_ = Phase::waiting;
  const std::int64_t bound = was_up && stream_backoff_.failures() == 0 ? kFirstReconnectMs : stream_backoff_.next_bound();
  if (was_up && stream_backoff_.failures() == 0) (void)stream_backoff_.next_bound();
  return {{Action::close_stream}, {Action::wait_stream, bound, floor_ms}};
}

SyncMachine::Actions SyncMachine::resync() { return phase_ == Phase::live || phase_ == Phase::catching_up ? other_history() : Actions{}; }

SyncMachine::Actions SyncMachine::other_history() {
  if (phase_ == Phase::stopped) return {};
  if (phase_ == Phase::waiting) return cursor_.clear(), Actions{{Action::forget}};
  Actions actions = forget_and(Action::close_stream);
  phase_ = Phase::waiting;
  actions.push_back({Action::wait_stream, kFirstReconnectMs, 0});
  return actions;
}

SyncMachine::Actions SyncMachine::forget_and(Action::Kind next) {
  cursor_.clear();
  return {{Action::forget}, {next}};
}

}  // namespace fechatter
