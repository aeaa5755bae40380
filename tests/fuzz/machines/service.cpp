// Every read of the service, asked by a member, by somebody of the workspace who is not in the private chat, by a stranger and by
// nobody, with any path and query: never a 5xx, always JSON, and no text to whoever may not read it. Names for what is there: $p the
// private chat, $c the open one, $m and $n a message of each, $w the workspace, $u a person, $s a cursor.
#include "sdk/service/service.hpp"
#include <nlohmann/json.hpp>
#include "sdk/store/server_store.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/support/crash_disk.hpp"
#include "tests/support/virtual_world.hpp"

using namespace fechatter;
using nlohmann::json;

namespace {
class Town {
 public:
  Town() {
    world_.run_until(1'700'000'000'000);
    disk_.register_as("fuzz-service");
    files_ = disk_.files();
    HOLDS(files_->create_directories("/srv"));
    auto store = ServerStore::open({"/srv/server.db", disk_.vfs(), ids_.next<AnyId>(), {}});
    HOLDS(store);
    store_ = std::move(*store);
    main_ = world_.loop("main"), lane_ = world_.loop("lane"), reader_ = world_.loop("reader"), work_ = world_.loop("work");
    start();
    populate();
  }
  ApiReply ask(std::size_t who, std::string method, std::string path, std::string query, std::string body = {}) {
    ApiRequest r;
    r.method = std::move(method), r.path = std::move(path), r.query = std::move(query), r.body = std::move(body), r.request_id = "r";
    if (who < tokens_.size()) r.authorization = "Bearer " + tokens_[who];
    std::optional<ApiReply> answer;
    main_->post([&] { service_->handle(r, [&](ApiReply a) { answer = std::move(a); }); });
    HOLDS(world_.run_to([&] { return answer.has_value(); }, 60'000));
    return *answer;
  }
  std::string named(std::string_view text) const;
  const Router& router() const { return service_->router(); }

 private:
  void start();
  void populate();
  json done(std::size_t who, const std::string& method, const std::string& path, const json& body) {
    const ApiReply a = ask(who, method, "/api/v1" + path, {}, body.dump());
    HOLDS(a.status / 100 == 2);
    return a.body.empty() ? json() : json::parse(a.body);
  }
  void sign_up(const std::string& name, json more) {
    more["email"] = name + "@example.org", more["name"] = name, more["password"] = "correct horse";
    const json session = done(99, "POST", "/signup", more);
    tokens_.push_back(session["access_token"]), names_['u'] = session["user"]["id"];
  }
  std::string id() { return ids_.next<AnyId>().str(); }

  sim::World world_{7};
  sim::SeededRandom random_{7};
  sim::VirtualClock clock_{world_};
  IdSource ids_{clock_, random_};
  sim::CrashDisk disk_{7};
  NullLog log_;
  std::unique_ptr<Files> files_;
  std::unique_ptr<ServerStore> store_;
  std::unique_ptr<sim::VirtualLoop> main_, lane_, reader_, work_;
  std::unique_ptr<Service> service_;
  std::vector<std::string> tokens_;
  std::map<char, std::string> names_;
};

void Town::start() {
  ServicePorts ports;
  ports.main = main_.get(), ports.lane = lane_.get(), ports.readers = {reader_.get()}, ports.store = store_.get(), ports.reader = store_.get();
  ports.clock = &clock_, ports.random = &random_, ports.ids = &ids_, ports.files = files_.get(), ports.log = &log_;
  ports.epoch = store_->epoch(), ports.head = store_->head();
  ports.work = [this](std::function<void()> job, std::function<void()> then) {
    work_->post([this, job = std::move(job), then = std::move(then)] { job(), main_->post(then); });
    return true;
  };
  ServiceOptions options;
  options.key_directory = "/srv/keys", options.argon2_kib = 8, options.argon2_iterations = 1;
  auto service = Service::start(std::move(ports), std::move(options));
  HOLDS(service);
  service_ = std::move(*service);
}
void Town::populate() {
  names_['w'] = id(), names_['p'] = id(), names_['c'] = id();
  sign_up("Ann", {{"workspace", {{"id", names_['w']}, {"name", "Town"}}}});
  const std::string code = done(0, "POST", "/workspaces/" + names_['w'] + "/invites", json::object())["code"];
  sign_up("Bob", {{"invite", code}});
  sign_up("Eve", {{"workspace", {{"id", id()}, {"name", "Elsewhere"}}}});
  for (const auto& [chat, message, kind] : {std::tuple('p', 'm', "private_channel"), std::tuple('c', 'n', "public_channel")}) {
    done(0, "POST", "/chats", {{"id", names_[chat]}, {"workspace_id", names_['w']}, {"kind", kind}, {"name", chat == 'p' ? "hidden" : "general"}});
    for (int i = 0; i < 5; ++i) {
      names_[message] = id();
      done(0, "POST", "/chats/" + names_[chat] + "/messages",
           {{"id", names_[message]}, {"body", std::string(chat == 'p' ? "secret" : "inhouse") + " word https://example.org"}});
    }
    done(0, "PATCH", "/chats/" + names_[chat] + "/messages/" + names_[message], {{"body", chat == 'p' ? "secret edited" : "inhouse edited"}});
  }
  names_['s'] = json::parse(ask(0, "GET", "/api/v1/sync", "limit=1").body)["cursor"];
}
std::string Town::named(std::string_view text) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto name = text[i] == '$' && i + 1 < text.size() ? names_.find(text[i + 1]) : names_.end();
    if (name == names_.end()) out += text[i];
    else out += name->second, ++i;
  }
  return out;
}
}  // namespace

// A byte for who asks, then "/chats/$c/messages?limit=5"; with the prefix of the API before it.
FUZZ_TARGET(service) {
  static Town& town = *new Town();
  fuzz::Input in(bytes);
  const std::size_t who = in.below(4);
  const std::string line = "/api/v1" + town.named(in.rest());
  const auto mark = std::min(line.find('?'), line.size());
  const std::string path = line.substr(0, mark), query = line.substr(std::min(mark + 1, line.size()));
  const auto match = town.router().match("GET", path);
  if (match && (match->target.command || match->target.call->name == "poll")) return;  // changes nothing, answers at once
  const ApiReply answer = town.ask(who, "GET", path, query);
  HOLDS(answer.status >= 200 && answer.status < 500);
  HOLDS(answer.body.empty() || json::accept(answer.body));
  const auto says = [&](const char* text) { return answer.status < 400 && answer.body.find(text) != std::string::npos; };  // a refusal names what was asked
  HOLDS(who == 0 || !says("secret"));
  HOLDS(who < 2 || !says("inhouse"));
  if (who == 3 && match) HOLDS(answer.status >= 400 || match->target.permission() == Permission::anyone);
}
