#include "server/fechatterd/assembly.hpp"
#include <cstdlib>
#include "sdk/runtime/system.hpp"
#include "sdk/runtime/thread_loop.hpp"
#include "sdk/store/server_store.hpp"
#include "server/api/front.hpp"
#include "server/fechatterd/data_directory.hpp"
#include "server/fechatterd/process_figures.hpp"
#include "server/fechatterd/work_pool.hpp"
#include "server/kit/log.hpp"
#include "server/kit/rate_limit.hpp"
#include "server/kit/server.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kGiveBackMs = 5000;
constexpr std::size_t kReaders = 2, kSlow = 2, kSlowWaiting = 200;
}  // namespace

// In the order of dependence; destroyed from the end, after every thread has stopped.
struct Assembly::Parts {
  kit::Config config;
  std::unique_ptr<Log> log;
  SystemClock clock;
  SystemRandom random;
  SystemFiles files;
  IdSource ids{clock, random};
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<ServerStore> store;
  kit::Metrics metrics;
  std::unique_ptr<kit::RateLimits> limits;
  std::unique_ptr<ThreadLoop> lane;
  std::vector<std::unique_ptr<ThreadLoop>> readers;
  std::unique_ptr<kit::Server> server;
  std::unique_ptr<WorkPool> pool;
  std::unique_ptr<Service> service;
  std::unique_ptr<ProcessFigures> figures;
  std::unique_ptr<Front> front;
  Timer giving_back;
  std::string url;

  Result<Done> open_store();
  Result<Done> start_service();
  void give_back();
  void stop();
};

Result<Done> Assembly::Parts::open_store() {
  const DataDirectory directory{config.data};
  auto locked = fechatter::lock(files, directory);
  if (!locked) return locked.error();
  lock = std::move(*locked);
  if (auto whole = check_whole(files, directory); !whole) return whole;
  ServerStore::Options options{directory.database(), {}, ids.next<AnyId>(), [this](std::string_view why) {
                                 log->write(Level::error, "store", why);
                                 std::_Exit(3);  // clients retry by id against whoever opens the database next
                               }};
  auto opened = ServerStore::open(std::move(options));
  if (!opened) return Error{opened.error().code, directory.database() + ": " + opened.error().message, {}};
  store = std::move(*opened);
  return Done{};
}

Result<Done> Assembly::Parts::start_service() {
  ServicePorts ports;
  ports.main = &server->loop(), ports.lane = lane.get();
  for (auto& r : readers) ports.readers.push_back(r.get());
  ports.store = store.get(), ports.reader = store.get(), ports.clock = &clock, ports.random = &random, ports.ids = &ids, ports.files = &files;
  ports.log = log.get(), ports.work = pool->work(), ports.epoch = store->epoch(), ports.head = store->head();
  ServiceOptions options;
  options.key_directory = DataDirectory{config.data}.keys();
  options.signing_key = config.signing_key.value, options.refresh_secret = config.refresh_secret.value;
  options.access_ttl_s = config.access_ttl_s;
  options.argon2_kib = config.argon2_memory_kib, options.argon2_iterations = config.argon2_iterations;
  options.large_chat = config.large_chat;
  if (config.rate_limits) options.limit = [this](std::string_view kind, std::string_view who) { return limits->take(kind, who, clock.steady_ms()); };
  auto started = Service::start(std::move(ports), std::move(options));
  if (!started) return started.error();
  service = std::move(*started);
  return Done{};
}

void Assembly::Parts::give_back() {
  giving_back = server->loop().after(kGiveBackMs, [this] { give_back(); });
  figures->give_back();
}

void Assembly::Parts::stop() {
  if (server) server->stop();  // nothing arrives any more
  if (pool) pool->stop();
  if (lane) lane->stop();
  for (auto& r : readers) r->stop();
}

Assembly::Assembly(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Assembly::~Assembly() {
  if (!parts_) return;
  parts_->stop();
  parts_->giving_back.reset(), parts_->front.reset(), parts_->service.reset();
}

Result<std::unique_ptr<Assembly>> Assembly::start(const kit::Config& config) {
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.config = config;
  p.log = kit::make_log(config);
  if (auto done = p.open_store(); !done) return done.error();
  p.limits = std::make_unique<kit::RateLimits>(config);
  p.lane = std::make_unique<ThreadLoop>("lane");
  for (std::size_t i = 0; i < kReaders; ++i) p.readers.push_back(std::make_unique<ThreadLoop>("reader"));
  auto server = kit::Server::open(kit::server_options(config), *p.log);
  if (!server) return server.error();
  p.server = std::move(*server);
  p.pool = std::make_unique<WorkPool>(p.server->loop(), kSlow, kSlowWaiting);
  std::unique_ptr<Assembly> assembly(new Assembly(std::move(parts)));
  if (auto done = p.start_service(); !done) return done.error();
  p.figures = std::make_unique<ProcessFigures>(p.config, *p.server, *p.limits, *p.pool, p.clock);
  p.front = std::make_unique<Front>(*p.service, p.metrics, p.clock, [&p] { p.figures->gather(p.metrics); });
  p.url = "http://" + p.server->address();
  p.server->loop().post([&p] { p.give_back(); });
  p.server->start([&p](kit::Request&& request, std::shared_ptr<kit::Reply> reply) { p.front->handle(std::move(request), std::move(reply)); });
  return assembly;
}

const std::string& Assembly::url() const { return parts_->url; }

void Assembly::drain(std::int64_t ms) {
  parts_->server->loop().post([this] { parts_->front->drain(); });
  parts_->server->drain(ms);
}

}  // namespace fechatter
