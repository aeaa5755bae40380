#include "tests/unit/service/service_world.hpp"
#include <stdexcept>

namespace fechatter::service_test {
using nlohmann::json;
namespace {
// Ends the test, of whichever program it is: a fuzz target has no Catch.
template <class T> void need(const T& holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

class CountingSnapshot : public Snapshot {
 public:
  CountingSnapshot(std::unique_ptr<Snapshot> inner, std::map<std::string, int>& asked) : inner_(std::move(inner)), asked_(asked) {}
  std::shared_ptr<void> load(const Type& type, const RowKey& key) override { return inner_->load(type, key); }
  std::optional<Error> take_failure() override { return inner_->take_failure(); }
  Result<std::vector<std::shared_ptr<void>>> query(std::string_view name, const Type& row, std::span<const Value> parameters) override {
    ++asked_[std::string(name)];
    return inner_->query(name, row, parameters);
  }

 private:
  std::unique_ptr<Snapshot> inner_;
  std::map<std::string, int>& asked_;
};
class CountingReader : public Reader {
 public:
  CountingReader(Reader& inner, std::map<std::string, int>& asked) : inner_(inner), asked_(asked) {}
  std::unique_ptr<Snapshot> snapshot() override { return std::make_unique<CountingSnapshot>(inner_.snapshot(), asked_); }

 private:
  Reader& inner_;
  std::map<std::string, int>& asked_;
};
}  // namespace

ServiceWorld::ServiceWorld() {
  world_.run_until(1'700'000'000'000);  // a day on which ids and times have their usual look
  static int next = 0;
  disk_.register_as("service-" + std::to_string(next++));
  open();
  workspace = id();
  ann = sign_up("Ann", {{"workspace", {{"id", workspace}, {"name", "Town"}}}});
}
ServiceWorld::~ServiceWorld() { stop(); }

void ServiceWorld::open() {
  files_ = disk_.files();
  need(files_->create_directories("/srv"), "no directory");
  auto store = ServerStore::open({"/srv/server.db", disk_.vfs(), ids_.next<AnyId>(), {}});
  need(store, "the store does not open");
  store_ = std::move(*store);
  main_ = world_.loop("main"), lane_ = world_.loop("lane"), reader_ = world_.loop("reader"), work_ = world_.loop("work");
  start();
}
void ServiceWorld::stop() {
  for (auto* loop : {&main_, &lane_, &reader_, &work_}) (*loop)->stop();
}

void ServiceWorld::restart(End how) {
  if (how == End::power) disk_.power_cycle();
  else disk_.kill();
  stop();
  service_.reset(), store_.reset();
  open();
}

ServiceWorld::Copy ServiceWorld::copy_files() {
  Copy copy;
  for (const std::string& path : disk_.paths())
    if (path.starts_with("/srv/server.db")) copy[path] = *files_->read(path);
  return copy;
}
void ServiceWorld::restore_files(const Copy& copy) {
  disk_.kill();
  stop();
  service_.reset(), store_.reset();
  files_ = disk_.files();
  for (const auto& [path, bytes] : copy_files()) need(files_->remove(path), "cannot remove " + path);
  for (const auto& [path, bytes] : copy) need(files_->write_atomic(path, bytes), "cannot write " + path);
  open();
}

std::vector<LogEvent> ServiceWorld::log() {
  auto events = log_after(*store_->snapshot(), 0, 100'000);
  need(events, "the log cannot be read");
  return std::move(*events);
}

void ServiceWorld::start() {
  ServicePorts ports;
  ports.main = main_.get(), ports.lane = lane_.get(), ports.readers = {reader_.get()}, ports.store = store_.get();
  counting_ = std::make_unique<CountingReader>(*store_, asked);
  ports.reader = counting_.get();
  ports.clock = &clock_, ports.random = &random_, ports.ids = &ids_, ports.files = files_.get(), ports.log = &log_;
  ports.epoch = store_->epoch(), ports.head = store_->head();
  ports.work = [this](std::function<void()> job, std::function<void()> then) {
    work_->post([this, job = std::move(job), then = std::move(then)] { job(), main_->post(then); });
    return true;
  };
  ServiceOptions options;
  options.key_directory = "/srv/keys", options.argon2_kib = 8, options.argon2_iterations = 1;
  options.limit = [this](std::string_view kind, std::string_view) -> Result<Done> {
    limited.emplace_back(kind);
    return kind == too_often ? Result<Done>(Error{Code::rate_limited, "too many requests", {}, 100}) : Done{};
  };
  auto service = Service::start(std::move(ports), std::move(options));
  need(service, "the service does not start");
  service_ = std::move(*service);
}

ServiceWorld::Answer ServiceWorld::send(const Person& who, const std::string& method, const std::string& path, std::string body, const std::string& key) {
  ApiRequest r;
  const auto mark = path.find('?');
  r.method = method, r.path = std::string(kApiPrefix) + path.substr(0, mark), r.idempotency_key = key, r.request_id = "r";
  if (mark != path.npos) r.query = path.substr(mark + 1);
  if (!who.token.empty()) r.authorization = "Bearer " + who.token;
  r.body = std::move(body);
  auto answer = std::make_shared<std::optional<ApiReply>>();
  auto request = std::make_shared<ApiRequest>(std::move(r));
  main_->post([this, request, answer] { service_->handle(std::move(*request), [answer](ApiReply a) { *answer = std::move(a); }); });
  return answer;
}
Reply ServiceWorld::call(const Person& who, const std::string& method, const std::string& path, const json& body, const std::string& key) {
  const Answer answer = send(who, method, path, body.is_null() ? "" : body.dump(), key);
  need(world_.run_to([&] { return answer->has_value(); }, 60'000), method + ' ' + path + " has no answer");
  if (auto f = std::exchange(after_answer, {})) f();
  world_.run_for(0);
  return {(*answer)->status, (*answer)->body.empty() ? json() : json::parse((*answer)->body)};
}

json ServiceWorld::ok(const Person& who, const std::string& method, const std::string& path, const json& body, const std::string& key) {
  Reply r = call(who, method, path, body, key);
  need(r.status / 100 == 2, method + ' ' + path + ' ' + std::to_string(r.status) + ' ' + r.json.dump());
  return std::move(r.json);
}

Person ServiceWorld::sign_up(const std::string& name, json more) {
  Person p{{}, "p" + std::to_string(people_++) + "@example.org", {}};
  more["email"] = p.email, more["name"] = name, more["password"] = "correct horse";
  const json session = ok({}, "POST", "/signup", more);
  p.id = session["user"]["id"], p.token = session["access_token"];
  return p;
}
Person ServiceWorld::join(const std::string& name, const std::string& role) { return sign_up(name, {{"invite", invite(ann, role)}}); }

std::string ServiceWorld::invite(const Person& maker, const std::string& role) {
  return ok(maker, "POST", "/workspaces/" + workspace + "/invites", {{"role", role}})["code"];
}
std::string ServiceWorld::channel(const Person& maker, const std::string& kind, const std::string& history) {
  const std::string chat = id();
  ok(maker, "POST", "/chats", {{"id", chat}, {"workspace_id", workspace}, {"kind", kind}, {"name", "general"}, {"history", history}});
  return chat;
}
json ServiceWorld::direct(const Person& from, const Person& to) {
  return ok(from, "POST", "/chats", {{"id", id()}, {"workspace_id", workspace}, {"kind", "direct"}, {"member_ids", {to.id}}});
}
std::string ServiceWorld::post(const Person& who, const std::string& chat, const std::string& body) {
  const std::string message = id();
  ok(who, "POST", "/chats/" + chat + "/messages", {{"id", message}, {"body", body}});
  return message;
}
void ServiceWorld::add(const Person& by, const std::string& chat, const Person& who, const std::string& role) {
  ok(by, "PUT", "/chats/" + chat + "/members/" + who.id, {{"role", role}});
}

}  // namespace fechatter::service_test
