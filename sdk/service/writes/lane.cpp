#include "sdk/service/writes/lane.hpp"

namespace fechatter {
namespace {
constexpr int kAttempts = 3;

// A failure that says nothing about one command: the disk, a lock, a lost connection.
bool of_the_store(const Error& e) { return e.code == Code::storage_full || e.code == Code::unavailable || e.code == Code::locked || e.code == Code::corrupt; }

struct OpenBatch {
  RowStore& store;
  explicit OpenBatch(RowStore& s) : store(s) { store.open_batch(); }
  ~OpenBatch() { store.close_batch(); }
  OpenBatch(const OpenBatch&) = delete;
  OpenBatch& operator=(const OpenBatch&) = delete;
};

Error to_caller(const Error& e) {
  if (e.code == Code::storage_full) return {Code::storage_full, "the server's disk is full; nothing was stored", {}, 2000};
  return {Code::unavailable, "the change could not be stored; try again", {}, 1000};
}
}  // namespace

Lane::Lane(Loop& loop, RowStore& store, Log& log, Listener committed, Limits limits)
    : loop_(loop), store_(store), log_(log), committed_(std::move(committed)), limits_(limits) {
  tidy_after(limits_.tidy_ms);  // what the last process left
}

void Lane::submit(Submission s, Done done) {
  if (queued_.fetch_add(1) >= limits_.queued) {
    --queued_, ++counters_.overflows;
    return done({Error{Code::unavailable, "too many changes are waiting", {}, 500}, 0, {}});
  }
  auto job = std::make_shared<Job>(Job{std::move(s), std::move(done)});
  loop_.post([this, job] {
    queue_.push_back(std::move(*job));
    if (!std::exchange(draining_, true)) loop_.post([this] { drain(); });
  });
}

void Lane::drain() {
  auto batch = take();
  run(batch);
  queued_ -= batch.size();
  draining_ = !queue_.empty();
  if (draining_) loop_.post([this] { drain(); });
}

std::vector<Lane::Job> Lane::take() {
  std::vector<Job> batch;
  std::size_t bytes = 0;
  batch.reserve(std::min(queue_.size(), limits_.batch));
  while (!queue_.empty() && batch.size() < limits_.batch && bytes < limits_.bytes) {
    bytes += queue_.front().submission.size;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void Lane::tidy_after(std::int64_t ms) {
  if (std::exchange(tidying_, true)) return;
  tidy_ = loop_.after(ms, [this] {
    tidying_ = false;
    if (const std::int64_t next = store_.tidy(); next > 0) tidy_after(next);
  });
}

void Lane::run(std::vector<Job>& batch) {
  ++counters_.batches, counters_.commands += static_cast<std::int64_t>(batch.size());
  std::optional<Result<std::vector<Outcome>>> outcomes;
  for (int i = 0; i < kAttempts; ++i) {
    outcomes = attempt(batch);
    if (*outcomes || (*outcomes).error().code == Code::storage_full) break;
    ++counters_.retries;
    log_.write(Level::warn, "lane", "a batch failed: " + (*outcomes).error().message);
  }
  if (*outcomes) {
    for (std::size_t i = 0; i < batch.size(); ++i) tell(batch[i], std::move((**outcomes)[i]));
    return;
  }
  const Error error = (*outcomes).error();
  if (batch.size() == 1 || of_the_store(error)) {
    for (Job& job : batch) job.done({to_caller(error), 0, {}});
    return;
  }
  for (Job& job : batch) {  // one poisoned command fails alone
    auto single = attempt(std::span(&job, 1));
    if (single) tell(job, std::move((*single)[0]));
    else job.done({Error{Code::internal, "the change could not be stored", {}}, 0, {}});
    if (!single) log_.write(Level::error, "lane", std::string(job.submission.entry->type->name) + ": " + single.error().message);
  }
}

// Counted here, once, however often its batch was run.
void Lane::tell(Job& job, Outcome outcome) {
  counters_.refused += outcome.error.has_value();
  job.done(std::move(outcome));
}

Result<std::vector<Outcome>> Lane::attempt(std::span<Job> batch) {
  const OpenBatch open(store_);
  Fold fold(store_);
  std::vector<Submission> submissions;
  submissions.reserve(batch.size());
  for (const Job& job : batch) submissions.push_back(job.submission);
  fold.load(submissions);
  if (auto failure = store_.take_failure()) return *failure;  // what was not read is not absent
  std::vector<Outcome> outcomes;
  outcomes.reserve(batch.size());
  for (const Submission& s : submissions) outcomes.push_back(fold.execute(s));
  counters_.late_loads += static_cast<std::int64_t>(fold.rows().late_loads());
  if (auto failure = store_.take_failure()) return *failure;
  const RowChanges changes = fold.rows().changes();
  if (fold.events().empty() && changes.empty()) return outcomes;
  auto done = store_.commit(fold.events(), changes, fold.rows().redactions());
  if (!done) return done.error();
  if (!fold.rows().redactions().empty()) tidy_after(limits_.tidy_ms);
  if (!done->events.empty() && committed_) committed_(std::make_shared<const Committed>(std::move(*done)));
  return outcomes;
}

}  // namespace fechatter
