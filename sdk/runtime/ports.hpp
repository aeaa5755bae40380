#pragma once
#include <string>
#include "sdk/runtime/clock.hpp"
#include "sdk/runtime/files.hpp"
#include "sdk/runtime/http.hpp"
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/loop.hpp"
#include "sdk/runtime/random.hpp"

namespace fechatter {

/// What a client is handed: it owns no thread, no clock, no file, no socket. All outlive it.
struct Ports {
  Loop* loop = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
  Files* files = nullptr;
  Http* http = nullptr;
  Log* log = nullptr;
  std::string vfs;  ///< the SQLite VFS; empty: the system's
};

}  // namespace fechatter
