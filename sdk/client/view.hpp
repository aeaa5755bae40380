// A list that lives on two sides: the engine publishes what it looks like now, the app drains the difference when it suits it.
#pragma once
#include <algorithm>
#include <mutex>
#include <set>
#include "fechatter/timeline.hpp"

namespace fechatter {

/// The steps from one list to another. `key` names an item; items of one key are compared by `same`.
template <class T, class Key, class Same> std::vector<Diff<T>> diff(std::vector<T> from, const std::vector<T>& to, Key key, Same same) {
  std::vector<Diff<T>> steps;
  const auto in = [&](const std::vector<T>& list, std::size_t begin, const T& item) {
    return static_cast<std::size_t>(
        std::find_if(list.begin() + static_cast<std::ptrdiff_t>(std::min(begin, list.size())), list.end(), [&](const T& t) { return key(t) == key(item); }) -
        list.begin());
  };
  std::set<decltype(key(to.front()))> stay;
  for (const T& item : to) stay.insert(key(item));
  for (std::size_t i = from.size(); i-- > 0;)
    if (!stay.contains(key(from[i]))) steps.push_back({Diff<T>::remove, i, 0, {}}), from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t at = in(from, i, to[i]);
    const auto here = from.begin() + static_cast<std::ptrdiff_t>(i);
    if (at == from.size()) {
      const bool run = !steps.empty() && steps.back().kind == Diff<T>::insert && steps.back().index + steps.back().items.size() == i;
      if (!run) steps.push_back({Diff<T>::insert, i, 0, {}});
      steps.back().items.push_back(to[i]);
      from.insert(here, to[i]);
      continue;
    }
    if (at != i) {
      steps.push_back({Diff<T>::move, i, at, {}});
      std::rotate(here, from.begin() + static_cast<std::ptrdiff_t>(at), from.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    if (!same(from[i], to[i])) steps.push_back({Diff<T>::update, i, 0, {to[i]}}), from[i] = to[i];
  }
  return steps;
}

/// At most one wake-up between two drains. Any thread; the wake itself runs on the executor. A function of the app may own anything: it is
/// never destroyed under a lock.
class Wake : public std::enable_shared_from_this<Wake> {
 public:
  explicit Wake(Executor app) : app_(std::move(app)) {}
  void on_change(std::function<void()> wake) {
    {
      std::lock_guard lock(mutex_);
      if (!ended_) wake_.swap(wake);
    }
    post(take());
  }
  /// Something is new. What is returned must be posted to the executor, outside of the caller's locks.
  std::function<void()> signal() {
    {
      std::lock_guard lock(mutex_);
      fresh_ = true;
    }
    return take();
  }
  /// The app is about to look: news from here on wake it again. Before the data is taken, or news that come in between would be lost.
  void drained() {
    std::lock_guard lock(mutex_);
    told_ = false, fresh_ = false;
  }
  /// Not all was taken.
  void again() { post(signal()); }
  /// No calls any more, whoever sets another function. On the caller's thread, without locks: the function is destroyed here.
  void end() {
    std::function<void()> gone;
    std::lock_guard lock(mutex_);
    ended_ = true, gone.swap(wake_);
  }

 private:
  std::function<void()> take() {
    std::lock_guard lock(mutex_);
    if (!wake_ || !fresh_ || posted_ || told_) return {};
    posted_ = true;
    return [self = shared_from_this()] { self->call(); };
  }
  void post(std::function<void()> run) {
    if (run) app_(std::move(run));
  }
  void call() {
    std::function<void()> wake;
    {
      std::lock_guard lock(mutex_);
      posted_ = false;
      if (!fresh_) return;  // the app looked before this came to run
      wake = wake_;         // a copy: it may replace itself
      told_ = static_cast<bool>(wake);
    }
    if (wake) wake();
  }
  const Executor app_;
  std::mutex mutex_;
  std::function<void()> wake_;
  bool fresh_ = false;
  bool posted_ = false;  // on its way to the executor
  bool told_ = false;    // since the last drain
  bool ended_ = false;
};

/// The two sides of a list.
template <class T> struct View {
  explicit View(Executor app) : wake(std::make_shared<Wake>(std::move(app))) {}
  std::function<void()> publish(std::vector<T> next) {
    {
      std::lock_guard lock(mutex);
      latest = std::move(next), published = true;
    }
    return wake->signal();
  }
  template <class Key, class Same> std::vector<Diff<T>> drain(Key key, Same same) {
    std::vector<T> next;
    bool any = false;
    wake->drained();
    {
      std::lock_guard lock(mutex);
      if ((any = published)) next = std::move(latest), published = false;
    }
    std::vector<Diff<T>> steps;
    if (!std::exchange(drained, true)) {
      steps.push_back({Diff<T>::reset, 0, 0, next});
    } else if (any) {
      steps = diff(shown, next, key, same);
    } else {
      return steps;
    }
    shown = std::move(next);
    return steps;
  }
  std::shared_ptr<Wake> wake;
  std::mutex mutex;
  std::vector<T> latest;
  bool published = false;
  // The executor's side.
  std::vector<T> shown;
  bool drained = false;
};

}  // namespace fechatter
