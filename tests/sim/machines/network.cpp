#include "tests/sim/machines/network.hpp"
#include <algorithm>
#include <set>

namespace fechatter::sim {

struct Network::State {
  struct Exchange {
    std::size_t device = 0;
    VirtualLoop* client = nullptr;  ///< null: nobody waits
    std::function<void(Result<HttpResponse>)> done;
    Timer timeout;
    bool finished = false;
  };
  World& world;
  Witness& witness;
  Network& net;
  std::unique_ptr<VirtualLoop> wire;
  std::set<std::size_t> offline;
  std::vector<std::weak_ptr<Exchange>> exchanges;
  std::vector<std::weak_ptr<Pipe>> pipes;
  std::set<std::string> answered_once;  ///< changes whose first answer was lost
  std::shared_ptr<char> era = std::make_shared<char>();  ///< of the server's process

  State(World& w, Witness& t, Network& n) : world(w), witness(t), net(n), wire(w.loop("wire")) {}
  bool lot(std::uint64_t thousandths) { return thousandths > 0 && world.random().below(1000) < thousandths; }
  std::int64_t latency() {
    const auto most = static_cast<std::uint64_t>(net.weather.latency_ms);
    return static_cast<std::int64_t>(1 + world.random().below(lot(net.weather.slow) ? 5000 : std::max<std::uint64_t>(most, 1)));
  }
  // A call on the wire that nobody cancels.
  void later(std::int64_t ms, std::function<void()> run) {
    auto timer = std::make_shared<Timer>();
    *timer = wire->after(ms, [timer, run = std::move(run)] { run(); });
  }
  void finish(const std::shared_ptr<Exchange>& x, std::int64_t ms, Result<HttpResponse> result) {
    later(ms, [x, result = std::move(result)] {
      if (!x->client) return;
      x->client->post([x, result] {
        if (!x->client || std::exchange(x->finished, true)) return;
        x->timeout.reset();
        auto done = std::move(x->done);
        done(result);
      });
    });
  }
  // The way back of an answer: pages are held while the world goes on.
  std::int64_t way_back(const ApiRequest& request) {
    const bool page = request.method == "GET" && (request.path.ends_with("/messages") || request.path.ends_with("/events") || request.path.ends_with("/sync"));
    return page && lot(net.weather.hold_page) ? static_cast<std::int64_t>(500 + world.random().below(7500)) : latency();
  }
  bool loses_first(std::size_t device, const ApiRequest& request, const ApiReply& reply) {
    const bool change = request.method != "GET" && (!request.idempotency_key.empty() || reply.status == 201);
    if (!net.weather.lose_first || !change) return false;
    if (!answered_once.insert(std::to_string(device) + request.path + (request.idempotency_key.empty() ? request.body : request.idempotency_key)).second)
      return false;
    if (net.on_lost_first) net.on_lost_first(device, request);
    return true;
  }
  void answer(const std::shared_ptr<Exchange>& x, const ApiRequest& request, const ApiReply& reply) {
    std::string body = reply.body;
    if (net.translate) body = *net.translate(x->device, std::make_shared<const std::string>(std::move(body)));
    finish(x, way_back(request), HttpResponse{reply.status, {}, std::move(body)});
  }
  void arrive(const std::shared_ptr<Exchange>& x, const ApiRequest& request, bool echo) {
    if (!net.server) return echo ? void() : finish(x, latency(), Error{Code::unavailable, "connection refused"});
    const bool intercepted = !echo && lot(net.weather.portal);
    if (intercepted) {  // the request may have gone through all the same
      constexpr int kStatus[] = {200, 403, 404, 502};
      finish(x, latency(), HttpResponse{kStatus[world.random().below(4)], {}, "<html>Welcome to our network</html>"});
      if (lot(500)) return;
    }
    net.server->request(request, [this, x, request, heard = !echo && !intercepted, of = std::weak_ptr(era)](const ApiReply& reply) {
      if (of.expired()) return;
      witness.answered(x->device, request, reply);
      if (heard && !loses_first(x->device, request, reply) && !lot(net.weather.lose_answer)) answer(x, request, reply);
    });
  }
};

namespace {
ApiRequest api_request(const HttpRequest& r, std::size_t device) {
  ApiRequest a;
  const auto path = r.url.find("/api/");
  const auto query = r.url.find('?');
  a.method = r.method, a.path = r.url.substr(path, query == std::string::npos ? query : query - path);
  if (query != std::string::npos) a.query = r.url.substr(query + 1);
  a.authorization = find_header(r.headers, "authorization"), a.idempotency_key = find_header(r.headers, "idempotency-key");
  a.last_event_id = find_header(r.headers, "last-event-id"), a.content_type = find_header(r.headers, "content-type");
  a.remote_ip = "10.0.0." + std::to_string(device), a.request_id = "r", a.body = r.body;
  return a;
}

class SimHttp : public Http {
 public:
  SimHttp(Network::State& net, std::size_t device, VirtualLoop& loop) : net_(net), device_(device), loop_(loop) {}

  std::unique_ptr<HttpCall> request(HttpRequest r, std::function<void(Result<HttpResponse>)> done) override {
    auto x = std::make_shared<Network::State::Exchange>();
    x->device = device_, x->client = &loop_, x->done = std::move(done);
    std::erase_if(net_.exchanges, [](const auto& weak) { return weak.expired(); });
    net_.exchanges.push_back(x);
    x->timeout = loop_.after(r.timeout_ms, [weak = std::weak_ptr(x)] {
      const auto held = weak.lock();
      if (!held || std::exchange(held->finished, true)) return;
      auto call = std::move(held->done);
      call(Error{Code::unavailable, "timed out"});
    });
    if (net_.offline.contains(device_)) {
      net_.finish(x, net_.latency(), Error{Code::unavailable, "no network"});
    } else if (net_.lot(net_.net.weather.lose_request)) {
      if (net_.lot(500)) net_.finish(x, net_.latency(), Error{Code::unavailable, "connection reset"});
    } else {
      const ApiRequest api = api_request(r, device_);
      net_.later(net_.latency(), [net = &net_, x, api] { net->arrive(x, api, false); });
      if (net_.lot(net_.net.weather.twice)) net_.later(net_.latency() + net_.latency(), [net = &net_, x, api] { net->arrive(x, api, true); });
    }
    struct Call : HttpCall {
      std::shared_ptr<Network::State::Exchange> x;
      ~Call() override {
        x->client = nullptr, x->timeout.reset();
        const auto gone = std::move(x->done);
      }
    };
    auto call = std::make_unique<Call>();
    call->x = std::move(x);
    return call;
  }

  std::unique_ptr<HttpCall> stream(HttpRequest r, HttpStreamHandlers handlers) override {
    const Format format = r.url.find("/ws") == std::string::npos ? Format::sse : Format::json;
    auto pipe = std::make_shared<Pipe>(net_, device_, std::move(handlers), &loop_, format);
    std::erase_if(net_.pipes, [](const auto& weak) { return weak.expired(); });
    net_.pipes.push_back(pipe);
    if (net_.offline.contains(device_) || net_.lot(net_.net.weather.lose_request)) {
      net_.later(net_.latency(), [pipe] { pipe->break_off(); });
    } else {
      net_.later(net_.latency(), [net = &net_, pipe, api = api_request(r, device_)] {
        if (net->net.server) net->net.server->stream(api, pipe);
        else pipe->break_off();
      });
    }
    struct Call : HttpCall {
      PipeRef pipe;
      ~Call() override { pipe->drop(); }
    };
    auto call = std::make_unique<Call>();
    call->pipe = std::move(pipe);
    return call;
  }

 private:
  Network::State& net_;
  std::size_t device_;
  VirtualLoop& loop_;
};
}  // namespace

Network::Network(World& world, Witness& witness) : state_(std::make_unique<State>(world, witness, *this)) {}
Network::~Network() { state_->wire->stop(); }

std::unique_ptr<Http> Network::http(std::size_t device, VirtualLoop& loop) { return std::make_unique<SimHttp>(*state_, device, loop); }

void Network::reset_all() {
  state_->era = std::make_shared<char>();
  for (const auto& weak : state_->exchanges)
    if (const auto x = weak.lock()) state_->finish(x, state_->latency(), Error{Code::unavailable, "connection reset"});
  for (const auto& weak : state_->pipes)
    if (const auto pipe = weak.lock()) pipe->on_gone = {}, pipe->break_off();
}

void Network::set_offline(std::size_t device, bool offline) {
  if (!offline) return (void)state_->offline.erase(device);
  state_->offline.insert(device);
  for (const auto& weak : state_->exchanges)
    if (const auto x = weak.lock(); x && x->device == device) state_->finish(x, state_->latency(), Error{Code::unavailable, "network changed"});
  for (const auto& weak : state_->pipes)
    if (const auto pipe = weak.lock(); pipe && pipe->device == device) pipe->break_off();
}

// --- the stream ---

// In order, each piece not sooner than the one before it.
void Pipe::deliver(std::function<void(HttpStreamHandlers&)> run) {
  const std::int64_t now = net_.world.now_ms();
  last_due_ = std::max(last_due_, now + net_.latency());
  net_.later(last_due_ - now, [self = shared_from_this(), run = std::move(run)] {
    if (!self->client_ || self->ended_) return;
    self->client_->post([self, run] {
      if (self->client_ && !self->ended_) run(self->handlers_);
    });
  });
}

void Pipe::head(int status) {
  deliver([status](HttpStreamHandlers& h) { h.on_head(status, {}); });
}
void Pipe::refuse(const ApiReply& reply) {
  head(reply.status);
  deliver([body = reply.body](HttpStreamHandlers& h) { h.on_data(body); });
  close();
}

bool Pipe::send(const SharedText& sent) {
  if (closed_) return false;
  net_.witness.framed(device, *sent);
  const SharedText text = net_.net.translate ? net_.net.translate(device, sent) : sent;
  ++pending_frames_, pending_bytes_ += text->size();
  if (silent_) return true;
  if (net_.lot(net_.net.weather.silence)) return silent_ = true, leave(45000), true;
  const bool torn = net_.lot(net_.net.weather.cut);
  const std::size_t half = format_ == Format::json ? (torn ? 0 : text->size()) : net_.world.random().below(text->size() + 1);
  deliver([self = shared_from_this(), text, half, torn](HttpStreamHandlers& h) {
    --self->pending_frames_, self->pending_bytes_ -= text->size();
    if (half > 0) h.on_data(std::string_view(*text).substr(0, half));
    if (!torn && !self->ended_ && half < text->size()) h.on_data(std::string_view(*text).substr(half));
  });
  if (torn) break_off();
  return true;
}

void Pipe::end_here(std::int64_t after_ms) {
  net_.later(after_ms, [self = shared_from_this()] {
    if (!self->client_ || self->ended_) return;
    self->client_->post([self] {
      if (!self->client_ || std::exchange(self->ended_, true)) return;
      if (self->handlers_.on_end) self->handlers_.on_end(Error{Code::unavailable, "connection reset"});
    });
  });
}
void Pipe::leave(std::int64_t after_ms) {
  net_.later(after_ms, [self = shared_from_this()] {
    self->closed_ = true;
    if (const auto gone = std::exchange(self->on_gone, {})) gone();
  });
}

void Pipe::close() {
  closed_ = true;
  end_here(std::max<std::int64_t>(last_due_ - net_.world.now_ms(), 0) + net_.latency());
}
void Pipe::break_off() {
  silent_ = true;  // no byte overtakes the break
  end_here(std::max<std::int64_t>(last_due_ - net_.world.now_ms(), 0) + net_.latency());
  leave(net_.latency());
}
void Pipe::drop() {
  client_ = nullptr;
  const auto gone = std::move(handlers_);
  leave(net_.latency());
}

}  // namespace fechatter::sim
