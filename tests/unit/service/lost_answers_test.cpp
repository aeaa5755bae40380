// Every command of the catalog: its answer is lost once, things happen, and another process answers the retry as the first time.
#include <catch2/catch.hpp>
#include <set>
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
enum class Meanwhile { nothing, edit, removal, leave };

struct Attempt {
  json body = nullptr, other = nullptr;  ///< other: what is not the same under this id or key
  std::set<std::string> not_kept = {};   ///< of the answer: what no replay knows
  bool as_it_is = false;                 ///< a creator who is still in it is told how it is now
};

// Bob, who administers the workspace, in a chat of his with Cara; Dave is in the workspace only.
struct Stage {
  explicit Stage(ServiceWorld& world) : w(world), bob(w.join("Bob", "admin")), cara(w.join("Cara")), dave(w.join("Dave")) {
    ids["chat_id"] = w.channel(bob), ids["workspace_id"] = w.workspace, ids["emoji"] = "%F0%9F%8E%89", ids["user_id"] = cara.id;
    w.add(bob, ids["chat_id"], cara, "owner");
    ids["message_id"] = w.post(bob, ids["chat_id"], "hello");
  }
  std::string path(std::string text) const {
    for (const auto& [name, value] : ids)
      if (const auto at = text.find('{' + name + '}'); at != text.npos) text.replace(at, name.size() + 2, value);
    return text;
  }
  Attempt prepare(const std::string& command) {
    const std::string id = w.id();
    if (command == "create_workspace") return made = "/workspaces/" + id, Attempt{{{"id", id}, {"name", "Mine"}}, {{"id", id}, {"name", "Other"}}, {}, true};
    if (command == "create_chat") return made = "/chats/" + id, Attempt{chat(id, "plans"), chat(id, "others"), {}, true};
    if (command == "update_workspace") return {{{"name", "Village"}}, {{"name", "City"}}};
    if (command == "set_workspace_member") return {{{"role", "guest"}}, {{"role", "admin"}}};
    if (command == "remove_workspace_member") return ids["user_id"] = dave.id, Attempt{};
    if (command == "create_invite") return {{{"max_uses", 3}}, {{"max_uses", 4}}};
    if (command == "accept_invite") return accept();
    if (command == "update_chat") return {{{"name", "A"}}, {{"name", "B"}}, {"last_message", "mentions"}};
    if (command == "add_member") return ids["user_id"] = dave.id, Attempt{{{"role", "admin"}}, {{"role", "member"}}};
    if (command == "post_message") return {{{"id", id}, {"body", "again"}, {"reply_to", ids["message_id"]}}, {{"id", id}, {"body", "other"}}};
    if (command == "edit_message") return {{{"body", "hello, edited"}}, {{"body", "other"}}};
    if (command == "mark_read") return {{{"seq", 1}}, {{"seq", 0}}};
    if (command == "update_me") return {{{"name", "Robert"}}, {{"name", "Bert"}}};
    if (command == "remove_reaction") w.ok(bob, "PUT", path("/chats/{chat_id}/messages/{message_id}/reactions/{emoji}"));
    if (command == "revoke_session") ids["session_id"] = w.ok({}, "POST", "/login", {{"email", bob.email}, {"password", "correct horse"}})["session_id"];
    return {};
  }
  void happen(Meanwhile what) {
    const std::string at = path("/chats/{chat_id}"), message = path("/chats/{chat_id}/messages/{message_id}");
    switch (what) {
      case Meanwhile::nothing: break;
      case Meanwhile::edit:
        w.call(bob, "PATCH", message, {{"body", "edited meanwhile"}}), w.call(cara, "PATCH", at, {{"name", "renamed"}});
        w.call(w.ann, "PATCH", path("/workspaces/{workspace_id}"), {{"name", "Renamed"}}), w.call(bob, "PATCH", "/me", {{"name", "Bobby"}});
        if (!made.empty()) w.ok(bob, "PATCH", made, {{"name", "renamed"}});
        w.post(w.ann, w.channel(w.ann), "elsewhere");
        break;
      case Meanwhile::removal: w.call(bob, "DELETE", message); break;
      case Meanwhile::leave:
        for (const auto& place : {made, at, path("/workspaces/{workspace_id}")})
          if (!place.empty()) w.call(bob, "DELETE", place + "/members/" + bob.id);
        break;
    }
    w.wait(200);  // the rest of a leave
  }
  ServiceWorld& w;
  Person bob, cara, dave;

 private:
  json chat(const std::string& id, const char* name) const {
    return {{"id", id}, {"workspace_id", w.workspace}, {"kind", "group"}, {"name", name}, {"member_ids", {cara.id}}};
  }
  Attempt accept() {
    const std::string other = w.id();
    w.ok(w.ann, "POST", "/workspaces", {{"id", other}, {"name", "Club"}});
    ids["code"] = w.ok(w.ann, "POST", "/workspaces/" + other + "/invites", json::object())["code"], made = "";
    return {};
  }
  std::map<std::string, std::string> ids;
  std::string made;
};

json kept(json answer, const Attempt& a) {
  for (const auto& name : a.not_kept) answer.erase(name);
  return answer;
}

void lose_answer(ServiceWorld& w, const CommandEntry& entry, Meanwhile what) {
  Stage s(w);
  const Attempt a = s.prepare(std::string(entry.type->name));
  const std::string method(entry.route.method), path = s.path(std::string(entry.route.path)), key = entry.creates ? "" : w.id();
  const Reply first = w.call(s.bob, method, path, a.body, key);  // nobody hears this
  INFO(first.status << ' ' << first.json.dump());
  REQUIRE(first.status == entry.route.status);
  w.restart();
  s.happen(what);
  w.restart();
  const std::int64_t head = w.head();
  const Reply again = w.call(s.bob, method, path, a.body, key);
  INFO(again.status << ' ' << again.json.dump());
  CHECK(again.status == first.status);
  if (a.as_it_is && what == Meanwhile::edit) CHECK(again.json["id"] == first.json["id"]);
  else CHECK(kept(again.json, a) == kept(first.json, a));
  if (!a.other.is_null()) {
    const Reply other = w.call(s.bob, method, path, a.other, key);
    CHECK(other.code() == "conflict");
    CHECK(other.json.dump().find("hello") == std::string::npos);
  }
  CHECK(w.head() == head);  // and nothing happened again
}
}  // namespace

TEST_CASE("the answer of every command is lost once: the retry through another process is answered as the first time") {
  ServiceWorld w;
  std::size_t commands = 0;
  for (const Feature* f : features())
    for (const CommandEntry& entry : f->commands)
      if (!entry.route.method.empty()) {
        ++commands;
        for (const Meanwhile what : {Meanwhile::nothing, Meanwhile::edit, Meanwhile::removal, Meanwhile::leave}) {
          INFO(entry.type->name << ", " << static_cast<int>(what));
          lose_answer(w, entry, what);
        }
      }
  CHECK(commands >= 18);
}

TEST_CASE("the answers of what opens and ends sessions are lost, too, and another process is asked again") {
  ServiceWorld w;
  const json request{{"email", "new@example.org"}, {"name", "New"}, {"password", "correct horse"}};
  std::string key = w.id();
  const json made = w.ok({}, "POST", "/signup", request, key);
  w.restart();
  CHECK(w.ok({}, "POST", "/signup", request, key)["user"] == made["user"]);
  key = w.id();
  const json token{{"refresh_token", made["refresh_token"]}};
  const json fresh = w.ok({}, "POST", "/refresh", token, key);
  w.restart();
  CHECK(w.ok({}, "POST", "/refresh", token, key)["refresh_token"] == fresh["refresh_token"]);
  const Person person{made["user"]["id"], "new@example.org", fresh["access_token"]};
  key = w.id();
  const json passwords{{"old", "correct horse"}, {"new", "battery staple"}};
  w.ok(person, "POST", "/me/password", passwords, key);
  w.restart();
  w.ok(person, "POST", "/me/password", passwords, key);
  w.ok(person, "POST", "/logout");
  w.restart();
  w.ok(person, "POST", "/logout");
  CHECK(w.call(person, "GET", "/me").status == 401);
}

namespace {
struct Step {
  std::string method, path;
  json body;
  std::string key;
};
std::vector<Step> morning(ServiceWorld& w, const std::string& chat) {
  const std::string at = "/chats/" + chat, a = w.id(), b = w.id();
  return {{"POST", at + "/messages", {{"id", a}, {"body", "a"}}, ""},
          {"POST", at + "/messages", {{"id", b}, {"body", "b"}}, ""},
          {"PATCH", at + "/messages/" + a, {{"body", "a, edited"}}, w.id()},
          {"PUT", at + "/messages/" + b + "/reactions/x", nullptr, w.id()},
          {"DELETE", at + "/messages/" + b, nullptr, w.id()},
          {"PATCH", at, {{"topic", "t"}}, w.id()}};
}
}  // namespace

TEST_CASE("power fails at every operation of the server's disk: what was answered is there, and everything once") {
  bool failed = true;
  std::int64_t n = 0;
  for (; failed; ++n) {
    REQUIRE(n < 1000);
    INFO("at operation " << n);
    ServiceWorld w;
    const std::string chat = w.channel(w.ann);
    const auto steps = morning(w, chat);
    std::vector<Reply> answers;
    w.disk().fail_after(n);
    for (const Step& s : steps) {
      answers.push_back(w.call(w.ann, s.method, s.path, s.body, s.key));
      if (answers.back().status / 100 != 2) break;
      w.wait(7);
    }
    failed = !w.disk().powered();
    w.restart(ServiceWorld::End::power);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& s = steps[i];
      const bool answered = i < answers.size() && answers[i].status / 100 == 2;
      const std::int64_t head = w.head();
      const json again = w.ok(w.ann, s.method, s.path, s.body, s.key);
      if (!answered) continue;
      CHECK(w.head() == head);  // it was there
      if (s.body.is_null() || s.body.contains("topic")) continue;
      CHECK(again == answers[i].json);
    }
    const json page = w.ok(w.ann, "GET", "/chats/" + chat + "/messages");
    REQUIRE(page["items"].size() == 2);
    CHECK(page["items"][0]["body"] == "a, edited");
    CHECK(page["items"][1]["deleted"] == true);
    std::int64_t position = 0;
    for (const LogEvent& e : w.log()) REQUIRE(e.pos == ++position);
  }
  CHECK(n > 10);
}
