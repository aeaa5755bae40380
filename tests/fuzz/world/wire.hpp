// A connection of the server kit whose peer is in the same thread: bytes go in at one end of a pair of sockets, and what the server
// makes of them has happened when the call returns.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "sdk/runtime/log.hpp"
#include "server/kit/server.hpp"

namespace fechatter::fuzz {

class Wire {
 public:
  /// `handler` is called within say().
  explicit Wire(kit::Server::Handler handler);
  ~Wire();  ///< hangs up; by then the server has let go of everything
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// False: the server has ended the connection.
  bool say(std::string_view bytes);
  /// Nothing more will be said; what is still answered is heard.
  void hang_up();

  std::string heard;   ///< all that the server has written
  bool ended = false;  ///< the server has closed

  static constexpr std::size_t kHeaderLimit = 512, kBodyLimit = 256;

 private:
  void turn();
  void listen();
  int mine_ = -1;
};

}  // namespace fechatter::fuzz
