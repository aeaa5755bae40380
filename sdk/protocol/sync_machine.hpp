// The order of things between a client and its server: stream first, then rounds until the cache has reached the stream's start, then
// live. No I/O: the driver does what the actions say and reports what came of it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "sdk/protocol/backoff.hpp"
#include "sdk/protocol/cursor.hpp"

namespace fechatter {

class SyncMachine {
 public:
  enum class Phase : std::uint8_t { stopped, waiting, connecting, catching_up, live };
  struct Action {
    enum Kind : std::uint8_t {
      open_stream,   ///< with stream_cursor(), where there is one
      close_stream,
      fetch_page,    ///< a sync page for cursor(); at most one at a time
      wait_stream,   ///< call wait_over() after floor_ms + random(0, bound_ms)
      wait_page,     ///< call page_wait_over() after the same
      forget,        ///< another history: the cache is worth nothing
      went_live,
    } kind{};
    std::int64_t bound_ms = 0, floor_ms = 0;
    bool operator==(const Action&) const = default;
  };
  using Actions = std::vector<Action>;

  /// The stored cursor; empty: none.
  explicit SyncMachine(std::string cursor = {}) : cursor_(std::move(cursor)) {}

  Phase phase() const { return phase_; }
  const std::string& cursor() const { return cursor_; }
  /// Only a finished cursor opens a stream where it ended.
  std::string stream_cursor() const;
  std::int64_t position() const;

  Actions start();                                       ///< signed in; harmless when started
  Actions stop();
  Actions wait_over();
  Actions hello(const std::string& cursor, bool resumed);
  /// A frame's id, or a `cursor` frame. True: it is the stored cursor now, to be written with what the frame changed.
  bool frame_cursor(const std::string& id);
  Actions page(const std::string& cursor, bool more);    ///< written with the page's rows
  Actions page_failed(std::int64_t floor_ms);
  Actions page_reset();                                  ///< 410
  Actions page_wait_over();
  /// The stream ended, could not be opened, or was silent too long.
  Actions lost(std::int64_t floor_ms = 0);
  Actions resync();                                      ///< the server names a new history
  Actions other_history();                               ///< what it says contradicts what is held

 private:
  Actions forget_and(Action::Kind next);
  Phase phase_ = Phase::stopped;
  std::string cursor_;
  std::int64_t hello_base_ = 0;
  Backoff stream_backoff_, page_backoff_{{200, 10000}};
};

}  // namespace fechatter
