// A run's parts: its beginning (beginning.cpp), the troubles in its middle (trouble.cpp), and its end (scenario.cpp).
#pragma once
#include <functional>
#include <memory>
#include "tests/sim/machines/server_node.hpp"
#include "tests/sim/people/device.hpp"
#include "tests/sim/people/listener.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/sights/traffic_watch.hpp"

namespace fechatter::sim {

class Run : private Witness {
 public:
  Run(std::uint64_t seed, Story story);
  Verdict operator()();

 private:
  // --- chance ---
  std::uint64_t lot(std::uint64_t n) { return world_.random().below(n); }
  bool chance(std::uint64_t thousandths) { return lot(1000) < thousandths; }
  std::int64_t span(std::int64_t from, std::int64_t to) { return from + static_cast<std::int64_t>(lot(static_cast<std::uint64_t>(to - from + 1))); }
  void tell(const std::string& what);

  // --- time ---
  bool step();
  void look();
  void run_for(std::int64_t ms);
  void end_at_commit();
  bool until(const std::function<bool()>& done, const char* what);

  // --- machines ---
  void end_server(ServerNode::End how);
  void end_device(Device& d, Device::End how);
  void start_server();
  void open_device(Device& d);
  void upgrade(Device& d);
  void come_back();
  static bool counts(std::int64_t& seen, std::int64_t now);

  // --- the beginning, in fair weather ---
  bool settle_down();
  bool found_town();
  bool sign_everybody_up(std::size_t people);
  bool sign_in_again();
  Device& add_device(std::string email);
  void create_channel(Device& by, const std::string& name, const char* history);

  // --- the middle ---
  void bad_times();
  void draw_weather();
  void draw_limits();
  void act();
  void trouble_server();
  void trouble_device(Device& d);
  void stall_server(std::int64_t ms);
  void set_server_clock();
  void go_back_in_history();
  void recover();

  // --- the end ---
  void heal();
  void judge();
  std::string differences();
  Verdict verdict();

  // --- what is heard ---
  void answered(std::size_t device, const ApiRequest&, const ApiReply&) override;
  void framed(std::size_t device, const std::string& text) override;
  SharedText translate(std::size_t device, SharedText) const;
  void lost_first(std::size_t device);

  Story story_;
  World world_;
  Sights sights_;
  LogWatch log_;
  Ledger ledger_;
  TrafficWatch traffic_;
  Network network_;
  ServerNode server_;
  ServerWatch server_watch_;
  Town town_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::unique_ptr<DeviceWatch>> watches_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<std::size_t, std::int64_t> back_;
  std::set<std::size_t> full_, offline_;
  std::set<std::size_t> old_;                          ///< devices whose version lacks some types of events
  std::optional<CrashDisk::Image> copy_;               ///< of the server's files
  bool middle_ = false, restoring_ = false, renewed_ = false, healing_ = false, server_full_ = false;
  std::int64_t server_back_ = 0, server_drained_ = 0;  // 0: it does not drain
  std::int64_t server_seen_ = 0;                       // heads and disks, as of the last boundary
  std::vector<std::int64_t> device_seen_;
  Verdict verdict_;
};

}  // namespace fechatter::sim
