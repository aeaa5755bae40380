// What the simulated network carries, counted: commands and calls with their answers, kinds of pages, of frames and of ends.
#pragma once
#include <map>
#include <set>
#include "sdk/core/live/live.hpp"
#include "sdk/service/routes/router.hpp"
#include "tests/sim/machines/network.hpp"
#include "tests/sim/sights/sights.hpp"

namespace fechatter::sim {

class TrafficWatch : public Witness {
 public:
  explicit TrafficWatch(Sights& sights) : sights_(sights) {}
  void answered(std::size_t device, const ApiRequest&, const ApiReply&) override;
  void framed(std::size_t device, const std::string& text) override;

 private:
  void sync_page(const ApiRequest&, const ApiReply&);
  void frame(const std::string& way, const std::string& event, bool vouches, const std::string& data);
  void event(const EventView&, bool vouches);
  Sights& sights_;
  Router router_;
  std::set<std::string> answered_;  ///< changes by their key: another answer is one to a repetition
};

}  // namespace fechatter::sim
