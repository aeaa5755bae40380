#include "tests/unit/service/account_world.hpp"
#include "sdk/core/accounts/accounts.hpp"

namespace fechatter::account_test {
namespace {
// Rows by key, and the one named query that accounts ask.
class MemorySnapshot : public Snapshot {
 public:
  MemorySnapshot(MemoryRows& rows, bool fail, bool rows_fail) : rows_(rows), fail_(fail), rows_fail_(rows_fail) {}
  std::shared_ptr<void> load(const Type& type, const RowKey& key) override {
    if (!rows_fail_) return rows_.load(type, key);
    failure_ = Error{Code::unavailable, "the disk is slow", {}};
    return nullptr;
  }
  std::optional<Error> take_failure() override { return std::exchange(failure_, std::nullopt); }
  Result<std::vector<std::shared_ptr<void>>> query(std::string_view name, const Type& row, std::span<const Value> p) override {
    if (fail_) return Error{Code::unavailable, "the disk is slow", {}};
    REQUIRE((name == "user_sessions" && &row == &type_of<SessionRow>));
    std::vector<std::shared_ptr<void>> found;
    for (const auto& [type, key] : rows_.keys()) {
      if (type != &type_of<SessionRow>) continue;
      auto loaded = rows_.load(*type, key);
      const auto& s = *static_cast<const SessionRow*>(loaded.get());
      if (value(s.user_id) == p[0] && !s.revoked && s.expires_at.ms > std::get<std::int64_t>(p[1])) found.push_back(loaded);
    }
    return found;
  }

 private:
  MemoryRows& rows_;
  bool fail_, rows_fail_;
  std::optional<Error> failure_;
};

// Runs the call and takes its one answer.
template <class T, class Call> Result<T> answer_of(World& world, Call call) {
  std::vector<Result<T>> answers;
  call([&](Result<T> r) { answers.push_back(std::move(r)); });
  world.settle();
  REQUIRE(answers.size() == 1);
  return std::move(answers.front());
}
}  // namespace

AccountPorts World::ports() {
  return {[this](Submission s, std::function<void(Outcome)> done) { lane_.push_back({std::move(s), std::move(done)}); },
          [this] { return std::make_unique<MemorySnapshot>(rows, queries_fail, reads_fail); },
          [this](std::function<void()> job, std::function<void()> then) {
            if (pool_full) return false;
            ++jobs;
            pool_.push_back([job = std::move(job), then = std::move(then)] { job(), then(); });
            return true;
          },
          clock,
          random,
          ids,
          tokens,
          64,
          1,
          [this](std::string_view address) { failures.emplace_back(address); }};
}

void World::settle(std::size_t batch) {
  while (!pool_.empty() || !lane_.empty()) {
    while (!pool_.empty()) {
      auto job = std::move(pool_.front());
      pool_.pop_front();
      job();
    }
    commit_some(batch);
  }
}

void World::commit_some(std::size_t most) {
  std::vector<Waiting> batch;
  for (; !lane_.empty() && batch.size() < most; lane_.pop_front()) batch.push_back(std::move(lane_.front()));
  std::vector<Submission> submissions;
  for (const Waiting& w : batch) submissions.push_back(w.submission);
  Fold fold(rows);
  fold.load(submissions);
  std::vector<Outcome> outcomes;
  for (const Submission& s : submissions) outcomes.push_back(fold.execute(s));
  REQUIRE(fold.rows().late_loads() == 0);
  REQUIRE(rows.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(outcomes[i]));
}

void World::commit(Submission s) {
  s.context.now = clock.now(), s.context.command_id = ids.next<CommandId>();
  lane_.push_back({std::move(s), [](const Outcome& outcome) { REQUIRE_FALSE(outcome.error); }});
  settle();
}

Result<SignedIn> World::signup(SignUpRequest r, CommandId key) {
  return answer_of<SignedIn>(*this, [&](auto done) { accounts.signup(std::move(r), key, done); });
}
Result<SignedIn> World::login(const std::string& email, const std::string& password) {
  return answer_of<SignedIn>(*this, [&](auto done) { accounts.login({email, password, {}}, done); });
}
Result<SignedIn> World::refresh(const std::string& token, const std::string& key) {
  return answer_of<SignedIn>(*this, [&](auto done) { accounts.refresh({token}, key, done); });
}
Result<Done> World::logout(const SignedIn& who) {
  return answer_of<Done>(*this, [&](auto done) { accounts.logout(context(who), done); });
}
Result<Done> World::set_password(const SignedIn& who, const std::string& old, const std::string& fresh, CommandId key) {
  Context x = context(who);
  if (key) x.command_id = key, x.keyed = true;
  return answer_of<Done>(*this, [&](auto done) { accounts.set_password(x, {old, fresh}, done); });
}
SignedIn World::person(const std::string& email, const std::string& password) {
  auto made = signup({email, password, "Ann", {}, {}, {}});
  REQUIRE(made);
  return *made;
}

Context World::context(const SignedIn& who) const {
  Context x;
  x.actor = who.user.id, x.session = who.session_id;
  return x;
}
void World::deactivate(UserId id) {
  auto row = std::static_pointer_cast<UserRow>(rows.load(type_of<UserRow>, make_key(id)));
  REQUIRE(row);
  row->state = UserState::deactivated;
  REQUIRE(rows.commit({}, {{&type_of<UserRow>, {row}}}, {}));
}
std::optional<SessionRow> World::session(SessionId id) {
  const auto row = rows.load(type_of<SessionRow>, make_key(id));
  return row ? std::optional(*static_cast<const SessionRow*>(row.get())) : std::nullopt;
}
std::vector<std::string> World::ends() const {
  std::vector<std::string> reasons;
  for (const LogEvent& e : rows.log) {
    SessionRevoked body;
    if (e.type == type_of<SessionRevoked>.name && !read_json(e.payload, body, Reading::tolerant)) reasons.push_back(body.reason);
  }
  return reasons;
}

}  // namespace fechatter::account_test
