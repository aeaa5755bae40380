#include "server/kit/config.hpp"
#include <stdlib.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <functional>

using namespace fechatter;
using namespace fechatter::kit;

namespace {
class File {
 public:
  explicit File(const std::string& text) : name("/tmp/fechatter-config-" + std::to_string(::getpid()) + ".toml") { std::ofstream(name) << text; }
  ~File() { ::unlink(name.c_str()); }
  std::string name;
};
std::string refusal(const std::string& text) {
  const File file(text);
  const auto config = load_config(file.name);
  if (config) return {};
  CHECK(config.error().code == Code::invalid_argument);
  const std::string& all = config.error().message;
  return all.find(file.name) == 0 ? all.substr(file.name.size()) : all;
}
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};
std::string problem(const std::function<void(Config&)>& change) {
  Config c;
  change(c);
  const auto done = check(c);
  return done ? "" : done.error().message;
}
}  // namespace

TEST_CASE("defaults are valid; the file and then the environment change them") {
  const auto none = load_config("");
  REQUIRE(none);
  CHECK(check(*none));
  const File file(
      "[server]\ndata = '/data'\nlisten = '[::1]:8081'\n[limits]\nrates = false\nlogin_burst = 3\nconnections = 7\n[auth]\naccess_ttl_s = "
      "60\n");
  const Variable environment("FECHATTER_LIMITS_CONNECTIONS", "9"), more("FECHATTER_LOG_LEVEL", "debug");
  const auto c = load_config(file.name);
  REQUIRE(c);
  CHECK(c->data == "/data");
  CHECK(c->rate_limits == false);
  CHECK(c->login.burst == 3);
  CHECK(c->max_connections == 9);
  CHECK(c->access_ttl_s == 60);
  CHECK(c->log_level == "debug");
  const auto options = server_options(*c);
  CHECK(options.address == "::1");
  CHECK(options.port == 8081);
  CHECK(options.max_connections == 9);
}

TEST_CASE("a wrong file is refused with the line and the key") {
  CHECK(refusal("[server]\nport = 1\n") == ":2: server.port: is not a known key");
  CHECK(refusal("[server]\n\ndata = 1\n") == ":3: server.data: must be a string");
  CHECK(refusal("[limits]\nconnections = '9'\n") == ":2: limits.connections: must be a whole number");
  CHECK(refusal("[limits]\nconnections = 9.5\n") == ":2: limits.connections: must be a whole number");
  CHECK(refusal("[limits]\nrates = 1\n") == ":2: limits.rates: must be true or false");
  CHECK(refusal("[limits]\nlogin_burst = true\n") == ":2: limits.login_burst: must be a number");
  CHECK(refusal("data = 'x'\n") == ":1: data: must be a table such as [data]");
  CHECK(refusal("[sever]\n") == ":1: sever: is not a known section");
  CHECK(refusal("[server\n").find(":1: ") == 0);
  CHECK(load_config("/nowhere/fechatter.toml").error().message.find("/nowhere/fechatter.toml") == 0);
}

TEST_CASE("a wrong variable is refused by name") {
  const Variable environment("FECHATTER_LIMITS_CONNECTIONS", "many");
  const auto c = load_config("");
  REQUIRE(!c);
  CHECK(c.error().message.find("FECHATTER_LIMITS_CONNECTIONS") == 0);
}

TEST_CASE("values out of bounds are refused by name") {
  CHECK(problem([](Config& c) { c.listen = "8080"; }).find("server.listen") == 0);
  CHECK(problem([](Config& c) { c.listen = "h:99999"; }).find("server.listen") == 0);
  CHECK(problem([](Config& c) { c.listen = "example:8080"; }).find("server.listen") == 0);
  for (const char* fine : {"localhost:1", "127.0.0.1:0", "[::1]:80", "0.0.0.0:8080"}) CHECK(problem([&](Config& c) { c.listen = fine; }).empty());
  CHECK(problem([](Config& c) { c.roles = "none"; }).find("server.roles") == 0);
  CHECK(problem([](Config& c) { c.log_level = "loud"; }).find("log.level") == 0);
  CHECK(problem([](Config& c) { c.log_format = "xml"; }).find("log.format") == 0);
  CHECK(problem([](Config& c) { c.body_limit = 0; }).find("limits.body_bytes") == 0);
  CHECK(problem([](Config& c) { c.max_connections = 0; }).find("limits.connections") == 0);
  CHECK(problem([](Config& c) { c.header_timeout_ms = -1; }).find("limits.header_timeout_ms") == 0);
  CHECK(problem([](Config& c) { c.body_timeout_ms = 0; }).find("limits.body_timeout_ms") == 0);
  CHECK(problem([](Config& c) { c.write_timeout_ms = 0; }).find("limits.write_timeout_ms") == 0);
  CHECK(problem([](Config& c) { c.transfer_bytes = 2 * c.body_limit - 1; }).find("limits.transfer_bytes") == 0);
  CHECK(problem([](Config& c) { c.large_chat = 1; }).find("limits.large_chat") == 0);
  CHECK(problem([](Config& c) { c.access_ttl_s = 901; }).find("auth.access_ttl_s") == 0);
  CHECK(problem([](Config& c) { c.argon2_memory_kib = 8; }).find("auth.argon2_memory_kib") == 0);
  CHECK(problem([](Config& c) { c.write.burst = 0; }).find("limits") == 0);
  CHECK(problem([](Config& c) { c.read.per_second = NAN; }).find("limits") == 0);
  CHECK(problem([](Config& c) { c.stream.per_second = INFINITY; }).find("limits") == 0);
}
