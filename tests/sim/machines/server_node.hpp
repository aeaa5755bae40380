// The real service on the simulation's ports: one process on one machine, which can be killed and lose power.
#pragma once
#include <vector>
#include "sdk/service/service.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/sim/machines/network.hpp"
#include "tests/support/crash_disk.hpp"

namespace fechatter::sim {

/// What fatal() does here: the process ends at once.
struct ProcessEnded {};

class ServerNode : public Endpoint {
 public:
  ServerNode(World&, Network&, Log&, std::uint64_t seed);
  ~ServerNode() override;

  std::int64_t large_chat = 500;  ///< of the next start
  HubLimits live = {};            ///< of the next start
  std::uint64_t refuse = 0;       ///< thousandths of the requests: too many, come again

  /// Opens the database and takes requests. An error while the disk has power and room is a finding.
  Result<Done> start();
  bool up() const { return static_cast<bool>(life_); }
  enum class End { killed, power };
  void end(End);
  /// A graceful stop, as SIGTERM asks for it.
  void drain();
  CrashDisk& disk() { return disk_; }
  VirtualClock& clock() { return clock_; }
  /// Stops one of its threads for a while.
  void stall(std::size_t thread, std::int64_t ms);
  /// The truth.
  std::unique_ptr<Snapshot> snapshot();
  ServerStore& store() { return *life_->store; }
  const Lane& lane() const { return life_->service->lane(); }
  /// While it is down: names the history anew, as a restore by the tool does.
  Result<Done> change_epoch();

  void request(ApiRequest, std::function<void(ApiReply)>) override;
  void stream(ApiRequest, PipeRef) override;

 private:
  struct Life {
    std::unique_ptr<Files> files;
    std::vector<std::unique_ptr<VirtualLoop>> loops;  // main, lane, two readers, work
    std::unique_ptr<ServerStore> store;
    std::unique_ptr<Service> service;
    std::shared_ptr<const Committed> held;            // by the bus, behind the one that follows it
  };
  void bus(Life&, std::shared_ptr<const Committed>, const std::function<void(std::shared_ptr<const Committed>)>&);
  World& world_;
  Network& network_;
  SeededRandom random_;
  VirtualClock clock_;
  IdSource ids_;
  Log& log_;
  CrashDisk disk_;
  std::unique_ptr<Life> life_;
};

}  // namespace fechatter::sim
