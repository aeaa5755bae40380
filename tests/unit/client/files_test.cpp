#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

static std::string bytes_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}
static void overwrite(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

TEST_CASE("one client per directory") {
  FakeWorld w;
  REQUIRE(w.open());
  const auto second = open_client(w.ports(), {"http://fake", w.dir});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::locked);
  w.client.reset();
  CHECK(w.open());
}

TEST_CASE("a damaged cache is set aside and built anew; core.db keeps what was typed") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "typed"));
  w.settle();
  w.client.reset();
  overwrite(w.dir + "/cache.db", "this is no database, but somebody else's text that is long enough to look like a header of one........................");
  REQUIRE(w.open());
  CHECK(std::filesystem::exists(w.dir + "/cache.db.bad-1"));
  CHECK(w.client->status().pending == 1);
  w.http.online = true;
  w.loop.pass(60000);
  CHECK(w.messages.size() == 2);
  CHECK(w.bodies() == std::vector<std::string>{"one", "typed"});
}

TEST_CASE("what a device holds is nobody else's to read, also in a directory that everybody may enter") {
  FakeWorld w;
  std::filesystem::create_directories(w.dir);
  w.post("private", w.other, false);
  w.start();
  w.client.reset();
  overwrite(w.dir + "/cache.db", std::string(200, 'x'));  // built anew
  REQUIRE(w.open());
  w.loop.pass(10000);
  CHECK(w.bodies() == std::vector<std::string>{"private"});
  for (const auto& file : std::filesystem::directory_iterator(w.dir)) {
    CAPTURE(file.path().string());
    CHECK((file.status().permissions() & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) == std::filesystem::perms::none);
  }
}

TEST_CASE("of the caches that were damaged the first and the last are kept") {
  FakeWorld w;
  w.start();
  for (const char n : {'1', '2', '3'}) {
    w.client.reset();
    overwrite(w.dir + "/cache.db", std::string(200, n));
    REQUIRE(w.open());
  }
  CHECK(bytes_of(w.dir + "/cache.db.bad-1") == std::string(200, '1'));
  CHECK(bytes_of(w.dir + "/cache.db.bad-2") == std::string(200, '3'));
  CHECK_FALSE(std::filesystem::exists(w.dir + "/cache.db.bad-3"));
}

TEST_CASE("a damaged core.db is an error, and is left as it is") {
  FakeWorld w;
  w.start();
  w.client.reset();
  const std::string path = w.dir + "/core.db";
  std::string bytes = bytes_of(path);
  bytes.replace(0, 16, "not a database!!");
  overwrite(path, bytes);
  const auto opened = w.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::corrupt);
  CHECK(bytes_of(path) == bytes);
}

namespace {
void set_version(const std::string& path, int version) {
  auto db = Database::open({path, {}, Database::Sync::full});
  REQUIRE(db);
  REQUIRE((*db)->run("pragma user_version=" + std::to_string(version)));
}
int version_of(const std::string& path) {
  auto db = Database::open({path, {}, Database::Sync::full});
  REQUIRE(db);
  return static_cast<int>((*db)->version());
}
}  // namespace

TEST_CASE("a core.db of a newer version is an error, and what is queued is still there for that version") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "typed and not sent"));
  w.client.reset();
  const int known = version_of(w.dir + "/core.db");
  set_version(w.dir + "/core.db", 99);
  const auto opened = w.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::corrupt);
  set_version(w.dir + "/core.db", known);
  REQUIRE(w.open());
  CHECK(w.client->status().pending == 1);
}

TEST_CASE("a cache.db of a newer version is set aside and built anew; what is queued stays") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "typed and not sent"));
  w.client.reset();
  set_version(w.dir + "/cache.db", 99);
  REQUIRE(w.open());
  CHECK(version_of(w.dir + "/cache.db.bad-1") == 99);
  CHECK(w.client->status().pending == 1);
}

TEST_CASE("a directory that is signed in goes to no other server") {
  FakeWorld w;
  w.start();
  w.client.reset();
  w.http.log.clear();
  for (const char* other : {"http://elsewhere", "http://fake.elsewhere:80", "ftp://fake"}) {
    const auto opened = open_client(w.ports(), {other, w.dir});
    w.loop.drain();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::invalid_argument);
    CHECK(opened.error().field == "server");
  }
  CHECK(w.http.log.empty());
  for (const char* moved : {"http://fake:8081", "https://FAKE/"}) {  // the same host by another port, or better protected
    auto opened = open_client(w.ports(), {moved, w.dir});
    REQUIRE(opened);
    CHECK((*opened)->me());
    w.settle();
  }
  CHECK_FALSE(open_client(w.ports(), {"http://fake", w.dir}));  // in the open again
}

TEST_CASE("another port of the server is kept once it has answered there") {
  FakeWorld w;
  w.start();
  w.client.reset();
  const auto kept = [&] { return open_client(w.ports(), {"http://elsewhere", w.dir}).error().message; };
  for (const bool answers : {false, true}) {
    w.http.online = answers;
    auto opened = open_client(w.ports(), {"http://fake:8081", w.dir});
    REQUIRE(opened);
    w.settle();
    CHECK(((*opened)->connection() == Connection::live) == answers);
    opened->reset();
    CHECK(kept() == (answers ? "this directory is signed in at http://fake:8081" : "this directory is signed in at http://fake"));
  }
}

TEST_CASE("a directory that is signed out may go to another server") {
  FakeWorld w;
  w.start();
  w.client->sign_out([](Result<Done>) {}).detach();
  w.settle();
  w.client.reset();
  CHECK(open_client(w.ports(), {"http://elsewhere", w.dir}));
}
