// The whole service over a real store on a simulated disk and a virtual clock: requests in, replies out, no sockets.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include "sdk/service/service.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/support/crash_disk.hpp"
#include "tests/support/town.hpp"
#include "tests/support/virtual_world.hpp"

namespace fechatter::service_test {

struct Reply {
  int status = 0;
  nlohmann::json json;
  std::string code() const { return status >= 400 ? json["error"]["code"].get<std::string>() : std::string(); }
};

/// Somebody with an account.
struct Person {
  std::string id, email, token;
};

class ServiceWorld {
 public:
  ServiceWorld();
  ~ServiceWorld();

  /// One request on its way: its answer, once there is one.
  using Answer = std::shared_ptr<std::optional<ApiReply>>;
  Answer send(const Person&, const std::string& method, const std::string& path, std::string body = "", const std::string& key = "");
  /// One request from beginning to end; `path` without the prefix, perhaps with a query.
  Reply call(const Person&, const std::string& method, const std::string& path, const nlohmann::json& body = nullptr, const std::string& key = "");
  /// The same, and it must succeed.
  nlohmann::json ok(const Person&, const std::string& method, const std::string& path, const nlohmann::json& body = nullptr, const std::string& key = "");
  /// A new id, in time order.
  std::string id() { return ids_.next<AnyId>().str(); }

  /// Somebody new whom Ann, who owns the workspace, has invited into it.
  Person join(const std::string& name, const std::string& role = "member");
  std::string invite(const Person& maker, const std::string& role = "member");
  std::string channel(const Person& maker, const std::string& kind = "public_channel", const std::string& history = "all");
  nlohmann::json direct(const Person& from, const Person& to);
  /// Answers the message's id.
  std::string post(const Person&, const std::string& chat, const std::string& body);
  void add(const Person& by, const std::string& chat, const Person& who, const std::string& role = "member");
  void wait(std::int64_t ms) { world_.run_for(ms); }
  void step() { world_.step(); }  ///< the next call of any loop
  enum class End { killed, power };
  /// The server's process, or its machine, ends in this moment, and another one goes on with its files.
  void restart(End = End::killed);
  /// Puts those files in the place of the server's while it is not running.
  using Copy = std::map<std::string, std::string>;
  Copy copy_files();
  void restore_files(const Copy&);
  /// The log, as it stands.
  std::vector<LogEvent> log();
  std::int64_t head() const { return store_->head(); }  ///< its newest position
  sim::CrashDisk& disk() { return disk_; }

  std::function<void()> after_answer;  ///< runs once, behind the next answer and before what else that call has caused

  std::string workspace;
  Person ann;
  std::vector<std::string> limited;  ///< the kinds that were asked of the rate limit
  std::map<std::string, int> asked;  ///< how often each named query was
  std::string too_often;             ///< the kind that it refuses; empty: none
  Service& service() { return *service_; }

 private:
  void open();
  void start();
  void stop();
  Person sign_up(const std::string& name, nlohmann::json more);

  sim::World world_{7};
  sim::SeededRandom random_{7};
  sim::VirtualClock clock_{world_};
  IdSource ids_{clock_, random_};
  sim::CrashDisk disk_{7};
  NullLog log_;
  std::unique_ptr<Files> files_;
  std::unique_ptr<ServerStore> store_;
  std::unique_ptr<Reader> counting_;
  std::unique_ptr<sim::VirtualLoop> main_, lane_, reader_, work_;
  std::unique_ptr<Service> service_;
  std::size_t people_ = 0;
};

}  // namespace fechatter::service_test
