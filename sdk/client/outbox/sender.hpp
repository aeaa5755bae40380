// Sends what the outbox holds: in order, one request at a time in each chat, for ever, until the server acknowledges or refuses it.
#pragma once
#include <map>
#include <set>
#include "sdk/client/session/session.hpp"
#include "sdk/protocol/backoff.hpp"

namespace fechatter {

/// Queues are independent of each other: one a chat, and one a chat for its read mark, which must not wait behind a refused message.
struct QueueKey {
  ChatId chat;
  bool marks = false;
  auto operator<=>(const QueueKey&) const = default;
};
inline QueueKey queue_of(const OutboxRow& row) { return {row.chat_id, row.method == "mark_read"}; }

class Sender {
 public:
  Sender(Desk& desk, Session& session) : desk_(desk), session_(session) {}

  /// Starts what can be started.
  void pump();
  /// The connection is there (again): no more waiting.
  void hurry();
  void stop();
  bool sending(std::int64_t ord) const { return busy_.contains(ord); }
  /// Something was not answered as it should be, and is tried again later.
  bool waiting() const;
  /// Everything queued for that chat is refused: it was removed.
  void chat_gone(ChatId);

  /// Settled: acknowledged (the answer's JSON) or refused.
  std::function<void(const OutboxRow&, const Result<std::string>&)> on_settled;

 private:
  struct Queue {
    std::int64_t busy = 0;       // ord in flight
    bool waiting = false;
    Timer timer;
    Backoff backoff;
  };
  void start(const QueueKey&, const OutboxRow&);
  void look_for(const OutboxRow& refused);
  void answered(const OutboxRow&, const Judgement&, const std::string& body);
  bool acknowledged(const OutboxRow&, const Judgement&, const std::string& body);
  bool store(const std::function<void(Batch&)>& write);
  bool settled(const OutboxRow&, const std::string& body);
  void refused(const OutboxRow&, const Error&);
  void wait(const QueueKey&, std::int64_t floor_ms);

  Desk& desk_;
  Session& session_;
  std::uint64_t generation_ = 0;
  std::map<QueueKey, Queue> queues_;
  std::set<std::int64_t> busy_;
};

/// An error as core.db keeps it, and back.
std::string error_text(const Error&);
Error error_from(const std::string&);

}  // namespace fechatter
