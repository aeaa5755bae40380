// The SDK's side of a Handle: one answer, on the app's executor, unless nobody wants it any more.
#pragma once
#include <mutex>
#include "fechatter/task.hpp"

namespace fechatter {

/// Any Pending, without its type: what a closing client answers.
class Closable : public Interest {
 public:
  /// What must run on the executor now; empty: answered already, or nobody waits.
  virtual std::function<void()> close() = 0;
  virtual bool done() const = 0;
};

template <class T> class Pending final : public Closable, public std::enable_shared_from_this<Pending<T>> {
 public:
  Pending(Executor app, Completion<T> callback) : app_(std::move(app)), callback_(std::move(callback)) {}

  /// The first answer wins. The caller posts what this returns, outside of its locks.
  std::function<void()> answer(Result<T> result) {
    std::lock_guard lock(mutex_);
    if (answered_ || !callback_) return {};
    answered_ = true;
    return [self = this->shared_from_this(), shared = std::make_shared<Result<T>>(std::move(result))] { self->deliver(std::move(*shared)); };
  }
  void cancel() override {
    if (auto run = answer(Error{Code::cancelled, "cancelled"})) app_(std::move(run));
  }
  void drop() override {
    Completion<T> gone;  // destroyed after the lock: it may own anything
    {
      std::lock_guard lock(mutex_);
      gone.swap(callback_);
      answered_ = true;
    }
  }
  std::function<void()> close() override { return answer(Error{Code::closed, "the client is closed"}); }
  bool done() const override {
    std::lock_guard lock(mutex_);
    return answered_;
  }

 private:
  void deliver(Result<T> result) {
    Completion<T> callback;
    {
      std::lock_guard lock(mutex_);
      callback.swap(callback_);
    }
    if (callback) callback(std::move(result));
  }
  const Executor app_;
  mutable std::mutex mutex_;
  Completion<T> callback_;
  bool answered_ = false;
};

}  // namespace fechatter
