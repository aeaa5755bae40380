// The service as a caller sees it: lists, pages, search, keys, limits, and what it does on its own.
#include <catch2/catch.hpp>
#include <set>
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
std::vector<std::string> bodies(const json& items) {
  std::vector<std::string> list;
  for (const json& i : items) list.push_back(i.contains("message") ? i["message"]["body"] : i["body"]);
  return list;
}
std::string escaped(const std::string& text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) out += '%', out += hex[c >> 4], out += hex[c & 15];
  return out;
}
// All that a search finds, page by page.
std::vector<std::string> found(ServiceWorld& w, const Person& who, const std::string& q, int limit = 50) {
  std::vector<std::string> all;
  std::string next;
  for (int page = 0; page < 40; ++page) {
    const json r = w.ok(who, "GET", "/search?q=" + escaped(q) + "&limit=" + std::to_string(limit) + (next.empty() ? "" : "&cursor=" + next));
    for (const auto& body : bodies(r["items"])) all.push_back(body);
    if (r["next"].is_null()) break;
    next = r["next"];
  }
  return all;
}
}  // namespace

TEST_CASE("an answer is UTF-8, whatever was asked") {
  ServiceWorld w;
  const Reply unknown = w.call(w.ann, "GET", "/search?q=a&%FFname%00=1");
  CHECK(unknown.code() == "invalid_argument");
  CHECK(unknown.json["error"]["field"] == "\uFFFDname");
  CHECK(w.call(w.ann, "\xFF", "/search").json["error"]["field"] == "method");
}

TEST_CASE("what a request asks for and nobody knows is refused, wherever it stands") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), message = w.post(w.ann, chat, "hello");
  const auto field = [&](const std::string& method, const std::string& path, const json& body = nullptr) {
    const Reply r = w.call(w.ann, method, path, body);
    return r.status == 400 ? r.json["error"]["field"].get<std::string>() : std::to_string(r.status);
  };
  const json chat_body{{"id", w.id()}, {"workspace_id", w.workspace}, {"kind", "group"}, {"member_ids", json::array()}};
  CHECK(field("POST", "/chats?foo=1", chat_body) == "foo");
  CHECK(field("POST", "/chats?name=x", chat_body) == "name");
  CHECK(field("GET", "/me?foo=1") == "foo");
  CHECK(field("GET", "/chats?limit=1&limit=2") == "limit");
  CHECK(field("GET", "/chats?cursor=a&cursor=b") == "cursor");
  CHECK(field("GET", "/chats/" + chat + "/messages?changed_since=-5") == "changed_since");
  CHECK(field("GET", "/chats/" + chat + "/events") == "200");
  for (const char* query : {"cursor=a&cursor=b", "ticket=a&ticket=b", "cursor=a&other=b"}) {
    ApiRequest stream;
    stream.method = "GET", stream.path = "/api/v1/stream", stream.query = query, stream.authorization = "Bearer " + w.ann.token;
    CHECK(w.service().open_stream(stream).error().code == Code::invalid_argument);
  }
  CHECK(field("DELETE", "/chats/" + chat + "/messages/" + message, {{"x", 1}}) == "x");
  CHECK(field("DELETE", "/chats/" + chat + "/messages/" + message, json::object()) == "204");
}

TEST_CASE("a sync of small pages tells every chat") {
  ServiceWorld w;
  std::set<std::string> chats, told;
  for (int i = 0; i < 7; ++i) chats.insert(w.channel(w.ann));
  std::string cursor;
  for (int page = 0; page < 40; ++page) {
    const json r = w.ok(w.ann, "GET", "/sync?limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const json& c : r["chats"]) told.insert(c["id"].get<std::string>());
    cursor = r["cursor"];
    if (!r["more"].get<bool>()) break;
  }
  CHECK(told == chats);
}

TEST_CASE("an existing direct chat is answered as it is, whoever made it") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  const std::string chat = w.direct(w.ann, bob)["id"];
  w.post(w.ann, chat, "hello");
  const json again = w.direct(bob, w.ann);
  CHECK(again["id"] == chat);
  CHECK(again["name"] == "Ann");
  CHECK(again["unread"] == 1);
  CHECK(again["last_message"]["body"] == "hello");
  CHECK(again == w.ok(bob, "GET", "/chats/" + chat));
}

TEST_CASE("a direct chat is called by its people, and by nothing that its opener says") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  const json opened =
      w.ok(w.ann, "POST", "/chats",
           {{"id", w.id()}, {"workspace_id", w.workspace}, {"kind", "direct"}, {"member_ids", {bob.id}}, {"name", "Cem"}, {"topic", "payroll"}});
  CHECK(opened["name"] == "Bob");
  CHECK(opened["topic"] == "");
  const std::string chat = opened["id"];
  CHECK(w.ok(bob, "GET", "/chats/" + chat)["name"] == "Ann");
  w.post(w.ann, chat, "soup");
  CHECK(found(w, w.ann, "in:bob soup").size() == 1);
  CHECK(found(w, bob, "in:@Ann").size() == 1);
  CHECK(found(w, bob, "in:bob").empty());
}

TEST_CASE("a new chat is answered as it is read, and its creation repeated by one who left as it was asked for") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  const std::string chat = w.id();
  const json request{{"id", chat}, {"workspace_id", w.workspace}, {"kind", "group"}, {"name", "g"}, {"member_ids", {w.ann.id}}};
  const json first = w.ok(bob, "POST", "/chats", request);
  CHECK(first == w.ok(bob, "GET", "/chats/" + chat));
  w.post(w.ann, chat, "one");
  CHECK(w.ok(bob, "POST", "/chats", request)["unread"] == 1);
  w.add(bob, chat, w.ann, "owner");
  w.ok(bob, "DELETE", "/chats/" + chat + "/members/" + bob.id);
  w.ok(w.ann, "PATCH", "/chats/" + chat, {{"name", "secret"}});
  const Reply gone = w.call(bob, "POST", "/chats", request);
  CHECK(gone.status == 201);
  CHECK(gone.json == first);
}

TEST_CASE("a keyed change is answered once more as the first time, also by one who left") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  const std::string chat = w.channel(bob), key = w.id(), path = "/chats/" + chat;
  w.add(bob, chat, w.ann, "owner");
  const json first = w.ok(bob, "PATCH", path, {{"name", "A"}}, key);
  CHECK(first["name"] == "A");
  w.ok(bob, "PATCH", path, {{"name", "B"}});
  CHECK(w.ok(bob, "PATCH", path, {{"name", "A"}}, key) == first);
  CHECK(w.call(bob, "PATCH", path, {{"name", "C"}}, key).code() == "conflict");
  w.ok(bob, "DELETE", path + "/members/" + bob.id);
  CHECK(w.ok(bob, "PATCH", path, {{"name", "A"}}, key) == first);
  const std::string town = "/workspaces/" + w.workspace, other = w.id();
  const json renamed = w.ok(w.ann, "PATCH", town, {{"name", "X"}}, other);
  w.ok(w.ann, "PATCH", town, {{"name", "Y"}});
  CHECK(w.ok(w.ann, "PATCH", town, {{"name", "X"}}, other) == renamed);
}

TEST_CASE("an invite asked for twice with one key is one invite") {
  ServiceWorld w;
  const std::string key = w.id(), path = "/workspaces/" + w.workspace + "/invites";
  const json first = w.ok(w.ann, "POST", path, json::object(), key);
  CHECK(w.ok(w.ann, "POST", path, json::object(), key) == first);
}

TEST_CASE("an edit whose names mean somebody else by now is still the same edit") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  const std::string chat = w.channel(w.ann), key = w.id();
  w.add(w.ann, chat, bob);
  const std::string path = "/chats/" + chat + "/messages/" + w.post(w.ann, chat, "hi");
  const json first = w.ok(w.ann, "PATCH", path, {{"body", "hi @Bob"}}, key);
  CHECK(first["mentions"] == json::array({bob.id}));
  w.ok(bob, "PATCH", "/me", {{"name", "Robert"}});
  CHECK(w.ok(w.ann, "PATCH", path, {{"body", "hi @Bob"}}, key) == first);
}

TEST_CASE("a key that is no UUID is refused wherever something changes") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann);
  for (const auto& [method, path] :
       {std::pair{"POST", "/logout"}, {"POST", "/login"}, {"POST", "/signup"}, {"POST", "/me/password"}, {"PATCH", "/me"}, {"PUT", "/me/presence"}}) {
    const Reply r = w.call(w.ann, method, path, json::object(), "KEY");
    INFO(method << ' ' << path);
    CHECK(r.status == 400);
    CHECK(r.json["error"]["field"] == "Idempotency-Key");
  }
  CHECK(w.call(w.ann, "GET", "/me", nullptr, "KEY").status == 200);
}

TEST_CASE("signing out twice is signing out") {
  ServiceWorld w;
  CHECK(w.call(w.ann, "POST", "/logout").status == 204);
  CHECK(w.call(w.ann, "POST", "/logout").status == 204);
  CHECK(w.call(w.ann, "GET", "/me").status == 401);
}

TEST_CASE("what tries passwords is limited like a login, what changes something like a write") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann);
  w.limited.clear();
  w.call(w.ann, "POST", "/me/password", {{"old", "x"}, {"new", "battery staple"}});
  w.ok(w.ann, "PUT", "/chats/" + chat + "/typing", {{"active", true}});
  w.ok(w.ann, "PATCH", "/me", {{"name", "Anna"}});
  w.ok(w.ann, "GET", "/me");
  CHECK(w.limited == std::vector<std::string>{"login", "write", "write", "read"});
}

TEST_CASE("people are called in any script, whatever the case") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann);
  for (const char* name : {"Émile", "Жанна", "Bob"}) {
    const Person who = w.join(name);
    w.add(w.ann, chat, who);
    w.post(w.ann, chat, std::string("@") + name + " hello");
    CHECK(w.ok(who, "GET", "/chats/" + chat)["mentions"] == 1);
  }
  w.post(w.ann, chat, "@жанна hello");
  const std::string room = w.channel(w.ann);
  w.ok(w.ann, "PATCH", "/chats/" + room, {{"name", "Кухня"}});
  w.post(w.ann, room, "soup");
  CHECK(found(w, w.ann, "in:кухня") == std::vector<std::string>{"soup"});
  CHECK(found(w, w.ann, "from:émile").empty());
  CHECK(found(w, w.ann, "@жанна has:mention").size() == 2);
}

TEST_CASE("a search goes through all there is, page by page") {
  ServiceWorld w;
  const Person bob = w.join("Bob"), eve = w.join("Eve");
  const std::string chat = w.channel(w.ann);
  w.add(w.ann, chat, bob), w.add(w.ann, chat, eve);
  w.post(bob, chat, "needle"), w.post(eve, chat, "thread"), w.post(w.ann, chat, "@channel all"), w.post(w.ann, chat, "@Bob you");
  for (int i = 0; i < 2300; ++i) w.post(w.ann, chat, "hay");
  // What the database decides is on the first page.
  const auto first_page = [&](const std::string& q) { return w.ok(w.ann, "GET", "/search?q=" + escaped(q)); };
  CHECK(bodies(first_page("from:Bob from:Eve")["items"]) == std::vector<std::string>{"thread", "needle"});
  CHECK(bodies(first_page("-from:Ann")["items"]) == std::vector<std::string>{"thread", "needle"});
  CHECK(bodies(first_page("has:mention")["items"]) == std::vector<std::string>{"@Bob you", "@channel all"});
  // What only the text tells is found behind it.
  CHECK(first_page("-hay")["items"].empty());
  CHECK_FALSE(first_page("-hay")["next"].is_null());
  CHECK(found(w, w.ann, "-hay") == std::vector<std::string>{"@Bob you", "@channel all", "thread", "needle"});
  // Unread is behind one's own read mark.
  w.ok(eve, "PUT", "/chats/" + chat + "/read", {{"seq", 2302}});
  CHECK(found(w, eve, "is:unread").size() == 2);
  CHECK(found(w, eve, "-is:unread needle") == std::vector<std::string>{"needle"});
  CHECK(found(w, w.ann, "is:unread").empty());
}

TEST_CASE("the versions of a message and one's sessions come in pages") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat + "/messages/" + w.post(w.ann, chat, "0");
  for (int i = 1; i < 7; ++i) w.ok(w.ann, "PATCH", path, {{"body", std::to_string(i)}});
  for (int i = 0; i < 6; ++i) w.ok({}, "POST", "/login", {{"email", w.ann.email}, {"password", "correct horse"}});
  std::vector<std::string> versions;
  for (std::string next; versions.size() < 20;) {
    const json r = w.ok(w.ann, "GET", path + "/history?limit=3" + (next.empty() ? "" : "&cursor=" + next));
    CHECK(r["items"].size() <= 3);
    for (const auto& body : bodies(r["items"])) versions.push_back(body);
    if (r["next"].is_null()) break;
    next = r["next"];
  }
  CHECK(versions == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6"});
  std::set<std::string> sessions;
  for (std::string next; sessions.size() < 20;) {
    const json r = w.ok(w.ann, "GET", "/sessions?limit=2" + (next.empty() ? "" : "&cursor=" + next));
    for (const json& s : r["items"]) sessions.insert(s["id"].get<std::string>());
    if (r["next"].is_null()) break;
    next = r["next"];
  }
  CHECK(sessions.size() == 7);
  for (const char* bad : {"x", "1x", "1.x", ".", "x.01890000-0000-7000-8000-000000000001"}) {
    CHECK(w.call(w.ann, "GET", path + "/history?cursor=" + bad).code() == "invalid_argument");
    CHECK(w.call(w.ann, "GET", std::string("/sessions?cursor=") + bad).code() == "invalid_argument");
  }
}

TEST_CASE("a page of messages has what was asked for, and says of nothing that it is nothing") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat + "/messages?";
  for (int i = 1; i <= 5; ++i) w.post(w.ann, chat, std::to_string(i));
  const auto page = [&](const std::string& query) {
    const json r = w.ok(w.ann, "GET", path + query);
    std::string text = std::to_string(r["lo"].get<int>()) + '-' + std::to_string(r["hi"].get<int>()) + ':';
    for (const json& m : r["items"]) text += m["body"];
    return text;
  };
  CHECK(page("around=3&limit=1") == "3-3:3");
  CHECK(page("around=3&limit=2") == "3-4:34");
  CHECK(page("around=3&limit=3") == "2-4:234");
  CHECK(page("around=9&limit=2") == "5-5:5");
  CHECK(page("around=0&limit=1") == "1-1:1");
  CHECK(page("around=0&limit=3") == "1-3:123");
  CHECK(page("before=0") == "1-0:");
  CHECK(page("before=3") == "1-2:12");
  CHECK(page("after=9") == "6-5:");
  CHECK(page("after=3") == "4-5:45");
  CHECK(page("changed_since=0&lo=4&hi=2") == "4-3:");
}

TEST_CASE("the rest of a leave goes on when the disk has room again") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  std::vector<std::string> chats;
  for (int i = 0; i < 5; ++i) chats.push_back(w.channel(w.ann)), w.add(w.ann, chats.back(), bob);
  const auto members = [&] {
    int n = 0;
    for (const auto& chat : chats) n += w.ok(w.ann, "GET", "/chats/" + chat)["member_count"].get<int>();
    return n;
  };
  REQUIRE(members() == 10);
  w.after_answer = [&] { w.disk().set_full(0); };
  w.ok(bob, "DELETE", "/workspaces/" + w.workspace + "/members/" + bob.id);
  w.wait(5000);
  CHECK(members() == 10);
  w.disk().set_full(std::nullopt);
  w.wait(5000);
  CHECK(members() == 5);
}
