// A whole server in this process: store, service, sockets, put together from a configuration. Knows every part; nothing knows it.
#pragma once
#include <memory>
#include <string>
#include "fechatter/result.hpp"
#include "server/kit/config.hpp"

namespace fechatter {

class Assembly {
 public:
  /// Opens the data directory and listens. Errors name what is wrong: the directory is in use, the port is taken, the database is damaged.
  static Result<std::unique_ptr<Assembly>> start(const kit::Config&);
  ~Assembly();  ///< stops at once; acknowledged changes are durable anyway

  /// "http://127.0.0.1:8080", with the port that was really taken.
  const std::string& url() const;
  /// Sends streams away, finishes what is under way, at most that long.
  void drain(std::int64_t ms);

  struct Parts;

 private:
  explicit Assembly(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace fechatter
