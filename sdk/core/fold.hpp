// Commands become events and rows: the fold that the server's lane, the property tests and the benchmarks share.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

/// A command on its way: the described struct and who sent it.
struct Submission {
  const CommandEntry* entry = nullptr;
  std::shared_ptr<const void> command;
  Context context;
  std::size_t size = 0;  ///< bytes of its texts, for the bound of a batch
};

/// What became of it. A refused command leaves no trace.
struct Outcome {
  std::optional<Error> error;
  int status = 0;
  std::string answer;  ///< JSON; empty: 204
  bool ask = false;    ///< the entry's answer_call knows better now that it is stored; `answer` stands where that refuses
};

/// Folds commands one after the other over one working set: load all needs, then execute each. Nothing is durable until the store
/// has taken events(), changes() and redactions() in one transaction. Single-threaded.
class Fold {
 public:
  explicit Fold(RowSource& rows) : set_(rows) {}

  /// Loads what these commands need, in at most two rounds (the second: what the first showed, such as the chat's workspace).
  void load(std::span<const Submission> batch);
  Outcome execute(const Submission&);

  const std::vector<Event>& events() const { return events_; }
  WorkingSet& rows() { return set_; }

 private:
  Outcome replay(const Submission&, const CommandRow&);
  void redact(const AnyId& subject);
  void take(const Submission&, Effects&&);

  WorkingSet set_;
  std::vector<Event> events_;
};

/// Applies one event to the rows: the feature's own part, then the head of its stream. Total and idempotent; an unknown body does
/// nothing but move the head.
void apply(WorkingSet&, const Event&);

}  // namespace fechatter
