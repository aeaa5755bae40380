#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include "fechatter/result.hpp"

namespace fechatter {

/// A whole Fechatter server inside this process: what fechatterd runs, on threads of its own. Thread-safe.
class EmbeddedServer {
 public:
  struct Options {
    std::string directory;                   ///< database and keys; one server per directory
    std::string listen = "127.0.0.1:0";      ///< address and port; port 0: any free one
    bool rate_limits = true;                 ///< of requests, as fechatterd has them
  };
  /// Returns once it listens. invalid_argument: the options; locked: the directory is in use; unavailable: the port is taken; corrupt: the database is damaged
  /// or of a newer version.
  static Result<std::unique_ptr<EmbeddedServer>> start(const Options&);
  /// Sends streams away and finishes what is under way, at most a second; acknowledged changes are durable in any case.
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  /// "http://127.0.0.1:40123": what clients are given.
  const std::string& url() const;

  struct Impl;

 private:
  explicit EmbeddedServer(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
