// Which server a directory belongs to: while somebody is signed in, their tokens go to the host they signed in at and to no other.
#pragma once
#include "sdk/client/outbox/local.hpp"

namespace fechatter {

/// The setting that keeps the URL.
inline constexpr const char* kServerSetting = "server";

/// True where what `before` was trusted with may go to `now`: the same host, and not from https to http. A port may change: servers move
/// (an embedded one with every start), and who has another port of that host has the host.
bool same_server(const std::string& before, const std::string& now);

/// invalid_argument (server): this directory is signed in somewhere else.
Result<Done> bind_to_server(Local&, const std::string& url);
/// The server is there: it has taken the tokens. What does not answer, or not as ours, is no new place of it.
void keep_server(Local&, const std::string& url);

}  // namespace fechatter
