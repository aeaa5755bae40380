// A program without the SDK: it follows what happens by WebSocket or long poll, as a script would, and keeps nothing but heads.
#pragma once
#include <map>
#include <memory>
#include "sdk/core/live/live.hpp"
#include "tests/sim/judge/ledger.hpp"
#include "tests/sim/machines/network.hpp"
#include "tests/sim/people/town.hpp"

namespace fechatter::sim {

class Listener {
 public:
  Listener(World&, Network&, Ledger&, Town&, std::size_t number, std::string email);
  ~Listener();
  /// Looks at other chats and people, or breaks off.
  void act();
  std::size_t number() const { return number_; }
  /// The judge's: the server has another history, which is at that position.
  void forget(std::int64_t head) { heads_.clear(), since_ = head; }
  /// What it should have heard and has not; empty: nothing.
  std::string difference(ServerNode&);

 private:
  using Answer = std::function<void(int status, const std::string& body)>;
  void ask(const std::string& method, const std::string& path, const std::string& body, const std::string& key, Answer);
  void go_on(std::int64_t after_ms);
  void connect();
  void log_in();
  void renew();
  void signed_in(int status, const std::string& body);
  void poll();
  void take_page(int status, const std::string& body);
  void open(const std::string& ticket);
  void watch();
  void frame(const Frame&);
  void event(const EventView&);
  void focus();
  std::uint64_t lot(std::uint64_t n) { return random_.below(n); }

  World& world_;
  Network& network_;
  Ledger& ledger_;
  Town& town_;
  std::size_t number_;
  std::string email_;
  SeededRandom random_;
  std::unique_ptr<VirtualLoop> loop_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<HttpCall> stream_, asked_, looked_;
  Timer next_, watchdog_;
  std::string access_, refresh_, rotation_key_, connection_id_;
  std::optional<std::string> cursor_;
  UserId user_;
  bool polls_ = false, heard_ = false, hello_ = false;
  int status_ = 0;
  std::size_t guesses_ = 0;
  std::int64_t since_ = 0;                 ///< the position from which on it hears everything
  std::map<ChatId, std::int64_t> heads_;   ///< revs, as told by events and nudges
};

}  // namespace fechatter::sim
