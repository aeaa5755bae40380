// What somebody may not read is in no answer that they get, whichever route of the catalog they ask.
#include <catch2/catch.hpp>
#include "sdk/service/routes/router.hpp"
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
const std::string kSecret = "xyzzyplugh";

struct Room {
  ServiceWorld w;
  Person bob = w.join("Bob"), cara = w.join("Cara");
  std::string chat, message;

  std::string cursor_of(const Person& who) { return w.ok(who, "GET", "/sync")["cursor"]; }
  std::vector<std::string> queries(std::string_view call, const std::string& cursor) const {
    if (call == "list_messages") return {"", "before=100", "after=0", "around=1", "changed_since=0&lo=1&hi=100"};
    if (call == "list_events") return {"after_rev=0&limit=200"};
    if (call == "search") return {"q=" + kSecret, "q=xyzz*", "q=from:Bob", "q=has:link", "q=is:edited"};
    if (call == "sync") return {"", "cursor=" + cursor};
    if (call == "poll") return {"wait=0&cursor=" + cursor};
    return {""};
  }
  /// How many answers hold the secret, of all that this person can ask for.
  int told(const Person& who, const std::string& cursor) {
    const std::map<std::string, std::string> ids{{"chat_id", chat}, {"message_id", message}, {"workspace_id", w.workspace}, {"user_id", bob.id}};
    int found = 0;
    const Router router;
    for (const RouteTarget& t : router.targets()) {
      if (t.route().method != "GET" || !t.call || t.call->name == "stream" || t.call->name == "websocket") continue;
      std::string path(t.route().path);
      for (const auto& [name, value] : ids)
        if (const auto at = path.find('{' + name + '}'); at != path.npos) path.replace(at, name.size() + 2, value);
      REQUIRE(path.find('{') == path.npos);
      for (const std::string& query : queries(t.call->name, cursor))
        found += w.call(who, "GET", path + (query.empty() ? "" : '?' + query)).json.dump().find(kSecret) != std::string::npos;
    }
    return found;
  }
  bool in_files() {
    for (const auto& [path, bytes] : w.copy_files())
      if (bytes.find(kSecret.substr(2)) != std::string::npos) return true;  // an index may share the beginning with another word
    return false;
  }
};
}  // namespace

TEST_CASE("a deleted text is in no answer, no index and, after a while, in no file") {
  Room t;
  t.chat = t.w.channel(t.bob);
  t.w.add(t.bob, t.chat, t.cara);
  const std::string cursor = t.cursor_of(t.cara), key = t.w.id();
  t.message = t.w.post(t.bob, t.chat, kSecret + " @Cara https://example.org");
  const std::string path = "/chats/" + t.chat + "/messages/" + t.message;
  t.w.ok(t.bob, "PATCH", path, {{"body", kSecret + " edited"}}, key);
  t.w.ok(t.cara, "PUT", path + "/reactions/x");
  t.w.ok(t.cara, "POST", "/chats/" + t.chat + "/messages", {{"id", t.w.id()}, {"body", "what?"}, {"reply_to", t.message}});
  CHECK(t.told(t.cara, cursor) >= 12);
  CHECK(t.in_files());
  t.w.ok(t.bob, "DELETE", path, nullptr, t.w.id());
  for (const Person* who : {&t.bob, &t.cara, &t.w.ann}) CHECK(t.told(*who, cursor) == 0);
  t.w.wait(60'000);
  CHECK_FALSE(t.in_files());
  t.w.restart();
  for (const Person* who : {&t.bob, &t.cara, &t.w.ann}) CHECK(t.told(*who, cursor) == 0);
}

TEST_CASE("who joined later gets nothing of what was said before, edited or not") {
  Room t;
  t.chat = t.w.channel(t.bob, "private_channel", "since_join");
  t.message = t.w.post(t.bob, t.chat, kSecret + " https://example.org");
  const std::string cursor = t.cursor_of(t.cara), path = "/chats/" + t.chat + "/messages/" + t.message;
  CHECK(t.told(t.cara, cursor) == 0);
  t.w.add(t.bob, t.chat, t.cara);
  const std::string joined = t.cursor_of(t.cara);
  t.w.ok(t.bob, "PATCH", path, {{"body", kSecret + " edited"}}), t.w.ok(t.bob, "PUT", path + "/reactions/x");
  t.w.post(t.bob, t.chat, "welcome");
  CHECK(t.told(t.bob, cursor) >= 8);
  for (const std::string& since : {cursor, joined}) CHECK(t.told(t.cara, since) == 0);
  t.w.restart();
  for (const std::string& since : {cursor, joined}) CHECK(t.told(t.cara, since) == 0);
}

TEST_CASE("who is removed gets nothing of what is said afterwards") {
  Room t;
  t.chat = t.w.channel(t.bob, "private_channel");
  t.w.add(t.bob, t.chat, t.cara);
  const std::string cursor = t.cursor_of(t.cara);
  t.w.ok(t.bob, "DELETE", "/chats/" + t.chat + "/members/" + t.cara.id);
  t.message = t.w.post(t.bob, t.chat, kSecret + " @Cara");
  CHECK(t.told(t.bob, cursor) >= 8);
  CHECK(t.told(t.cara, cursor) == 0);
  t.w.restart();
  CHECK(t.told(t.cara, cursor) == 0);
  CHECK(t.told(t.w.ann, cursor) == 0);
}
