#include "sdk/client/desk.hpp"
#include <algorithm>

namespace fechatter {
namespace {
constexpr std::int64_t kUnreadableMs = 5000;
}

Desk::Desk(const Ports& p, ClientOptions o) : ports(p), ids(std::make_unique<IdSource>(*p.clock, *p.random)), options(std::move(o)) {
  while (!options.server.empty() && options.server.back() == '/') options.server.pop_back();
  if (!options.executor) options.executor = [loop = ports.loop](std::function<void()> run) { loop->post(std::move(run)); };
}

UserId Desk::self() const {
  const auto account = local->account();
  return account ? account->user_id : UserId{};
}

void Desk::enter(const std::function<void()>& run) {
  std::vector<std::function<void()>> out;
  {
    std::lock_guard lock(mutex);
    if (closed) return;
    run();
    out.swap(outgoing_);
  }
  for (auto& f : out) options.executor(std::move(f));
}

void Desk::post(std::function<void()> run) {
  ports.loop->post([weak = weak_from_this(), run = std::move(run)] {
    if (const auto desk = weak.lock()) desk->enter(run);
  });
}

Timer Desk::after(std::int64_t ms, std::function<void()> run) {
  return ports.loop->after(ms, [weak = weak_from_this(), run = std::move(run)] {
    if (const auto desk = weak.lock()) desk->enter(run);
  });
}

void Desk::delay(std::int64_t ms, std::function<void()> run) {
  const std::uint64_t n = ++last_delay_;
  delays_[n] = after(ms, [this, n, run = std::move(run)] {
    auto timer = std::make_shared<Timer>(std::move(delays_[n]));
    delays_.erase(n);
    bury(std::move(timer));
    run();
  });
}

void Desk::bury(std::shared_ptr<void> thing) {
  ports.loop->post([thing = std::move(thing)] {});
}

void Desk::keep(std::shared_ptr<Closable> interest) {
  std::lock_guard lock(interests_mutex_);
  if (interests_.size() % 64 == 63)
    std::erase_if(interests_, [](const auto& w) {
      const auto held = w.lock();
      return !held || held->done();
    });
  interests_.push_back(interest);
}

void Desk::close() {
  std::vector<std::function<void()>> out;
  std::map<std::uint64_t, Timer> timers;
  {
    std::lock_guard lock(mutex);
    closed = true;
    out.swap(outgoing_), timers.swap(delays_);
  }
  {
    std::lock_guard lock(interests_mutex_);
    for (const auto& weak : interests_)
      if (const auto interest = weak.lock())
        if (auto run = interest->close()) out.push_back(std::move(run));
    interests_.clear();
  }
  for (auto& f : out) options.executor(std::move(f));
}

Result<Done> Desk::commit(Batch& batch) {
  auto done = batch.commit();
  if (done) {
    committed(batch);
    return done;
  }
  batch.abandon();
  failed(done.error());
  return done;
}

void Desk::failed(const Error& error) {
  note(error);
  if (error.code != Code::corrupt || std::exchange(damage_told_, true)) return;
  post([this] {
    damage_told_ = false;
    damaged();
  });
}

void Desk::unreadable(const Error& error) {
  failed(error);
  if (std::exchange(looking_again_, true)) return;
  delay(kUnreadableMs, [this] {
    looking_again_ = false;
    turn();
  });
}

void Desk::note(const Error& error) {
  last_error = error;
  ports.log->write(Level::info, "client", std::string(code_name(error.code)) + ": " + error.message);
}

}  // namespace fechatter
