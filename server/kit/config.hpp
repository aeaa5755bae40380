// The one configuration file.
#pragma once
#include <cstdint>
#include <string>
#include "fechatter/result.hpp"
#include "server/kit/server.hpp"

namespace fechatter::kit {

/// What a role's rate limit allows one caller: `per_second` on average, `burst` at once.
struct Rate {
  double per_second = 0, burst = 0;
};

/// What nobody but the server may know: given as a value, or as a file that holds it. load_config reads the file.
struct Secret {
  std::string value, file;
};

struct Config {
  std::string data = "fechatter-data";
  std::string listen = "127.0.0.1:8080";
  std::string roles = "all";
  std::string log_level = "info", log_format = "text";  ///< trace … error; text or json
  std::int64_t body_limit = 1024 * 1024, max_connections = 15000, header_timeout_ms = 10000, large_chat = 500;
  std::int64_t transfer_bytes = 256 * 1024 * 1024, body_timeout_ms = 30000, write_timeout_ms = 60000;
  std::int64_t access_ttl_s = 900, argon2_memory_kib = 19456, argon2_iterations = 2;
  bool rate_limits = true;
  Secret signing_key;     ///< a P-256 key (PEM) that signs access tokens in place of those in the data directory, which still verify
  Secret refresh_secret;  ///< at least 32 bytes; empty: the data directory's own
  Rate login{10, 60}, write{200, 1000}, read{400, 2000}, stream{5, 60};
};

/// Defaults, then the file (empty: none), then the environment: FECHATTER_<SECTION>_<KEY>; then the secrets' files are read.
/// invalid_argument: one line that names the file and line or the variable, and the key.
Result<Config> load_config(const std::string& file);
/// The configuration as a file would have it, every key with its value; a secret as its file or "********".
std::string to_toml(const Config&);
/// Values that only make sense together, or within bounds; after the command line had its say.
Result<Done> check(const Config&);
ServerOptions server_options(const Config&);

}  // namespace fechatter::kit
