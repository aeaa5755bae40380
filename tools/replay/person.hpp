// What both kinds of work share: a client that signs in, and a loop that turns several of them.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include "fechatter/client.hpp"
#include "tools/replay/order.hpp"

namespace replay {
using Clock = std::chrono::steady_clock;

/// One person: a small state machine, turned by the runtime's loop.
class Person {
 public:
  Person(fechatter::Runtime&, const Order&, const Part&);
  virtual ~Person() = default;
  bool done() const { return done_; }
  const std::string& failure() const { return failure_; }
  const Part& part() const { return part_; }
  /// At each turn of the loop: tries again what failed, and now and then looks at what has no callback.
  void turn(Clock::time_point now);
  /// Where it stands, for people.
  std::string report() const;

 protected:
  virtual void signed_in() = 0;
  virtual void look() = 0;  ///< a few times a second, from signed_in() on
  void fail(const fechatter::Error&);
  void finish() { done_ = true; }
  /// The server is down now and then: every answer but a refusal means "later".
  void again(std::function<void()>, const fechatter::Error&);
  /// The newest seq that the client knows of; nothing while it does not know the channel.
  std::optional<std::int64_t> head(fechatter::ChatId) const;
  fechatter::Client& client() { return *client_; }
  const Order& order() const { return order_; }
  fechatter::Handle handle_;

 private:
  void open();
  void sign_up();
  void sign_in();
  void found_account();

  fechatter::Runtime& runtime_;
  const Order& order_;
  const Part& part_;
  std::unique_ptr<fechatter::Client> client_;
  bool looks_ = false, done_ = false;
  Clock::time_point next_look_{}, retry_at_{};
  std::string failure_;
  std::function<void()> later_;
};

}  // namespace replay
