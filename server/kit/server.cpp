#include "server/kit/server.hpp"
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include "server/kit/connection.hpp"

namespace fechatter::kit {
namespace {
constexpr std::size_t kRefusing = 1000;    // connections above the limit that are being told so
constexpr int kUnsent = 128 * 1024;        // bytes that the kernel takes ahead of what the peer has room for
constexpr std::size_t kOtherFiles = 64;    // of the database, the log and the loops

struct AsioTimer : Timer::Entry {
  asio::steady_timer timer;
  explicit AsioTimer(asio::io_context& io) : timer(io) {}
  void cancel() override {
    asio::post(timer.get_executor(), [self = std::shared_ptr<AsioTimer>(keep.lock())] {
      if (self) self->timer.cancel();
    });
    cancelled = true;
  }
  std::atomic<bool> cancelled{false};
  std::weak_ptr<AsioTimer> keep;
};
}  // namespace

void NetLoop::post(std::function<void()> f) { asio::post(io, std::move(f)); }
Timer NetLoop::after(std::int64_t ms, std::function<void()> f) {
  auto entry = std::make_shared<AsioTimer>(io);
  entry->keep = entry;
  asio::post(io, [entry, ms, f = std::move(f)]() mutable {
    if (entry->cancelled) return;
    entry->timer.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(ms, 0)));
    entry->timer.async_wait([entry, f = std::move(f)](error_code e) {
      if (!e && !entry->cancelled) f();
    });
  });
  return Timer(entry);
}

void Wheel::set(Expiring& e, std::int64_t ms) {
  e.deadline = now_ + std::max<std::int64_t>(1, (ms + kSlotMs - 1) / kSlotMs);
  if (e.scheduled == 0 || e.deadline < e.scheduled) put(e);
}
void Wheel::put(Expiring& e) {
  e.scheduled = std::min(e.deadline, now_ + static_cast<std::int64_t>(kSlots) - 1);
  slots_[static_cast<std::size_t>(e.scheduled) % kSlots].push_back(e.weak_from_this());
}
void Wheel::tick() {
  ++now_;
  std::vector<std::weak_ptr<Expiring>> due;
  due.swap(slots_[static_cast<std::size_t>(now_) % kSlots]);
  for (auto& weak : due) {
    const auto e = weak.lock();
    if (!e || e->scheduled != now_) continue;  // a nearer slot has it
    e->scheduled = 0;
    if (e->deadline == 0) continue;
    if (e->deadline <= now_) e->expired();
    else put(*e);
  }
}
void Wheel::start() {
  timer_.expires_after(std::chrono::milliseconds(kSlotMs));
  timer_.async_wait([this](error_code e) {
    if (e) return;
    tick();
    start();
  });
}

void Server::Impl::accept() {
  acceptor.async_accept([self = this](error_code e, Socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!e) self->accepted(std::move(socket));
    if (!e || e == asio::error::connection_aborted) return self->accept();
    ++self->counted.accept_failures;
    self->pause.expires_after(std::chrono::milliseconds(100));  // out of descriptors or memory: some will be given back
    self->pause.async_wait([self](error_code ended) {
      if (!ended && self->acceptor.is_open()) self->accept();
    });
  });
}

void Server::Impl::accepted(Socket socket) {
  const bool refused = count >= options.max_connections;
  counted.refused += refused;
  error_code e;
  socket.non_blocking(true, e);
  if (count >= options.max_connections + refusing) return turn_away(socket);
  socket.set_option(tcp::no_delay(true), e);
  // Otherwise the kernel would take megabytes for a peer that takes nothing, and we would learn of it that late.
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>(kUnsent), e);
  auto connection = std::make_shared<Connection>(std::move(socket), *this);
  if (all.size() > 2 * count + 64) std::erase_if(all, [](auto& weak) { return weak.expired(); });
  all.push_back(connection);
  if (refused) connection->refuse();
  else connection->begin();
}

void Server::Impl::flush_later(std::shared_ptr<Connection> c) {
  unflushed.push_back(std::move(c));
  if (unflushed.size() > 1) return;
  loop.post([this] {
    for (const auto& due : std::exchange(unflushed, {})) due->flush_now();
  });
}

// The newest transfers are the most likely ones to be honest.
void Server::Impl::hold(Connection& c, std::size_t bytes) {
  if (bytes == 0 && c.transfer == 0) return;
  if (c.transfer == 0) transfers.emplace(c.transfer = ++next_transfer, Transfer{&c, 0});
  const auto it = transfers.find(c.transfer);
  transfer_bytes += bytes - it->second.bytes;
  it->second.bytes = bytes;
  if (bytes == 0) transfers.erase(it), c.transfer = 0;
  while (transfer_bytes > options.transfer_bytes) {
    ++counted.cut_off;
    transfers.begin()->second.connection->close();  // holds nothing then
  }
}

// More connections than files would leave none for the database, and nobody would be told.
void Server::Impl::fit_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const std::size_t room = files.rlim_cur > 2 * kOtherFiles ? files.rlim_cur - kOtherFiles : kOtherFiles;
  refusing = std::min(kRefusing, room / 8);
  if (options.max_connections <= room - refusing) return;
  options.max_connections = room - refusing;
  log.write(Level::warn, "kit",
            "at most " + std::to_string(options.max_connections) + " connections: the process may open " + std::to_string(files.rlim_cur) + " files");
}

// As well as it goes without waiting: what has come is read, because a close with something unread would take the answer back.
void Server::Impl::turn_away(Socket& socket) {
  error_code e;
  socket.write_some(asio::buffer(too_many_text(request_id())), e);
  socket.shutdown(tcp::socket::shutdown_send, e);
  socket.read_some(asio::buffer(scratch), e);
}

static asio::ip::address address_of(const std::string& text, error_code& e) { return asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, e); }
bool Server::is_address(const std::string& text) {
  error_code e;
  (void)address_of(text, e);
  return !e;
}

Result<std::unique_ptr<Server>> Server::open(ServerOptions options, Log& log) {
  auto impl = std::make_unique<Impl>(std::move(options), log);
  error_code e;
  const auto address = address_of(impl->options.address, e);
  if (e) return Error{Code::invalid_argument, "not an address: " + impl->options.address, "listen"};
  const tcp::endpoint endpoint(address, impl->options.port);
  impl->acceptor.open(endpoint.protocol(), e);
  if (!e) impl->acceptor.set_option(Acceptor::reuse_address(true), e);
  if (!e) impl->acceptor.bind(endpoint, e);
  if (!e) impl->acceptor.listen(4096, e);
  if (e) return Error{Code::unavailable, "cannot listen on " + impl->options.address + ':' + std::to_string(impl->options.port) + ": " + e.message(), "listen"};
  impl->fit_descriptors();
  impl->instance = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) * 0x9e3779b97f4a7c15ull;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

void Server::start(Handler handler) {
  impl_->handler = std::move(handler);
  impl_->wheel.start();
  impl_->accept();
  impl_->thread = std::thread([impl = impl_.get()] {
    pthread_setname_np(pthread_self(), "net");
    impl->loop.thread = std::this_thread::get_id();
    const auto guard = asio::make_work_guard(impl->loop.io);
    impl->loop.io.run();
  });
}
Loop& Server::loop() { return impl_->loop; }
std::string Server::address() const {
  error_code e;
  const auto endpoint = impl_->acceptor.local_endpoint(e);
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(endpoint.port());
}
std::size_t Server::connections() const { return impl_->count; }
ServerCounters Server::counters() const {
  ServerCounters n = impl_->counted;
  n.connections = impl_->count, n.max_connections = impl_->options.max_connections;
  n.transfers = impl_->transfers.size(), n.transfer_bytes = impl_->transfer_bytes;
  return n;
}

void Server::drain(std::int64_t ms) {
  if (!impl_->thread.joinable()) return;
  impl_->loop.post([impl = impl_.get()] {
    error_code ignored;
    impl->draining = true;
    impl->acceptor.close(ignored);
    for (auto& weak : impl->all)
      if (auto c = weak.lock()) c->close_if_idle();
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (impl_->count > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->loop.io.stop();
  impl_->thread.join();
  impl_->stopped = true;
}

std::string error_body(std::string_view code, std::string_view message, bool retryable, std::string_view request_id) {
  std::string text = "{\"error\":{\"code\":\"" + std::string(code) + "\",\"message\":\"";
  for (const char c : message)
    if (c == '"' || c == '\\') (text += '\\') += c;
    else if (static_cast<unsigned char>(c) >= 0x20) text += c;
  return text + "\",\"retryable\":" + (retryable ? "true" : "false") + ",\"request_id\":\"" + std::string(request_id) + "\"}}";
}

}  // namespace fechatter::kit
