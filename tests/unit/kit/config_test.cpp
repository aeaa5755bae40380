#include "server/kit/config.hpp"
#include <stdlib.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
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

TEST_CASE("a secret is a value or the content of a file, from the file or the environment, and is never printed") {
  const File secret("correct horse battery staple, twice\n");
  const std::string path = secret.name + ".secret";
  std::filesystem::rename(secret.name, path);
  {
    const File file("[auth]\nrefresh_secret_file = '" + path + "'\n");
    const auto c = load_config(file.name);
    REQUIRE(c);
    CHECK(c->refresh_secret.value == "correct horse battery staple, twice");
    CHECK(check(*c));
    const std::string text = to_toml(*c);
    CHECK(text.find("horse") == std::string::npos);
    CHECK(text.find("refresh_secret = ''\nrefresh_secret_file = '" + path + "'\n") != std::string::npos);
    const Variable other("FECHATTER_AUTH_REFRESH_SECRET", "given by the environment, which wins");
    CHECK(load_config(file.name)->refresh_secret.value == "given by the environment, which wins");
    CHECK(to_toml(*load_config(file.name)).find("refresh_secret = '********'\nrefresh_secret_file = ''\n") != std::string::npos);
    const Variable both("FECHATTER_AUTH_REFRESH_SECRET_FILE", path.c_str());
    CHECK(load_config(file.name).error().message == "FECHATTER_AUTH_REFRESH_SECRET_FILE: is given both as a value and as a file");
  }
  CHECK(refusal("[auth]\nsigning_key = 'a'\nsigning_key_file = 'b'\n").find("auth.signing_key") != std::string::npos);
  CHECK(refusal("[auth]\nsigning_key_file = '/nowhere/key.pem'\n") == "auth.signing_key_file: cannot be read, or is empty: /nowhere/key.pem");
  CHECK(refusal("[auth]\nsigning_key_file = '/dev/zero'\n") == "auth.signing_key_file: is too long for a secret: /dev/zero");
  CHECK(problem([](Config& c) { c.refresh_secret.value = "short"; }).find("auth.refresh_secret") == 0);
  std::filesystem::remove(path);
}

TEST_CASE("what is printed is a configuration file with the same values") {
  Config c;
  c.data = "/data \"quoted\"", c.login.per_second = 0.5, c.rate_limits = false, c.max_connections = 77;
  const File file(to_toml(c));
  const auto again = load_config(file.name);
  REQUIRE(again);
  CHECK(to_toml(*again) == to_toml(c));
}

TEST_CASE("an address whose bracket is not closed is no address") {
  const auto listen = [](const std::string& text) { return problem([&](Config& c) { c.listen = text; }); };
  for (const char* wrong : {"[::1:8080", "::1]:8080", "[:8080", "[]:8080", "[::1]x:8080"}) {
    INFO(wrong);
    CHECK(listen(wrong).find("server.listen: the host must be") == 0);
  }
  for (const char* right : {"[::1]:8080", "[::]:0", "127.0.0.1:8080", "localhost:0"}) CHECK(listen(right).empty());
}
