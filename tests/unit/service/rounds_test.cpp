// Sync rounds while everything moves, and cursors of a history that was put back.
#include <catch2/catch.hpp>
#include <map>
#include "sdk/protocol/cursor.hpp"
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
// A client reduced to its promises: a rev per chat, raised by one, and a cursor.
struct Follower {
  ServiceWorld& w;
  Person who;
  std::string cursor;
  std::map<std::string, std::int64_t> applied;

  /// A whole round; `between` happens after each page but the last.
  int round(int limit, const std::function<void(int)>& between) {
    for (int pages = 1;; ++pages) {
      const json page = w.ok(who, "GET", "/sync?limit=" + std::to_string(limit) + (cursor.empty() ? "" : "&cursor=" + cursor));
      for (const json& chat : page["chats"]) take(chat);
      cursor = page["cursor"];
      if (!page["more"].get<bool>()) return pages;
      between(pages);
    }
  }
  void take(const json& chat) {
    const std::string id = chat["id"];
    if (chat.value("left", false)) return void(applied.erase(id));
    if (chat["limited"].get<bool>() || !applied.count(id)) return void(applied[id] = chat["head_rev"]);
    for (const json& e : chat["events"]) {
      const std::int64_t rev = e["rev"];
      if (rev == applied[id] + 1) applied[id] = rev;
      REQUIRE(rev <= applied[id]);
    }
  }
  void check(const std::vector<std::string>& chats) {
    for (const std::string& id : chats) {
      const Reply now = w.call(who, "GET", "/chats/" + id);
      INFO(id);
      if (now.status == 200 && !now.json["role"].is_null()) CHECK(applied[id] == now.json["head_rev"].get<std::int64_t>());
      else CHECK(applied.count(id) == 0);
    }
  }
};
void nothing(int) {}
}  // namespace

TEST_CASE("heads move between any two pages of a round: the next round tells what this one did not") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  std::vector<std::string> chats;
  for (int i = 0; i < 24; ++i) chats.push_back(w.channel(w.ann)), w.add(w.ann, chats.back(), bob), w.post(w.ann, chats.back(), "one");
  Follower f{w, bob, {}, {}};
  f.round(200, nothing);
  f.check(chats);
  for (int from = 0; from < 6; ++from) {  // the chats that move stand before, at and behind the page
    for (const std::string& id : chats) w.call(w.ann, "POST", "/chats/" + id + "/messages", {{"id", w.id()}, {"body", "changed"}});
    const int pages = f.round(5, [&](int page) {
      for (std::size_t i = static_cast<std::size_t>(from); i < chats.size(); i += 3) w.post(w.ann, chats[i], "moved");
      const std::string& some = chats[static_cast<std::size_t>(page * 4 % 24)];
      w.call(w.ann, page % 2 ? "DELETE" : "PUT", "/chats/" + some + "/members/" + bob.id, page % 2 ? json(nullptr) : json::object());
    });
    REQUIRE(pages > 4);
    f.round(200, nothing);
    f.check(chats);
  }
}

TEST_CASE("yesterday's files are put back without a word: cursors of what is gone are noticed") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann);
  w.post(w.ann, chat, "yesterday");
  Follower f{w, w.ann, {}, {}};
  f.round(200, nothing);
  const std::string yesterday = f.cursor;
  const auto copy = w.copy_files();
  for (int i = 0; i < 5; ++i) w.post(w.ann, chat, "today");
  f.round(200, nothing);
  const std::string today = f.cursor;
  const auto sync = [&](const std::string& cursor) { return w.call(w.ann, "GET", "/sync?cursor=" + cursor); };
  const auto poll = [&](const std::string& cursor) { return w.ok(w.ann, "GET", "/poll?wait=0&cursor=" + cursor).dump(); };
  w.restore_files(copy);
  REQUIRE(w.ok(w.ann, "GET", "/chats/" + chat)["head_seq"] == 1);
  SECTION("beyond the head") {
    CHECK(sync(today).code() == "reset");
    CHECK(poll(today).find("\"resync\"") != std::string::npos);
  }
  SECTION("overtaken by another history") {
    for (int i = 0; i < 9; ++i) w.post(w.ann, chat, "another today");
    CHECK(sync(today).code() == "reset");
    CHECK(poll(today).find("\"resync\"") != std::string::npos);
    w.restart();  // nothing of it is in memory then
    CHECK(sync(today).code() == "reset");
    CHECK(poll(today).find("\"resync\"") != std::string::npos);
  }
  CHECK(sync(yesterday).status == 200);
}

TEST_CASE("a cursor of another server's history is noticed") {
  ServiceWorld w;
  Follower f{w, w.ann, {}, {}};
  f.round(200, nothing);
  Cursor c = *decode_cursor(f.cursor);
  c.epoch.bytes[3] ^= 1;
  const Reply told = w.call(w.ann, "GET", "/sync?cursor=" + encode_cursor(c));
  CHECK(told.code() == "reset");
  CHECK(told.json["error"]["reason"] == told.json["error"]["message"]);
}
