// What every command has: a client on a runtime that this thread turns, and ways to wait.
#pragma once
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include "fechatter/client.hpp"

namespace terminal {
using namespace fechatter;

enum Exit { kDone = 0, kRefused = 1, kUsage = 2, kQueued = 3 };

struct Settings {
  std::string server, home, password_file;
  bool json = false;
  int timeout_s = 5;  ///< how long a command waits for the network
};

class App {
 public:
  explicit App(Settings settings) : settings_(std::move(settings)), runtime_(Runtime::host_driven()) {}
  /// Opens the client of the home directory; an error has been printed when it is null.
  Client* open();
  Client& client() { return *client_; }
  const Settings& settings() const { return settings_; }
  Runtime& runtime() { return *runtime_; }

  /// Turns the loop until `done` holds, at most the timeout or `seconds`. False: it does not.
  template <class F> bool until(F done, int seconds = 3600) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::min(seconds, settings_.timeout_s));
    while (!done()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= end) return false;
      runtime_->poll(std::min(end, now + std::chrono::milliseconds(100)));
    }
    return true;
  }
  /// Starts something and waits for its completion; unavailable when the time is up.
  template <class T, class F> Result<T> await(F begin) {
    auto result = std::make_shared<std::unique_ptr<Result<T>>>();
    Handle handle = begin([result](Result<T> r) { *result = std::make_unique<Result<T>>(std::move(r)); });
    if (!until([&] { return *result != nullptr; })) return Error{Code::unavailable, "no answer from " + settings_.server, {}};
    return std::move(**result);
  }
  /// For a command that goes on for long: it waits for single answers, however short the timeout is.
  void be_patient() { settings_.timeout_s = std::max(settings_.timeout_s, 5); }
  /// Caught up, or the time is up: then what is held is shown. A server that could be reached is the home's from then on.
  bool synced();
  /// Catches up, sends what waits, and notes what has failed before: sent() judges by what comes after. Not needed offline.
  void settle();
  /// Waits for the changes made since settle(): kDone, kRefused (printed) or kQueued. What was refused earlier is not counted.
  int sent();
  /// Says why something waits, `behind` what was refused or not; kQueued.
  int queued(bool behind);
  /// One of those that had failed is tried again.
  void forgive() { failed_ -= failed_ > 0; }
  /// What became of messages of a chat.
  struct Fate {
    enum class State { queued, sent, failed } state = State::queued;
    bool behind = false;  ///< queued: a refused one stands before it
    Error error;          ///< failed
  };
  std::map<MessageId, Fate> fates(ChatId, const std::set<MessageId>&);
  /// The worst of them, as an exit code; refusals are printed.
  int verdict(const std::map<MessageId, Fate>&);
  /// By id, channel or person; a direct chat is made when there is none. See lookup.hpp.
  Result<ChatId> chat(const std::string& name, const std::string& workspace = {});
  Result<std::string> password(bool twice);

 private:
  std::string remembered() const;
  bool look(Timeline&, std::map<MessageId, Fate>&);
  Settings settings_;
  std::size_t failed_ = 0, stuck_ = 0;  // before the change: refused ones, and those that wait behind them
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Client> client_;
};

int fail(const Error&);
int run_screen(App&);

}  // namespace terminal
