#include "server/kit/config.hpp"
#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace fechatter::kit {
namespace {
// Every key of the file, where it goes, and what it may be.
struct Key {
  const char* section;
  const char* name;
  std::function<std::string*(Config&)> text;
  std::function<std::int64_t*(Config&)> number;
  std::function<bool*(Config&)> flag;
  std::function<double*(Config&)> real;
  std::function<Secret*(Config&)> secret = {};  // text is its value, or its file
};
template <class F> Key text_key(const char* s, const char* n, F f) { return {s, n, f, {}, {}, {}}; }
template <class F> Key number_key(const char* s, const char* n, F f) { return {s, n, {}, f, {}, {}}; }
template <class F> Key flag_key(const char* s, const char* n, F f) { return {s, n, {}, {}, f, {}}; }
template <class F> Key real_key(const char* s, const char* n, F f) { return {s, n, {}, {}, {}, f}; }

using SecretOf = Secret* (*)(Config&);
Key secret_key(const char* s, const char* n, SecretOf f) {
  return {s, n, [f](Config& c) { return &f(c)->value; }, {}, {}, {}, f};
}
Key secret_file_key(const char* s, const char* n, SecretOf f) {
  return {s, n, [f](Config& c) { return &f(c)->file; }, {}, {}, {}, f};
}
Secret* signing_key(Config& c) { return &c.signing_key; }
Secret* refresh_secret(Config& c) { return &c.refresh_secret; }

const std::vector<Key>& keys() {
  static const std::vector<Key> all{
      text_key("server", "data", [](Config& c) { return &c.data; }),
      text_key("server", "listen", [](Config& c) { return &c.listen; }),
      text_key("server", "roles", [](Config& c) { return &c.roles; }),
      text_key("log", "level", [](Config& c) { return &c.log_level; }),
      text_key("log", "format", [](Config& c) { return &c.log_format; }),
      number_key("limits", "body_bytes", [](Config& c) { return &c.body_limit; }),
      number_key("limits", "connections", [](Config& c) { return &c.max_connections; }),
      number_key("limits", "transfer_bytes", [](Config& c) { return &c.transfer_bytes; }),
      number_key("limits", "header_timeout_ms", [](Config& c) { return &c.header_timeout_ms; }),
      number_key("limits", "body_timeout_ms", [](Config& c) { return &c.body_timeout_ms; }),
      number_key("limits", "write_timeout_ms", [](Config& c) { return &c.write_timeout_ms; }),
      number_key("limits", "large_chat", [](Config& c) { return &c.large_chat; }),
      flag_key("limits", "rates", [](Config& c) { return &c.rate_limits; }),
      real_key("limits", "login_per_second", [](Config& c) { return &c.login.per_second; }),
      real_key("limits", "login_burst", [](Config& c) { return &c.login.burst; }),
      real_key("limits", "write_per_second", [](Config& c) { return &c.write.per_second; }),
      real_key("limits", "write_burst", [](Config& c) { return &c.write.burst; }),
      real_key("limits", "read_per_second", [](Config& c) { return &c.read.per_second; }),
      real_key("limits", "read_burst", [](Config& c) { return &c.read.burst; }),
      real_key("limits", "stream_per_second", [](Config& c) { return &c.stream.per_second; }),
      real_key("limits", "stream_burst", [](Config& c) { return &c.stream.burst; }),
      number_key("auth", "access_ttl_s", [](Config& c) { return &c.access_ttl_s; }),
      number_key("auth", "argon2_memory_kib", [](Config& c) { return &c.argon2_memory_kib; }),
      number_key("auth", "argon2_iterations", [](Config& c) { return &c.argon2_iterations; }),
      secret_key("auth", "signing_key", signing_key),
      secret_file_key("auth", "signing_key_file", signing_key),
      secret_key("auth", "refresh_secret", refresh_secret),
      secret_file_key("auth", "refresh_secret_file", refresh_secret),
  };
  return all;
}
Error bad(const std::string& where, const std::string& what) { return {Code::invalid_argument, where + ": " + what, {}}; }

// A secret comes from one place.
std::optional<Error> twice(const Key& key, const std::string& where, Config& c) {
  const Secret* s = key.secret ? key.secret(c) : nullptr;
  if (s && !s->value.empty() && !s->file.empty()) return bad(where, "is given both as a value and as a file");
  return std::nullopt;
}

std::optional<Error> take(const Key& key, const toml::node& node, const std::string& where, Config& c) {
  if (key.text) {
    if (const auto v = node.value_exact<std::string>()) return *key.text(c) = *v, twice(key, where, c);
    return bad(where, "must be a string");
  }
  if (key.number) {
    if (const auto v = node.value_exact<std::int64_t>()) return *key.number(c) = *v, std::nullopt;
    return bad(where, "must be a whole number");
  }
  if (key.real) {
    if (const auto v = node.value<double>()) return *key.real(c) = *v, std::nullopt;
    return bad(where, "must be a number");
  }
  if (const auto v = node.value_exact<bool>()) return *key.flag(c) = *v, std::nullopt;
  return bad(where, "must be true or false");
}

std::optional<Error> read_file(const std::string& file, Config& c) {
  std::error_code none;
  if (std::filesystem::is_directory(file, none)) return bad(file, "is a directory");  // which reads as an empty file
  toml::table root;
  try {
    root = toml::parse_file(file);
  } catch (const toml::parse_error& e) {
    const auto line = e.source().begin.line;  // 0: the file could not be opened
    return bad(line > 0 ? file + ':' + std::to_string(line) : file, std::string(e.description()));
  }
  for (const auto& [section, node] : root) {
    const std::string name(section.str());
    const auto line = [&](const toml::node& n) { return file + ':' + std::to_string(n.source().begin.line) + ": " + name; };
    const auto* table = node.as_table();
    if (!table) return bad(line(node), "must be a table such as [" + name + ']');
    if (std::none_of(keys().begin(), keys().end(), [&](const Key& k) { return name == k.section; })) return bad(line(node), "is not a known section");
    for (const auto& [key, value] : *table) {
      const std::string full = line(value) + '.' + std::string(key.str());
      const Key* known = nullptr;
      for (const Key& k : keys())
        if (name == k.section && key.str() == k.name) known = &k;
      if (!known) return bad(full, "is not a known key");
      if (auto error = take(*known, value, full, c)) return error;
    }
  }
  return std::nullopt;
}

std::string variable_of(const Key& key) {
  std::string name = std::string("FECHATTER_") + key.section + '_' + key.name;
  for (char& ch : name)
    if (ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 32);
  return name;
}

std::optional<Error> take_variable(const Key& key, const std::string& name, const char* text, Config& c) {
  if (key.text) return *key.text(c) = text, twice(key, name, c);
  try {
    const auto parsed = toml::parse(std::string("v = ") + text);
    return take(key, *parsed.get("v"), name, c);
  } catch (const toml::parse_error&) {
    return bad(name, "is not a value: " + std::string(text));
  }
}

std::optional<Error> read_environment(Config& c) {
  for (const Key& key : keys())
    if (key.secret && std::getenv(variable_of(key).c_str())) *key.secret(c) = {};  // in whichever form the file gave it
  for (const Key& key : keys()) {
    const std::string name = variable_of(key);
    const char* text = std::getenv(name.c_str());
    if (!text) continue;
    if (auto error = take_variable(key, name, text, c)) return error;
  }
  return std::nullopt;
}

// Exactly as many bytes as a key are taken as they are; otherwise the line's end that editors leave is none of the secret.
constexpr std::size_t kSecretSize = 32, kLongestSecret = 65536;
std::optional<Error> read_secrets(Config& c) {
  for (const Key& key : keys()) {
    Secret* s = key.secret ? key.secret(c) : nullptr;
    if (!s || s->file.empty() || !s->value.empty()) continue;
    const std::string where = std::string(key.section) + '.' + key.name + "_file";  // the name of the text itself comes first
    if (s->file.find('\0') != std::string::npos) return bad(where, "must not contain a zero byte");
    std::ifstream in(s->file, std::ios::binary);
    s->value.resize(kLongestSecret);
    in.read(s->value.data(), static_cast<std::streamsize>(kLongestSecret));
    s->value.resize(static_cast<std::size_t>(in.gcount()));
    if (s->value.size() == kLongestSecret) return bad(where, "is too long for a secret: " + s->file);
    if (s->value.empty()) return bad(where, "cannot be read, or is empty: " + s->file);
    while (s->value.size() != kSecretSize && (s->value.back() == '\n' || s->value.back() == '\r')) {
      s->value.pop_back();
      if (s->value.empty()) return bad(where, "is empty: " + s->file);
    }
  }
  return std::nullopt;
}

std::string printed(const Key& key, Config& c) {
  std::ostringstream out;
  if (key.text) {
    const std::string& text = *key.text(c);
    const Secret* s = key.secret ? key.secret(c) : nullptr;
    if (s && &text == &s->value) out << toml::value<std::string>(text.empty() || !s->file.empty() ? "" : "********");
    else out << toml::value<std::string>(text);
  } else if (key.number) {
    out << toml::value<std::int64_t>(*key.number(c));
  } else if (key.real) {
    out << toml::value<double>(*key.real(c));
  } else {
    out << toml::value<bool>(*key.flag(c));
  }
  return out.str();
}
}  // namespace

Result<Config> load_config(const std::string& file) {
  Config c;
  if (!file.empty())
    if (auto error = read_file(file, c)) return *error;
  if (auto error = read_environment(c)) return *error;
  if (auto error = read_secrets(c)) return *error;
  return c;
}

std::string to_toml(const Config& given) {
  Config c = given;
  std::string text;
  const char* section = "";
  for (const Key& key : keys()) {
    if (std::string_view(section) != key.section) text += (text.empty() ? "[" : "\n[") + std::string(section = key.section) + "]\n";
    text += std::string(key.name) + " = " + printed(key, c) + '\n';
  }
  return text;
}

Result<Done> check(const Config& c) {
  if (c.roles != "all") return bad("server.roles", "unknown role '" + c.roles + "'; this version runs 'all'");
  if (c.data.empty()) return bad("server.data", "must not be empty");
  if (c.data.find('\0') != std::string::npos) return bad("server.data", "must not contain a zero byte");  // the system would read up to there
  const auto colon = c.listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : c.listen.substr(colon + 1);
  if (colon == 0 || port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535)
    return bad("server.listen", "must be HOST:PORT, not '" + c.listen + "'");
  if (!Server::is_address(server_options(c).address)) return bad("server.listen", "the host must be an IP address or localhost, not '" + c.listen + "'");
  bool level = false;
  for (const char* name : {"trace", "debug", "info", "warn", "error"}) level |= c.log_level == name;
  if (!level) return bad("log.level", "must be trace, debug, info, warn or error");
  if (c.log_format != "text" && c.log_format != "json") return bad("log.format", "must be text or json");
  if (c.body_limit < 1024 || c.body_limit > (64 << 20)) return bad("limits.body_bytes", "must be from 1024 to 67108864");
  if (c.max_connections < 1) return bad("limits.connections", "must be at least 1");
  if (c.transfer_bytes < 2 * c.body_limit) return bad("limits.transfer_bytes", "must be at least twice limits.body_bytes");
  if (c.header_timeout_ms < 100 || c.header_timeout_ms > 600'000) return bad("limits.header_timeout_ms", "must be from 100 to 600000");
  if (c.body_timeout_ms < 100 || c.body_timeout_ms > 600'000) return bad("limits.body_timeout_ms", "must be from 100 to 600000");
  if (c.write_timeout_ms < 100 || c.write_timeout_ms > 600'000) return bad("limits.write_timeout_ms", "must be from 100 to 600000");
  if (c.large_chat < 2 || c.large_chat > 1'000'000) return bad("limits.large_chat", "must be from 2 to 1000000");
  if (c.access_ttl_s < 5 || c.access_ttl_s > 900) return bad("auth.access_ttl_s", "must be from 5 to 900");
  if (c.argon2_memory_kib < 19456 || c.argon2_memory_kib > (1 << 20)) return bad("auth.argon2_memory_kib", "must be from 19456 to 1048576");
  if (c.argon2_iterations < 2 || c.argon2_iterations > 20) return bad("auth.argon2_iterations", "must be from 2 to 20");
  if (!c.refresh_secret.value.empty() && c.refresh_secret.value.size() < kSecretSize) return bad("auth.refresh_secret", "must have at least 32 bytes");
  for (const auto& [name, r] : {std::pair("login", &c.login), {"write", &c.write}, {"read", &c.read}, {"stream", &c.stream}}) {
    if (!std::isfinite(r->per_second) || r->per_second <= 0) return bad(std::string("limits.") + name + "_per_second", "must be above 0");
    if (!std::isfinite(r->burst) || r->burst < 1) return bad(std::string("limits.") + name + "_burst", "must be at least 1");
  }
  return Done{};
}

ServerOptions server_options(const Config& c) {
  ServerOptions o;
  const auto colon = c.listen.rfind(':');
  o.address = c.listen.substr(0, colon);
  if (o.address.size() > 2 && o.address.front() == '[' && o.address.back() == ']') o.address = o.address.substr(1, o.address.size() - 2);
  o.port = static_cast<std::uint16_t>(std::stoi(c.listen.substr(colon + 1)));
  o.body_limit = static_cast<std::size_t>(c.body_limit), o.max_connections = static_cast<std::size_t>(c.max_connections);
  o.header_timeout_ms = c.header_timeout_ms, o.body_timeout_ms = c.body_timeout_ms, o.write_timeout_ms = c.write_timeout_ms;
  o.transfer_bytes = static_cast<std::size_t>(c.transfer_bytes);
  return o;
}

}  // namespace fechatter::kit
