// The client's machine loses power, or its process is killed, at every operation on its disk in turn. What was sent is sent once, what
// was edited is edited, and nothing that the server says is missing afterwards.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
enum class End { power, killed };

class Device {
 public:
  Device() {
    w.on_a_small_disk();
    for (int i = 0; i < 3; ++i) w.post("before " + std::to_string(i), w.other, false);
    w.first = [this](const HttpRequest& r, const std::string& path) { return strictly(r, path); };
    w.start(Hold::all);
    w.loop.pass(1000);
  }
  bool alive() const { return w.disk->powered(); }
  /// A little of everything, until the end comes.
  void use() {
    send("mine 1");
    w.post("live 1", w.other), w.edit(0, "before 0, edited");
    w.settle();
    send("mine 2"), send("mine 3");
    w.settle();
    if (alive()) (void)w.client->mark_read(w.chat, 4);
    edit(1);
    w.post("live 2", w.other);
    w.settle();
    w.http.cut();
    w.post("missed", w.other, false), w.edit(1, "before 1, edited", false);
    w.loop.pass(4000);
    w.post("live 3", w.other);
    w.settle();
  }
  /// Only what others say. Nothing comes afterwards that would show a gap.
  void listen() {
    w.post("live 1", w.other), w.settle();
    w.edit(0, "before 0, edited"), w.settle();
    w.http.cut();
    w.post("missed", w.other, false);
    w.loop.pass(4000);
    w.post("live 2", w.other), w.settle();
  }
  void end(End how) {
    w.client.reset();
    w.http.held.clear();
    if (how == End::power) w.disk->power_cycle();
    else w.disk->kill();
    w.disk_files = w.disk->files();
  }
  /// Offline at first: an edit in this state folds into what has not left, and goes behind what may have.
  void open_again(End how) {
    w.http.online = false;
    REQUIRE(w.open(Hold::all));
    w.settle();
    if (how == End::killed) all_shown();
    if (!sent.empty()) edit(sent.size() - 1);
    w.http.online = true;
    w.loop.pass(60'000);
  }
  void check() {
    CHECK(w.client->connection() == Connection::live);
    CHECK(w.client->status().pending == 0);
    for (const Sent& s : sent) {
      int times = 0;
      for (const MessageView& m : w.messages) times += m.id == s.id && (m.body == s.body || m.body == s.maybe);
      INFO(s.body);
      CHECK(times == 1);
    }
    const auto held = w.client->held(w.chat);
    REQUIRE(held.size() == w.messages.size());
    for (std::size_t i = 0; i < held.size(); ++i) CHECK(held[i].body == w.messages[i].body);
  }
  FakeWorld w;

 private:
  struct Sent {
    MessageId id;
    std::string body;
    std::string maybe;  ///< wanted when the disk failed: it may have been made durable
  };
  void send(const std::string& body) {
    if (const auto id = alive() ? w.client->send(w.chat, body) : Result<MessageId>(Error{})) sent.push_back({*id, body, body});
  }
  void edit(std::size_t i) {
    if (!alive() || i >= sent.size()) return;
    Sent& s = sent[i];
    s.maybe = s.body + " again";
    if (w.client->edit(s.id, s.maybe)) s.body = s.maybe;
  }
  // A message is in the outbox or in the cache at every moment, shown once.
  void all_shown() {
    auto timeline = w.client->timeline(w.chat);
    w.settle();
    (void)timeline->drain();
    for (const Sent& s : sent) {
      INFO(s.body);
      CHECK(std::count_if(timeline->items().begin(), timeline->items().end(), [&](const TimelineItem& i) { return i.message.id == s.id; }) == 1);
    }
  }
  // As the real server: a chat in which nothing happened is in no round, and an id is taken by what was sent first.
  std::optional<HttpResponse> strictly(const HttpRequest& r, const std::string& path) {
    if (path == "/sync") {
      const auto at = r.url.find("cursor=");
      const auto given = at == r.url.npos ? std::nullopt : decode_cursor(r.url.substr(at + 7));
      if (!given || given->base < w.position) return std::nullopt;
      SyncPage page;
      page.cursor = w.cursor(w.position), page.user = {w.me, "Me", "", {}};
      page.workspaces.push_back({w.space, "Town", WorkspaceRole::member, 2, 1, {}});
      return FakeWorld::json(200, to_json(page));
    }
    PostMessage c;
    if (r.method != "POST" || !path.ends_with("/messages") || read_json(r.body, c, Reading::tolerant)) return std::nullopt;
    const auto [it, fresh] = first_bodies.emplace(c.id, c.body);
    if (fresh) return FakeWorld::json(201, to_json(w.post(c.body, w.me, w.messages.size() % 2 == 0, c.id)));  // some are only answered
    return it->second == c.body ? std::nullopt : std::optional(FakeWorld::error(409, Code::conflict));
  }
  std::vector<Sent> sent;
  std::map<MessageId, std::string> first_bodies;
};

void at_every_operation(End how, void (Device::*live)()) {
  std::int64_t n = 0;
  for (bool ended = true; ended; ++n) {
    REQUIRE(n < 5000);
    Device d;
    if (how == End::power) d.w.disk->fail_after(n);
    else d.w.disk->kill_after(n);
    (d.*live)();
    ended = !d.alive();
    INFO("at operation " << n);
    d.end(how);
    d.open_again(how);
    d.check();
  }
  CHECK(n > 20);  // there were operations
}
}  // namespace

TEST_CASE("power fails at every operation of a client") { at_every_operation(End::power, &Device::use); }
TEST_CASE("a client is killed at every operation") { at_every_operation(End::killed, &Device::use); }
TEST_CASE("what a client has heard is heard again where power failed before it was kept") { at_every_operation(End::power, &Device::listen); }
TEST_CASE("what a client has heard is heard again where it was killed before it was kept") { at_every_operation(End::killed, &Device::listen); }

TEST_CASE("what signing out has dropped does not come back when power fails") {
  FakeWorld w;
  w.on_a_small_disk();
  w.post("for my eyes", w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  w.client.reset();  // the file has it
  REQUIRE(w.open(Hold::all));
  w.settle();
  REQUIRE(w.bodies().size() == 1);
  w.client->sign_out([](Result<Done>) {}).detach();
  w.settle();
  w.disk->fail_after(0);
  w.client.reset();
  w.disk->power_cycle();
  w.disk_files = w.disk->files();
  REQUIRE(w.open(Hold::all));
  CHECK(w.client->connection() == Connection::signed_out);
  CHECK(w.client->chats_now().empty());
  CHECK(w.bodies().empty());
}
