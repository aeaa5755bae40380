// HTTP as the client uses it: whole answers for requests, pieces for the live stream. Callbacks come on the loop, with the desk's lock held,
// never within the call, and not after the client closed.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include "sdk/client/outbox/command_request.hpp"

namespace fechatter {

struct Desk;

class Web {
 public:
  explicit Web(Desk& desk) : desk_(desk) {}
  ~Web();
  using Answer = std::function<void(int status, std::string body)>;  ///< status 0: no answer
  /// `key`: the Idempotency-Key; empty: none.
  void send(const ApiCall&, const std::string& token, const std::string& key, Answer);

  struct Stream {
    std::function<void(std::string_view)> bytes;
    std::function<void(int status, std::string body)> ended;  ///< last; of a refusal with its body
  };
  void open_stream(const std::string& path, const std::string& token, Stream);
  /// No more callbacks of the stream.
  void close_stream();

 private:
  struct Sending;
  struct Streaming;
  Desk& desk_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Sending>> sending_;
  std::shared_ptr<Streaming> stream_;
};

}  // namespace fechatter
