#include "tools/replay/order.hpp"
#include <fstream>
#include <nlohmann/json.hpp>

namespace replay {
using nlohmann::json;

void write_order(const std::string& file, const Order& o) {
  json parts = json::array();
  for (const Part& p : o.parts)
    parts.push_back({{"name", p.name}, {"email", p.email}, {"directory", p.directory}, {"lines", p.lines}, {"channels", p.channels}});
  std::ofstream(file) << json{{"server", o.server}, {"invite", o.invite}, {"channel", o.channel}, {"truth", o.truth}, {"parts", parts}};
}
Order read_order(const std::string& file) {
  std::ifstream in(file);
  const json j = json::parse(in);
  Order o{j["server"], j["invite"], j["channel"], j["truth"], {}};
  for (const json& p : j["parts"])
    o.parts.push_back({p["name"], p["email"], p["directory"], p["lines"].get<std::vector<std::string>>(), p["channels"].get<std::vector<std::string>>()});
  return o;
}

}  // namespace replay
