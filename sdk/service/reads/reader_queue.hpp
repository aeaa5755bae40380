// Whose read is next.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <vector>
#include "fechatter/ids.hpp"
#include "sdk/core/row_store.hpp"
#include "sdk/runtime/loop.hpp"

namespace fechatter {

/// Reads wait here for a reader, and take turns by person, so that nobody's slow or many ones hold up everybody else's: of one person fewer
/// are with the readers at a time than there are readers (one, where there is one), in the order in which they came; a reader has one waiting
/// behind the one that it runs.
/// Used on the main loop only; must live as long as what was handed to the loops may run.
class ReaderQueue {
 public:
  using Job = std::function<void(Snapshot&)>;
  ReaderQueue(Loop& main, std::vector<Loop*> readers, Reader& store);
  /// `job` runs on a reader, then `then` on the main loop. `who`: any id for what is nobody's.
  void read(UserId who, Job job, std::function<void()> then);

 private:
  struct Read {
    Job job;
    std::function<void()> then;
  };
  struct Person {
    std::deque<Read> waiting;
    std::size_t under_way = 0;
    bool in_turn = false;
  };
  void take_turn(UserId, Person&);
  void go_on();
  void run(UserId who, Read, std::size_t reader);
  void ended(UserId who, std::size_t reader);
  std::size_t least_busy() const;

  Loop& main_;
  std::vector<Loop*> readers_;
  Reader& store_;
  std::vector<std::size_t> busy_;  // of each reader: what it was handed and has not ended
  std::size_t of_one_person_;
  std::map<UserId, Person> people_;  // who has something waiting or under way
  std::deque<UserId> turns_;
};

}  // namespace fechatter
