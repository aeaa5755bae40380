#pragma once
#include <functional>
#include <memory>
#include <vector>
#include "fechatter/task.hpp"
#include "fechatter/types.hpp"

namespace fechatter {

/// One change of an ordered list. Applying a batch in order to a copy of the list gives the list after it.
template <class T> struct Diff {
  enum Kind { reset, insert, update, move, remove } kind = reset;
  std::size_t index = 0, from = 0;    ///< from 0; move: the item at `from` is taken out, then put in at `index`
  std::vector<T> items;               ///< reset: all; insert: a run starting at index; update: one; move, remove: none
};

/// A row of a timeline. Pending messages stand last, in the order they were sent.
struct TimelineItem {
  /// sent: acknowledged. waiting: behind something that failed or has not been acknowledged yet.
  enum class State : std::uint8_t { sent, sending, waiting, failed } state = State::sent;
  Message message;                    ///< valid also while pending: id, body and author are known
  std::string author;                 ///< the author's name; empty while unknown
  Error error;                        ///< state == failed: why; answer with Client::retry or Client::discard
  bool gap_before = false;            ///< messages between this row and the one before are not held: never drawn as continuous
};

/// A window into one chat. Not thread-safe: use it on the executor's thread. May outlive the client; it then stands still.
/// Memory: the window only, at most 1,000 acknowledged rows; the file holds the rest. It follows the newest messages until load_around, or
/// load_older beyond those 1,000, takes it away from there; load_newer leads back. Pending messages are shown while it follows,
/// pending changes of the rows in it always.
class Timeline {
 public:
  /// more: load_older or load_newer has something. loading: on its way. end: nothing. offline: only the server has it.
  enum class Edge { more, loading, end, offline };
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  /// `wake` runs on the executor at most once between two drains and carries no data. Call drain() when it suits you (next frame):
  /// bursts fold into one batch. May be called inside wake. The first drain is a reset.
  /// Replaces the one before; empty: none.
  void on_change(std::function<void()> wake);
  std::vector<Diff<TimelineItem>> drain();         ///< the steps since the last one, to be applied in order; empty: none

  const std::vector<TimelineItem>& items() const;  ///< as of the last drain(): stable between drains
  Edge older() const;                              ///< what lies before the first item
  Edge newer() const;                              ///< what lies behind the last acknowledged one; loading comes by itself while it follows
  bool stale() const;                              ///< held rows may lack changes; they are being checked

  /// From the file first, then from the server. Completes with the number of rows that became visible, 0 at the end; a call while another
  /// is on its way gets the same answer. `page`: 1 to 200 rows. Errors as of every Completion with the network (see Client), and not_found: one is no member
  /// any more; corrupt, internal, unavailable: the file could not be read, and what is shown stays.
  Handle load_older(Completion<std::size_t>, std::size_t page = 50);
  Handle load_newer(Completion<std::size_t>, std::size_t page = 50);
  /// Moves the window to that message; not_found where the chat has none of that id that this account may see.
  Handle load_around(MessageId, Completion<Done>);
  void mark_read(std::int64_t seq);                ///< as Client::mark_read; what could not be written is lost: the next mark tells more
  void typing();                                   ///< call per keystroke: said at most every 3 s, and only while live

  struct Impl;
  explicit Timeline(std::unique_ptr<Impl>);        ///< by Client::timeline

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
