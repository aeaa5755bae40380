// Inside the kit only: the loop over Asio, the connections and their deadlines. Included by .cpp files.
#pragma once
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <thread>
#include "server/kit/server.hpp"

namespace fechatter::kit {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;
// With the one executor there is: any other type of it would cost each socket, and each wait of one, a hundred bytes.
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

class NetLoop : public Loop {
 public:
  asio::io_context io{1};
  void post(std::function<void()>) override;
  Timer after(std::int64_t ms, std::function<void()>) override;
  bool on_thread() const override { return std::this_thread::get_id() == thread; }
  std::atomic<std::thread::id> thread;  // asked from everywhere
};

/// Something with a deadline. Setting a later one costs nothing: the old slot finds out and moves it.
class Expiring : public std::enable_shared_from_this<Expiring> {
 public:
  virtual ~Expiring() = default;
  virtual void expired() = 0;
  std::int64_t deadline = 0;   ///< 0: none
  std::int64_t scheduled = 0;  ///< of the slot that holds it; 0: in none
};
/// One timer for all deadlines: slots of 250 ms.
class Wheel {
 public:
  explicit Wheel(asio::io_context& io) : timer_(io) {}
  void set(Expiring&, std::int64_t ms);
  void start();
  void stop() { timer_.cancel(); }

 private:
  static constexpr std::int64_t kSlotMs = 250;
  static constexpr std::size_t kSlots = 512;
  void put(Expiring&);
  void tick();
  asio::steady_timer timer_;
  std::array<std::vector<std::weak_ptr<Expiring>>, kSlots> slots_;
  std::int64_t now_ = 0;  // in slots
};

class Connection;

// What handlers may touch while the loop is destroyed stands before it; what uses the loop, after.
struct Server::Impl {
  Impl(ServerOptions o, Log& l) : options(std::move(o)), log(l) {}
  ServerOptions options;
  Log& log;
  std::array<char, 64 * 1024> scratch;   ///< every read lands here: an idle connection owns no buffer
  Handler handler;
  std::atomic<std::size_t> count{0};
  std::size_t refusing = 0;              ///< of connections above the limit, that are being told so
  ServerCounters counted;                ///< what happened; what is there now is counted when asked
  struct Transfer {
    Connection* connection;
    std::size_t bytes;
  };
  std::map<std::uint64_t, Transfer> transfers;  ///< by age
  std::size_t transfer_bytes = 0;
  std::uint64_t next_transfer = 0;
  std::uint64_t next_request = 0, instance = 0;
  bool draining = false;
  std::atomic<bool> stopped{false};
  std::vector<std::weak_ptr<Connection>> all;  ///< swept now and then; for draining
  NetLoop loop;
  Acceptor acceptor{loop.io};
  asio::steady_timer pause{loop.io};
  Wheel wheel{loop.io};
  std::vector<std::shared_ptr<Connection>> unflushed;
  std::thread thread;

  void accept();
  void flush_later(std::shared_ptr<Connection>);  ///< at the end of this turn of the loop
  void accepted(Socket);
  /// A message of this connection, that far on its way, needs so many bytes; 0: no more. May close connections, this one too.
  void hold(Connection&, std::size_t bytes);
  void fit_descriptors();
  void turn_away(Socket&);
  std::uint64_t request_id() { return instance + ++next_request; }
};

/// Makes a WebSocket of a connection whose request was a handshake.
std::shared_ptr<WsChannel> adopt_websocket(Socket, const Request&, std::string subprotocol, Server::Impl&);

}  // namespace fechatter::kit
