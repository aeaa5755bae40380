// Files that fail while a client runs.
#include <catch2/catch.hpp>
#include "sdk/core/accounts/accounts.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
constexpr std::int64_t kPage = 4096;

// Every page but the first is overwritten, and nobody has it in memory any more.
void damage_cache(FakeWorld& w) {
  REQUIRE(w.cache().db().run("pragma wal_checkpoint(truncate);pragma shrink_memory"));
  const std::string path = w.dir + "/cache.db";
  for (std::int64_t at = kPage; at < w.disk->size(path); at += kPage) REQUIRE(w.disk->flip(path, at));
}
}  // namespace

TEST_CASE("a cache that is damaged while following is built anew, and the client follows on") {
  FakeWorld w;
  w.on_a_small_disk();
  w.post("one", w.other, false);
  w.start();
  damage_cache(w);
  w.post("two", w.other);
  w.loop.pass(10000);
  CHECK(w.disk_files->exists(w.dir + "/cache.db.bad-1"));
  CHECK(w.client->connection() == Connection::live);
  REQUIRE(w.client->chats_now().size() == 1);
  CHECK(w.client->chats_now()[0].preview == "two");
  REQUIRE(w.client->send(w.chat, "three"));
  w.settle();
  CHECK(w.bodies() == Bodies{"two", "three"});
}

TEST_CASE("a search that meets damage says so, and has the cache built anew") {
  FakeWorld w;
  w.on_a_small_disk();
  w.post("one", w.other, false);
  w.start();
  REQUIRE(w.client->search_local("one", 10)->size() == 1);
  damage_cache(w);
  const auto found = w.client->search_local("one", 10);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Code::corrupt);
  w.loop.pass(10000);
  CHECK(w.disk_files->exists(w.dir + "/cache.db.bad-1"));
  CHECK(w.client->search_local("one", 10)->size() == 1);
}

TEST_CASE("a cache that cannot be emptied is not handed to the next account") {
  FakeWorld w;
  w.post("of the first account", w.other, false);
  w.start();
  REQUIRE(w.cache().db().run("alter table wanted_chats rename to out_of_reach"));
  w.me = made<UserId>(7), w.exists = false;
  w.sign_in();
  w.loop.pass(5000);
  CHECK(w.client->chats_now().empty());
  CHECK(w.bodies().empty());
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.cache().meta("owner") == w.me.str());
}

TEST_CASE("a cache that cannot be emptied does not hide another history") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("old history", w.other, false);
  w.start();
  REQUIRE(w.cache().db().run("alter table wanted_chats rename to out_of_reach"));
  w.epoch = 2, w.messages.clear(), w.events.resize(1), w.position = 3;
  w.post("new history", w.other, false);
  w.http.cut();
  w.loop.pass(10000);
  CHECK(w.bodies() == Bodies{"new history"});
  CHECK(w.client->connection() == Connection::live);
}

TEST_CASE("a chat list that cannot be read stays as it was") {
  FakeWorld w;
  w.start();
  const auto list = w.client->chats();
  w.settle();
  (void)list->drain();
  REQUIRE(list->items().size() == 1);
  REQUIRE(w.cache().db().run("alter table chats rename to out_of_reach"));
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "queued"));
  w.settle();
  (void)list->drain();
  CHECK(list->items().size() == 1);
  CHECK(w.client->find_chat("general").error().code != Code::not_found);
}

TEST_CASE("a damaged cache on a full disk: the client goes on in memory until there is room for a file") {
  FakeWorld w;
  w.on_a_small_disk();
  w.post("one", w.other, false);
  w.start();
  damage_cache(w);
  w.disk->set_full(0);
  w.post("two", w.other);
  w.loop.pass(10000);
  CHECK(w.cache().in_memory());
  CHECK(w.client->connection() == Connection::live);
  w.post("three", w.other);
  w.loop.pass(100000);  // it looks for room, and keeps what it has
  CHECK(w.cache().in_memory());
  CHECK(w.bodies().back() == "three");
  w.disk->set_full(std::nullopt);
  w.loop.pass(100000);
  CHECK_FALSE(w.cache().in_memory());
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.bodies().back() == "three");
  w.client.reset();
  REQUIRE(w.open());
  CHECK(w.bodies().back() == "three");
}

TEST_CASE("a full disk does not keep the last account's cache") {
  sim::CrashDisk disk(1);
  disk.register_as("a full disk");
  const auto files = disk.files();
  REQUIRE(files->create_directories("/home"));
  const auto move_to = [&](const std::string& end) { return [&, end](const std::string& path) { (void)files->rename(path, path + end); }; };
  const auto drop = [&](const std::string& path) { (void)files->remove(path), (void)files->remove(path + "-wal"); };
  auto cache = Cache::open({"/home/cache.db", disk.vfs(), move_to(".bad"), drop});
  REQUIRE(cache);
  REQUIRE((*cache)->wipe("first"));
  for (int i = 0; i < 100; ++i) REQUIRE((*cache)->rows().set(UserRow{made<UserId>(static_cast<std::uint8_t>(i)), "Somebody", UserState::active, {}, 1}));
  disk.set_full(0);
  (void)(*cache)->wipe("second");
  CHECK((*cache)->meta("owner") == "second");
  CHECK_FALSE((*cache)->rows().get<UserRow>(made<UserId>(5)));
  CHECK_FALSE(files->exists("/home/cache.db.bad"));  // nobody's data is kept aside
  CHECK((*cache)->set_meta("cursor", "c"));
}

TEST_CASE("an old file that cannot be moved is no new one") {
  sim::CrashDisk disk(1);
  disk.register_as("a stubborn disk");
  const auto files = disk.files();
  REQUIRE(files->create_directories("/home"));
  const auto nothing = [](const std::string&) {};
  auto cache = Cache::open({"/home/cache.db", disk.vfs(), nothing, nothing});
  REQUIRE(cache);
  REQUIRE((*cache)->set_meta("cursor", "of the damaged file"));
  CHECK_FALSE((*cache)->rebuild("me"));
  CHECK((*cache)->in_memory());
  CHECK((*cache)->meta("cursor").empty());
  CHECK((*cache)->meta("owner") == "me");
}

TEST_CASE("a list that could not be read is no shorter one: the next write fails") {
  FakeWorld w;
  REQUIRE(w.open());
  std::optional<Error> why;
  CHECK(w.cache().ids("select chat_id from out_of_reach", &why).empty());
  CHECK(why);
  CHECK_FALSE(w.cache().set_meta("cursor", "vouches for nothing"));
  CHECK(w.cache().set_meta("cursor", "read again"));
}

TEST_CASE("a feed waits for what cannot be read: it is not skipped") {
  FakeWorld w;
  w.start();
  auto feed = *w.client->feed("bot");
  w.settle();
  feed.reset();
  w.loop.pass(10);
  for (const char* body : {"one", "two", "three"}) w.post(body, w.other);
  w.settle();
  REQUIRE(w.bodies().size() == 3);
  REQUIRE(w.cache().db().run("alter table messages rename to out_of_reach"));
  feed = *w.client->feed("bot");
  w.loop.pass(4000);
  CHECK(feed->drain().empty());
  REQUIRE(w.cache().db().run("alter table out_of_reach rename to messages"));
  w.loop.pass(10000);
  Bodies got;
  for (const auto& item : feed->drain()) got.push_back(item.message.body);
  CHECK(got == Bodies{"one", "two", "three"});
}

TEST_CASE("a feed that is opened while the chats cannot be read looks for them again") {
  FakeWorld w;
  w.start();
  auto feed = *w.client->feed("bot");
  w.settle();
  feed.reset();
  w.loop.pass(10);
  w.post("one", w.other);
  w.settle();
  REQUIRE(w.cache().db().run("alter table chat_sync rename to out_of_reach"));
  feed = *w.client->feed("bot");
  w.settle();
  REQUIRE(w.cache().db().run("alter table out_of_reach rename to chat_sync"));
  w.loop.pass(10000);
  CHECK(feed->drain().size() == 1);
}

TEST_CASE("a timeline that cannot be read stays as it was, and is read again") {
  FakeWorld w;
  for (const char* body : {"one", "two", "three"}) w.post(body, w.other, false);
  w.start();
  const auto timeline = w.client->timeline(w.chat);
  w.settle();
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 3);
  REQUIRE(w.cache().db().run("alter table messages rename to out_of_reach"));
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "queued"));
  w.settle();
  CHECK(timeline->drain().empty());
  CHECK(timeline->items().size() == 3);
  REQUIRE(w.cache().db().run("alter table out_of_reach rename to messages"));
  w.loop.pass(6000);
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 4);
  CHECK(timeline->items().back().message.body == "queued");
}

TEST_CASE("a timeline that meets damage has the cache built anew") {
  FakeWorld w;
  w.on_a_small_disk();
  for (const char* body : {"one", "two", "three"}) w.post(body, w.other, false);
  w.start();
  const auto timeline = w.client->timeline(w.chat);
  w.settle();
  (void)timeline->drain();
  w.http.online = false, w.http.cut();
  w.settle();
  damage_cache(w);
  REQUIRE(w.client->send(w.chat, "queued"));
  w.settle();
  CHECK(w.disk_files->exists(w.dir + "/cache.db.bad-1"));
  w.http.online = true;
  w.loop.pass(60000);
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 4);
  CHECK(timeline->items().back().message.body == "queued");
}

TEST_CASE("rows that could not be read are not absent: the next write fails") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  REQUIRE(w.cache().db().run("alter table messages rename to out_of_reach"));
  CHECK(w.cache().messages(w.chat, 1, 10).empty());
  CHECK_FALSE(w.cache().set_meta("cursor", "vouches for nothing"));
}

namespace {
void rename(FakeWorld& w, const std::string& from, const std::string& to) {
  w.client.reset();
  w.loop.drain();
  auto db = Database::open({w.dir + "/core.db", {}});
  REQUIRE(db);
  REQUIRE((*db)->run("alter table " + from + " rename to " + to));
}
}  // namespace

TEST_CASE("an account that cannot be read is not signed out, nor is the server it is signed in at forgotten") {
  FakeWorld w;
  w.start();
  const std::string table = GENERATE("account", "settings");
  rename(w, table, "out_of_reach");
  CHECK_FALSE(w.open());
  rename(w, "out_of_reach", table);
  REQUIRE(w.open());
  CHECK(w.client->me());
}

TEST_CASE("a feed whose place cannot be read does not begin anew") {
  FakeWorld w;
  w.start();
  auto feed = *w.client->feed("bot");
  w.loop.pass(10);
  w.post("one", w.other);
  w.settle();
  const auto items = feed->drain();
  REQUIRE(items.size() == 1);
  REQUIRE(feed->ack(items[0].position));
  feed.reset();
  rename(w, "feed_floors", "out_of_reach");
  REQUIRE(w.open());
  CHECK_FALSE(w.client->feed("bot"));
  rename(w, "out_of_reach", "feed_floors");
  REQUIRE(w.open());
  feed = *w.client->feed("bot");
  w.loop.pass(5000);
  CHECK(feed->drain().empty());
}

TEST_CASE("a draft that cannot be read is said to be so, and the next write is none the worse") {
  FakeWorld w;
  w.start();
  REQUIRE(w.client->save_draft(w.chat, "half a thou"));
  rename(w, "drafts", "out_of_reach");
  REQUIRE(w.open());
  w.loop.pass(5000);
  REQUIRE_FALSE(w.client->status().last_error);
  CHECK(w.client->draft(w.chat).empty());
  CHECK(w.client->status().last_error);
  CHECK(w.client->send(w.chat, "another thing"));
}
