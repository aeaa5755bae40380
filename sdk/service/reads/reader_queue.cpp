#include "sdk/service/reads/reader_queue.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr std::size_t kHanded = 2;  // to each reader: so that it need not wait for the main loop between two reads
}

ReaderQueue::ReaderQueue(Loop& main, std::vector<Loop*> readers, Reader& store)
    : main_(main), readers_(std::move(readers)), store_(store), busy_(readers_.size()), of_one_person_(std::max<std::size_t>(1, readers_.size() - 1)) {}

void ReaderQueue::read(UserId who, Job job, std::function<void()> then) {
  Person& p = people_[who];
  p.waiting.push_back({std::move(job), std::move(then)});
  take_turn(who, p);
  go_on();
}

void ReaderQueue::take_turn(UserId who, Person& p) {
  if (p.in_turn || p.waiting.empty() || p.under_way >= of_one_person_) return;
  p.in_turn = true;
  turns_.push_back(who);
}

std::size_t ReaderQueue::least_busy() const { return static_cast<std::size_t>(std::min_element(busy_.begin(), busy_.end()) - busy_.begin()); }

void ReaderQueue::go_on() {
  for (std::size_t reader = least_busy(); !turns_.empty() && busy_[reader] < kHanded; reader = least_busy()) {
    const UserId who = turns_.front();
    turns_.pop_front();
    Person& p = people_[who];
    Read next = std::move(p.waiting.front());
    p.waiting.pop_front(), p.in_turn = false, ++p.under_way, ++busy_[reader];
    take_turn(who, p);
    run(who, std::move(next), reader);
  }
}

void ReaderQueue::run(UserId who, Read next, std::size_t reader) {
  readers_[reader]->post([this, who, reader, next = std::move(next)]() mutable {
    {
      auto snapshot = store_.snapshot();
      next.job(*snapshot);
    }
    main_.post([this, who, reader, then = std::move(next.then)] {
      ended(who, reader);
      then();
    });
  });
}

void ReaderQueue::ended(UserId who, std::size_t reader) {
  Person& p = people_[who];
  --p.under_way, --busy_[reader];
  take_turn(who, p);
  if (p.waiting.empty() && p.under_way == 0) people_.erase(who);
  go_on();
}

}  // namespace fechatter
