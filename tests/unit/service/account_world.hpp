// Accounts over a lane and a store in memory: what is submitted waits for settle(), which commits it in batches.
#pragma once
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include "sdk/service/accounts/accounts.hpp"
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"

namespace fechatter::account_test {

class SetClock : public Clock {
 public:
  Time now() override { return time; }
  std::int64_t steady_ms() override { return time.ms; }
  Time time{1'700'000'000'000};
};
class SeededRandom : public Random {
 public:
  void fill(void* bytes, std::size_t size) override {
    for (std::size_t i = 0; i < size; ++i) static_cast<unsigned char*>(bytes)[i] = static_cast<unsigned char>(rng_());
  }

 private:
  std::mt19937 rng_{7};
};

class MapFiles : public Files {
 public:
  std::map<std::string, std::string> files;
  bool full = false;

  bool exists(const std::string& path) override { return files.count(path) > 0; }
  Result<Done> create_directories(const std::string&) override { return Done{}; }
  Result<Done> rename(const std::string& from, const std::string& to) override { return files[to] = std::move(files[from]), remove(from); }
  Result<Done> remove(const std::string& path) override { return files.erase(path), Done{}; }
  Result<std::string> read(const std::string& path) override {
    if (!exists(path)) return Error{Code::not_found, path, {}};
    return files[path];
  }
  Result<Done> write_atomic(const std::string& path, std::string_view bytes) override {
    if (full) return Error{Code::storage_full, path, {}};
    return files[path] = bytes, Done{};
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : files)
      if (path.compare(0, directory.size() + 1, directory + '/') == 0) names.push_back(path.substr(directory.size() + 1));
    return names;
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string&) override { return std::make_unique<FileLock>(); }
};

class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SetClock clock;
  SeededRandom random;
  IdSource ids{clock, random};
  MemoryRows rows;
  Tokens tokens{{*EcKey::generate()}, std::string(32, 's'), {"fechatter", "fechatter", 900}};
  bool pool_full = false, queries_fail = false, reads_fail = false;
  std::size_t jobs = 0;               ///< that the pool was ever given
  std::vector<std::string> failures;  ///< addresses of refused logins
  Accounts accounts{ports()};

  /// Until nothing waits: the pool first, then the lane in batches of that size.
  void settle(std::size_t batch = 500);
  /// One call from beginning to end.
  Result<SignedIn> signup(SignUpRequest, CommandId key = {});
  Result<SignedIn> login(const std::string& email, const std::string& password);
  Result<SignedIn> refresh(const std::string& token, const std::string& key = "");
  Result<Done> logout(const SignedIn&);
  Result<Done> set_password(const SignedIn&, const std::string& old, const std::string& fresh, CommandId key = {});
  /// A person with that password, signed in.
  SignedIn person(const std::string& email = "ann@example.org", const std::string& password = "correct horse");

  void wait(std::int64_t ms) { clock.time.ms += ms; }
  void commit(Submission);
  void deactivate(UserId);
  Context context(const SignedIn&) const;
  std::optional<SessionRow> session(SessionId);
  /// The reasons of the sessions that ended, in order.
  std::vector<std::string> ends() const;

 private:
  struct Waiting {
    Submission submission;
    std::function<void(Outcome)> done;
  };
  AccountPorts ports();
  void commit_some(std::size_t most);

  std::deque<std::function<void()>> pool_;
  std::deque<Waiting> lane_;
};

/// "unauthenticated", "invalid_argument email", …: the code, and the field where there is one; "done" where there is no error.
template <class T> std::string verdict(const Result<T>& r) {
  if (r) return "done";
  return std::string(code_name(r.error().code)) + (r.error().field.empty() ? "" : ' ' + r.error().field);
}

}  // namespace fechatter::account_test
