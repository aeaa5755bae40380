#include "tests/sim/machines/server_node.hpp"

namespace fechatter::sim {
namespace {
enum Thread { main_thread, lane_thread, first_reader, second_reader, work_thread };
}

ServerNode::ServerNode(World& world, Network& network, Log& log, std::uint64_t seed)
    : world_(world), network_(network), random_(seed), clock_(world), ids_(clock_, random_), log_(log), disk_(seed + 1) {
  disk_.register_as("sim-server");
}
ServerNode::~ServerNode() {
  if (life_) end(End::killed);
}

Result<Done> ServerNode::start() {
  auto life = std::make_unique<Life>();
  life->files = disk_.files();
  if (auto made = life->files->create_directories("/srv"); !made) return made;
  auto store = ServerStore::open({"/srv/server.db", disk_.vfs(), ids_.next<AnyId>(), [](std::string_view) { throw ProcessEnded(); }});
  if (!store) return store.error();
  life->store = std::move(*store);
  for (const char* name : {"server", "lane", "reader 1", "reader 2", "work"}) life->loops.push_back(world_.loop(name));
  auto& loops = life->loops;
  ServicePorts ports;
  ports.main = loops[main_thread].get(), ports.lane = loops[lane_thread].get();
  ports.readers = {loops[first_reader].get(), loops[second_reader].get()};
  ports.store = life->store.get(), ports.reader = life->store.get(), ports.clock = &clock_, ports.random = &random_, ports.ids = &ids_;
  ports.files = life->files.get(), ports.log = &log_, ports.epoch = life->store->epoch(), ports.head = life->store->head();
  ports.work = [main = ports.main, work = loops[work_thread].get()](std::function<void()> job, std::function<void()> then) {
    work->post([main, job = std::move(job), then = std::move(then)] { job(), main->post(then); });
    return true;
  };
  ports.bus = [this, l = life.get()](std::shared_ptr<const Committed> c, const auto& deliver) { bus(*l, std::move(c), deliver); };
  ServiceOptions options;
  options.key_directory = "/srv/keys";
  options.access_ttl_s = 25;  // short: a run sees many tokens expire
  options.large_chat = large_chat, options.live = live;
  options.argon2_kib = 8, options.argon2_iterations = 1;
  options.limit = [this](std::string_view, std::string_view) -> Result<Done> {
    if (refuse == 0 || random_.below(1000) >= refuse) return Done{};
    return Error{Code::rate_limited, "too many requests", {}, 300};
  };
  auto service = Service::start(std::move(ports), std::move(options));
  if (!service) return service.error();
  life->service = std::move(*service);
  life_ = std::move(life);
  network_.server = this;
  return Done{};
}

// Loses, doubles and reorders what the hub is told.
void ServerNode::bus(Life& life, std::shared_ptr<const Committed> c, const std::function<void(std::shared_ptr<const Committed>)>& deliver) {
  switch (random_.below(8)) {
    case 0: return;
    case 1: life.held = std::move(c); return;
    case 2: deliver(c); break;
  }
  deliver(std::move(c));
  if (auto late = std::exchange(life.held, nullptr)) deliver(std::move(late));
}

void ServerNode::end(End how) {
  network_.server = nullptr;
  if (how == End::power) disk_.power_cycle();
  else disk_.kill();
  if (!life_) return;
  network_.reset_all();
  for (const auto& loop : life_->loops) loop->stop();
  life_.reset();
}

Result<Done> ServerNode::change_epoch() {
  auto db = Database::open({"/srv/server.db", disk_.vfs(), Database::Sync::full});
  if (!db) return db.error();
  auto update = (*db)->statement("update log_epoch set epoch=?1");
  return update ? update->bind(1, ids_.next<AnyId>()).run() : Result<Done>(update.error());
}

void ServerNode::drain() {
  life_->loops[main_thread]->post([this] { life_->service->hub().drain(); });
}

void ServerNode::stall(std::size_t thread, std::int64_t ms) { life_->loops[thread % life_->loops.size()]->stall(ms); }

std::unique_ptr<Snapshot> ServerNode::snapshot() { return life_->store->snapshot(); }

void ServerNode::request(ApiRequest api, std::function<void(ApiReply)> done) {
  life_->loops[main_thread]->post([this, api = std::move(api), done = std::move(done)] { life_->service->handle(api, done); });
}

void ServerNode::stream(ApiRequest api, PipeRef pipe) {
  life_->loops[main_thread]->post([this, api = std::move(api), pipe] {
    Service& service = *life_->service;
    auto opening = service.open_stream(api);
    if (!opening) return pipe->refuse(fechatter::refuse(opening.error(), "r"));
    auto connection = service.hub().attach({opening->user, opening->session, opening->cursor, pipe});
    if (!connection) return pipe->refuse(fechatter::refuse(connection.error(), "r"));
    pipe->head(200);
    pipe->on_gone = [this, weak = std::weak_ptr(*connection), main = life_->loops[main_thread].get()] {
      main->post([this, weak] {
        if (const auto held = weak.lock()) life_->service->hub().detach(held);
      });
    };
  });
}

}  // namespace fechatter::sim
