// The simulation's network: requests that get lost, answers that get lost, doubled requests, streams that break or fall silent.
// Requests overtake each other; the bytes of one stream do not.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include "sdk/runtime/http.hpp"
#include "sdk/service/live/hub.hpp"
#include "sdk/service/routes/request.hpp"
#include "tests/support/virtual_world.hpp"

namespace fechatter::sim {

/// Chances in thousandths.
struct Weather {
  std::uint64_t lose_request = 0, lose_answer = 0;
  std::uint64_t twice = 0;         ///< something in between sends the request again
  std::uint64_t slow = 0;          ///< takes up to five seconds
  std::uint64_t cut = 0;           ///< per frame of a stream: the connection breaks
  std::uint64_t silence = 0;       ///< per frame of a stream: nothing arrives from here on, and nobody is told
  std::uint64_t hold_page = 0;     ///< a page of history, events or sync takes up to eight seconds on its way back
  std::uint64_t portal = 0;        ///< something in between answers with a page of its own
  bool lose_first = false;         ///< the first answer to every change is lost
  std::int64_t latency_ms = 30;    ///< at most, otherwise
};

/// The two ends of one stream: the hub's sink on one side, the client's handlers on the other.
class Pipe;
using PipeRef = std::shared_ptr<Pipe>;

/// Who answers. Nobody while the server is down.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void request(ApiRequest, std::function<void(ApiReply)>) = 0;
  virtual void stream(ApiRequest, PipeRef) = 0;
};
/// Hears what leaves the server, at the moment when it does.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void answered(std::size_t device, const ApiRequest&, const ApiReply&) = 0;
  virtual void framed(std::size_t device, const std::string& text) = 0;
};

class Network {
 public:
  Network(World&, Witness&);
  ~Network();
  Weather weather;
  Endpoint* server = nullptr;
  /// What becomes of a text on its way to that device; empty: nothing.
  std::function<SharedText(std::size_t device, SharedText)> translate;
  /// The first answer to a change of that device was lost.
  std::function<void(std::size_t device, const ApiRequest&)> on_lost_first;
  /// The server's process is gone: what is under way there ends for its clients.
  void reset_all();
  void set_offline(std::size_t device, bool offline);
  /// The network of one device, for one life of its process.
  std::unique_ptr<Http> http(std::size_t device, VirtualLoop& loop);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

class Pipe : public Sink, public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(Network::State& net, std::size_t number, HttpStreamHandlers handlers, VirtualLoop* client, Format format)
      : device(number), net_(net), handlers_(std::move(handlers)), client_(client), format_(format) {}
  // The server's end.
  bool send(const SharedText&) override;
  std::size_t pending_bytes() const override { return pending_bytes_; }
  std::size_t pending_frames() const override { return pending_frames_; }
  void close() override;
  Format format() const override { return format_; }
  void head(int status);
  void refuse(const ApiReply&);
  std::function<void()> on_gone;   ///< the server's end learns that the client is gone

  // The network's and the client's.
  void break_off();                ///< both ends learn of it, in their time
  void drop();                     ///< the client is not interested any more
  const std::size_t device;

 private:
  void deliver(std::function<void(HttpStreamHandlers&)>);
  void end_here(std::int64_t after_ms);
  void leave(std::int64_t after_ms);
  Network::State& net_;
  HttpStreamHandlers handlers_;
  VirtualLoop* client_;
  Format format_;  ///< json: a WebSocket's, whose frames arrive whole
  std::size_t pending_bytes_ = 0, pending_frames_ = 0;
  std::int64_t last_due_ = 0;
  bool closed_ = false, silent_ = false, ended_ = false;
};

}  // namespace fechatter::sim
