#include "sdk/client/session/home_server.hpp"
#include <algorithm>

namespace fechatter {
namespace {
struct Place {
  std::string scheme, host;
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
// "https://somebody@[::1]:80/path" is https and [::1].
Place place_of(const std::string& url) {
  const std::string text = lower(url);
  const auto scheme = text.find("://");
  if (scheme == text.npos) return {{}, text};
  std::string host = text.substr(scheme + 3);
  host.resize(std::min(host.size(), host.find_first_of("/?#")));
  if (const auto at = host.rfind('@'); at != host.npos) host.erase(0, at + 1);
  const auto port = host.rfind(':'), bracket = host.rfind(']');
  if (port != host.npos && (bracket == host.npos || bracket < port)) host.resize(port);
  return {text.substr(0, scheme), host};
}
}  // namespace

bool same_server(const std::string& before, const std::string& now) {
  const Place a = place_of(before), b = place_of(now);
  return a.host == b.host && (a.scheme == b.scheme || (a.scheme == "http" && b.scheme == "https"));
}

Result<Done> bind_to_server(Local& local, const std::string& url) {
  const auto account = local.account();
  if (!account || account->refresh_token.empty()) return Done{};
  const auto before = local.setting(kServerSetting);
  if (!before) return Error{before.error().code, "core.db: " + before.error().message};
  if (*before == url) return Done{};
  if (!before->empty() && !same_server(*before, url)) return Error{Code::invalid_argument, "this directory is signed in at " + *before, "server"};
  if (before->empty()) keep_server(local, url);
  return Done{};
}

void keep_server(Local& local, const std::string& url) {
  const auto kept = local.setting(kServerSetting);
  if (!kept || *kept != url) (void)local.set(kServerSetting, url);  // no room for it: the next start does it
}

}  // namespace fechatter
