// The server's configuration: the file, or one value from the environment (first byte odd). An error is one line that says where.
#include "server/kit/config.hpp"
#include <sys/mman.h>
#include <unistd.h>
#include <cmath>
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;
using namespace fechatter::kit;

namespace {
// A file in memory, written anew for every input.
class File {
 public:
  File() : fd_(::memfd_create("config", 0)), name_("/proc/self/fd/" + std::to_string(fd_)) { HOLDS(fd_ >= 0); }
  const std::string& with(std::string_view text) {
    HOLDS(::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return name_;
  }

 private:
  int fd_;
  std::string name_;
};
constexpr const char* kVariables[] = {"FECHATTER_SERVER_LISTEN", "FECHATTER_LIMITS_BODY_BYTES", "FECHATTER_LIMITS_RATES", "FECHATTER_LIMITS_LOGIN_BURST"};

void check_error(const Error& e, const std::string& where) {
  HOLDS(e.code == Code::invalid_argument);
  HOLDS(e.message.compare(0, where.size(), where) == 0 && e.message.size() > where.size());
}
void check_good(const Config& c) {
  HOLDS(c.roles == "all" && !c.data.empty());
  HOLDS(c.body_limit >= 1024 && c.body_limit <= 64 << 20 && c.max_connections >= 1 && c.access_ttl_s >= 5 && c.access_ttl_s <= 900);
  for (const Rate* r : {&c.login, &c.write, &c.read, &c.stream}) HOLDS(std::isfinite(r->per_second) && r->per_second > 0 && r->burst >= 1);
  const ServerOptions o = server_options(c);
  HOLDS(Server::is_address(o.address) && o.body_limit == static_cast<std::size_t>(c.body_limit));
  HOLDS(c.listen.ends_with(std::to_string(o.port)) || c.listen.ends_with("0"));
}
}  // namespace

FUZZ_TARGET(config) {
  static File file;
  fuzz::Input in(bytes);
  const std::uint8_t how = in.byte();
  const char* variable = how & 1 ? kVariables[how / 2 % 4] : nullptr;
  std::string text(in.rest());
  std::string setting = std::string(variable ? variable : "") + '=' + text;
  if (variable) ::putenv(setting.data());  // setenv() would keep a copy of every value for ever
  const auto config = load_config(variable ? std::string() : file.with(text));
  if (variable) ::unsetenv(variable);
  if (!config) return check_error(config.error(), variable ? variable : "/proc/self/fd/");
  if (const auto good = check(*config)) check_good(*config);
  else check_error(good.error(), "");
}
