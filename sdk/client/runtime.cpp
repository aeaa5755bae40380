// The public runtime: the system's ports behind it, and the one place where the client meets the network thread.
#include "fechatter/runtime.hpp"
#include "fechatter/version.hpp"
#include "sdk/client/client_core.hpp"
#include "sdk/net/net.hpp"
#include "sdk/runtime/system.hpp"
#include "sdk/runtime/thread_loop.hpp"

namespace fechatter {

struct Runtime::Impl {
  SystemClock clock;
  SystemRandom random;
  SystemFiles files;
  StderrLog log{Level::error};
  std::unique_ptr<ThreadLoop> disk;   // threaded
  std::unique_ptr<PollLoop> turned;   // host-driven
  std::unique_ptr<Net> net;
  std::unique_ptr<Http> http;

  Loop& loop() { return disk ? static_cast<Loop&>(*disk) : *turned; }
};

namespace {
void connect(Runtime::Impl& impl) {
  impl.net = Net::start({"fechatter/" + std::string(kVersion), {}});
  impl.http = impl.net->client(impl.loop());
}
}  // namespace

Runtime::Runtime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runtime::~Runtime() {
  if (impl_->disk) impl_->disk->stop();
  impl_->http.reset();
  impl_->net.reset();
}

std::unique_ptr<Runtime> Runtime::threaded() {
  auto impl = std::make_unique<Impl>();
  impl->disk = std::make_unique<ThreadLoop>("fechatter-disk");
  connect(*impl);
  return std::unique_ptr<Runtime>(new Runtime(std::move(impl)));
}
std::unique_ptr<Runtime> Runtime::host_driven() {
  auto impl = std::make_unique<Impl>();
  impl->turned = std::make_unique<PollLoop>();
  connect(*impl);
  return std::unique_ptr<Runtime>(new Runtime(std::move(impl)));
}

std::chrono::steady_clock::time_point Runtime::poll(std::chrono::steady_clock::time_point until) {
  using namespace std::chrono;
  if (!impl_->turned || impl_->turned->on_thread()) return until;
  const bool forever = until == steady_clock::time_point::max();
  const std::int64_t limit = forever ? INT64_MAX : duration_cast<milliseconds>(until.time_since_epoch()).count();
  const std::int64_t next = impl_->turned->poll(limit);
  return next == INT64_MAX ? steady_clock::time_point::max() : steady_clock::time_point(milliseconds(next));
}
void Runtime::wake() {
  if (impl_->turned) impl_->turned->wake();
}

Result<std::unique_ptr<Client>> Client::open(Runtime& runtime, ClientOptions options) {
  Runtime::Impl& impl = runtime.impl();
  if (!options.executor) {
    if (!impl.turned) return Error{Code::invalid_argument, "a threaded runtime needs an executor", "executor"};
    options.executor = [loop = impl.turned.get()](std::function<void()> f) { loop->post(std::move(f)); };
  }
  return open_client({&impl.loop(), &impl.clock, &impl.random, &impl.files, impl.http.get(), &impl.log, {}}, std::move(options));
}

}  // namespace fechatter
