// What one request may cost: the size of a page, and how often the database is asked for it.
#include <catch2/catch.hpp>
#include <set>
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
constexpr std::size_t kMega = 1 << 20;
const std::string kLong(40'000, '\1');  // 240 kB as JSON
}  // namespace

TEST_CASE("a page of a round ends when it is large enough, and the round tells all there is to tell") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  std::vector<std::string> chats;
  for (int i = 0; i < 12; ++i) chats.push_back(w.channel(w.ann)), w.add(w.ann, chats.back(), bob);
  const std::string gossip = w.channel(w.ann);
  w.add(w.ann, gossip, bob);
  std::string cursor = w.ok(bob, "GET", "/sync")["cursor"];
  for (const bool more : {true, false}) cursor = more ? w.ok(bob, "GET", "/sync?cursor=" + cursor)["cursor"].get<std::string>() : cursor;
  for (int post = 0; post < 2; ++post)
    for (const auto& chat : chats) w.post(w.ann, chat, kLong);
  for (int post = 0; post < 3; ++post) w.post(w.ann, gossip, kLong);
  std::map<std::string, std::size_t> events;
  std::set<std::string> limited;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    REQUIRE(pages < 30);
    const json page = w.ok(bob, "GET", "/sync?cursor=" + cursor);
    CHECK(page.dump().size() < 5 * kMega + kMega / 2);
    for (const json& chat : page["chats"]) {
      if (chat["limited"]) limited.insert(chat["id"].get<std::string>());
      else events[chat["id"]] = chat["events"].size();
    }
    cursor = page["cursor"], more = page["more"];
  }
  CHECK(pages > 2);
  CHECK(limited == std::set<std::string>{gossip});
  for (const auto& chat : chats) CHECK(events[chat] == 2);
}

TEST_CASE("a page of messages ends when it is large enough, and says how far it goes") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat + "/messages?limit=200&";
  for (int i = 0; i < 25; ++i) w.post(w.ann, chat, kLong);
  const std::int64_t rev = w.ok(w.ann, "GET", "/chats/" + chat)["head_rev"];
  const auto page = [&](const std::string& query) {
    const json r = w.ok(w.ann, "GET", path + query);
    CHECK(r.dump().size() < 5 * kMega);
    REQUIRE(static_cast<std::int64_t>(r["items"].size()) == r["hi"].get<std::int64_t>() - r["lo"].get<std::int64_t>() + 1);
    CHECK(r["items"].size() > 10);
    CHECK(r["items"].size() < 25);
    return std::pair{r["lo"].get<int>(), r["hi"].get<int>()};
  };
  CHECK(page("before=26").second == 25);
  CHECK(page("after=0").first == 1);
  const auto [lo, hi] = page("around=13");
  CHECK(lo < 13);
  CHECK(hi > 13);
  for (int next = 1; next <= 25;) {  // of a short rest there is a page of its own size
    const json r = w.ok(w.ann, "GET", path + "changed_since=0&lo=" + std::to_string(next));
    CHECK(r.dump().size() < 5 * kMega);
    CHECK(r["lo"] == next);
    REQUIRE(r["hi"] >= next);
    next = r["hi"].get<int>() + 1;
  }
  std::set<std::string> seen;
  for (std::string next = "-"; !next.empty();) {  // lists with a cursor end early, too
    const json r = w.ok(w.ann, "GET", "/search?limit=200&q=-has:link" + (next == "-" ? "" : "&cursor=" + next));
    CHECK(r.dump().size() < 5 * kMega);
    for (const json& i : r["items"]) seen.insert(i["message"]["id"].get<std::string>());
    next = r["next"].is_null() ? "" : r["next"].get<std::string>();
  }
  CHECK(seen.size() == 25);
  // Events cannot end early: fewer have to be asked for.
  const auto events = [&](int limit) {
    return w.call(w.ann, "GET", "/chats/" + chat + "/events?after_rev=" + std::to_string(rev - 25) + "&limit=" + std::to_string(limit));
  };
  CHECK(events(25).code() == "reset");
  CHECK(events(10).json["items"].size() == 10);
}

TEST_CASE("all the names of a text are looked up at once, and only for who may say it") {
  ServiceWorld w;
  const Person bob = w.join("Bob"), eve = w.join("Eve"), out = w.join("Out");
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat + "/messages";
  w.add(w.ann, chat, bob), w.add(w.ann, chat, eve);
  const int before = w.asked["members_named"];
  const auto times = [&] { return w.asked["members_named"] - before; };
  const json message = {{"id", w.id()}, {"body", "@eve @nobody @BOB @eve @out"}};
  const json first = w.ok(w.ann, "POST", path, message);
  CHECK(first["mentions"] == json::array({eve.id, bob.id}));  // in the order of the text
  CHECK(times() == 1);
  CHECK(w.ok(w.ann, "POST", path, message) == first);  // answered from the message
  CHECK(w.call(bob, "POST", path, message).code() == "conflict");
  CHECK(w.call(out, "POST", path, {{"id", w.id()}, {"body", "@eve @bob"}}).status == 403);
  CHECK(times() == 1);
  const std::string at = path + '/' + first["id"].get<std::string>();
  CHECK(w.ok(w.ann, "PATCH", at, {{"body", "@bob"}})["mentions"] == json::array({bob.id}));
  CHECK(times() == 2);
  CHECK(w.ok(w.ann, "POST", path, message)["mentions"] == first["mentions"]);  // what it was answered then has to be found again
  w.ok(w.ann, "DELETE", at);
  w.ok(bob, "DELETE", "/chats/" + chat + "/members/" + bob.id);
  CHECK(w.call(bob, "PATCH", at, {{"body", "@eve"}}).status == 403);
  CHECK(times() == 3);
}

TEST_CASE("of people with one name five are called") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann);
  std::set<std::string> alike;
  for (int i = 0; i < 7; ++i) {
    const Person p = w.join("Kim");
    w.add(w.ann, chat, p), alike.insert(p.id);
  }
  const Person zoe = w.join("Zoe");
  w.add(w.ann, chat, zoe);
  const json said = w.ok(w.ann, "POST", "/chats/" + chat + "/messages", {{"id", w.id()}, {"body", "@kim @zoe"}});
  REQUIRE(said["mentions"].size() == 6);
  for (std::size_t i = 0; i < 5; ++i) CHECK(alike.count(said["mentions"][i].get<std::string>()) == 1);
  CHECK(said["mentions"][5] == zoe.id);
}

TEST_CASE("all the people that a search names are looked up at once") {
  ServiceWorld w;
  const Person bob = w.join("Bob"), eve = w.join("Eve");
  const std::string chat = w.channel(w.ann);
  w.add(w.ann, chat, bob), w.add(w.ann, chat, eve);
  w.post(bob, chat, "one"), w.post(eve, chat, "two"), w.post(w.ann, chat, "three");
  const auto search = [&](const std::string& q) { return w.ok(w.ann, "GET", "/search?q=" + q)["items"].size(); };
  const int before = w.asked["users_named"];
  CHECK(search("from:bob%20from:EVE%20-from:ann%20in:general") == 2);
  CHECK(w.asked["users_named"] == before + 1);
  CHECK(search("from:bob%20from:mallory") == 0);
  CHECK(search("from:bob%20-from:mallory") == 1);
}

TEST_CASE("a leave looks at nobody else's") {
  ServiceWorld w;
  const Person bob = w.join("Bob"), eve = w.join("Eve");
  const std::string chat = w.channel(w.ann);
  w.add(w.ann, chat, bob), w.add(w.ann, chat, eve);
  const int at_start = w.asked["left_memberships"];
  for (const Person& p : {bob, eve}) w.ok(p, "DELETE", "/workspaces/" + w.workspace + "/members/" + p.id);
  w.wait(1000);
  CHECK(w.ok(w.ann, "GET", "/chats/" + chat)["member_count"] == 1);
  CHECK(w.asked["left_memberships"] == at_start);
  CHECK(w.asked["left_memberships_of"] >= 2);
}

TEST_CASE("what changed is asked for by what there is less of, and of a large range only the beginning is looked at") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat + "/messages?limit=200&changed_since=";
  w.post(w.ann, chat, "first");
  {  // a long history: message n has rev 100 + n, but for one that was changed lately
    auto db = Database::open({"/srv/server.db", w.disk().vfs()});
    REQUIRE(db);
    const auto done = (*db)->run(
        "insert into messages with recursive n(i) as (select 2 union all select i + 1 from n where i < 5101) select cast(printf('%016d', i) as blob), chat_id, "
        "i, "
        "i + 100, author_id, 'text', null, created_at, null, 0, '[]', '[]', 0, i + 100, '' from n, messages where seq = 1;"
        "update messages set rev = 19999 where seq = 7; update chats set head_seq = 5101, head_rev = 20000 where id = (select chat_id from messages where seq "
        "= 1)");
    if (!done) FAIL(done.error().message);
  }
  const auto page = [&](int since, const std::string& query = "") {
    const json r = w.ok(w.ann, "GET", path + std::to_string(since) + query);
    return std::to_string(r["lo"].get<int>()) + '-' + std::to_string(r["hi"].get<int>()) + ':' + std::to_string(r["items"].size());
  };
  CHECK(page(19990) == "1-5101:1");
  CHECK(w.asked["messages_changed"] == 0);
  CHECK(page(19990, "&lo=7&hi=8") == "7-8:1");
  CHECK(w.asked["messages_changed"] == 1);
  CHECK(page(5200) == "1-5000:1");  // one of the last hundred is left for the next page
  CHECK(page(5200, "&lo=5001") == "5001-5101:1");
  CHECK(page(1) == "1-200:200");
}
