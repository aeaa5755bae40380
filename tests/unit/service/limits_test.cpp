// What a request costs while it waits, how often one may be made, and what is left of a leave.
#include <catch2/catch.hpp>
#include "tests/support/heap.hpp"
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

TEST_CASE("a request that waits does not keep its body") {
  ServiceWorld w;
  const auto first = w.ok(w.ann, "GET", "/poll?wait=0");
  const std::size_t before = heap_bytes();
  const auto answer = w.send(w.ann, "GET", "/poll?wait=60&cursor=" + first["cursor"].get<std::string>(), std::string(8 << 20, ' ') + "{}");
  w.wait(1000);
  CHECK_FALSE(*answer);
  CHECK(heap_bytes() < before + (4 << 20));
}

TEST_CASE("a poll that opens a connection counts as a stream, one that goes on with it as a read") {
  ServiceWorld w;
  w.limited.clear();
  const auto first = w.ok(w.ann, "GET", "/poll?wait=0");
  CHECK(w.limited == std::vector<std::string>{"read", "stream"});
  w.limited.clear(), w.too_often = "stream";
  const std::string again = "/poll?wait=0&cursor=" + first["cursor"].get<std::string>();
  w.ok(w.ann, "GET", again);
  CHECK(w.limited == std::vector<std::string>{"read"});
  CHECK(w.call(w.ann, "GET", again + "&connection_id=another").code() == "rate_limited");
}

TEST_CASE("a ticket whose stream is refused for its rate is good for the next try") {
  ServiceWorld w;
  ApiRequest r;
  r.query = "ticket=" + w.ok(w.ann, "POST", "/stream/tickets")["ticket"].get<std::string>();
  w.too_often = "stream";
  CHECK(w.service().open_stream(r).error().code == Code::rate_limited);
  w.too_often.clear();
  const auto opened = w.service().open_stream(r);
  REQUIRE(opened);
  CHECK(opened->user.str() == w.ann.id);
  CHECK(w.service().open_stream(r).error().code == Code::unauthenticated);
}

TEST_CASE("who is removed and comes back at once is back in the workspace only") {
  ServiceWorld w;
  const std::string invite = w.invite(w.ann);
  const bool leave_first = GENERATE(true, false);
  for (int apart = 0; apart < 25; ++apart) {
    INFO((leave_first ? "coming back " : "leaving ") << apart << " steps later");
    const Person bob = w.join("Bob");
    std::vector<std::string> chats;
    for (int i = 0; i < 3; ++i) w.add(w.ann, chats.emplace_back(w.channel(w.ann, i > 0 ? "private_channel" : "public_channel")), bob);
    const auto leave = [&] { return w.send(w.ann, "DELETE", "/workspaces/" + w.workspace + "/members/" + bob.id); };
    const auto accept = [&] { return w.send(bob, "POST", "/invites/" + invite + "/accept"); };
    const auto first = leave_first ? leave() : accept();
    for (int i = 0; i < apart; ++i) w.step();
    const auto second = leave_first ? accept() : leave();
    w.wait(2000);
    REQUIRE((*first && (*first)->status / 100 == 2));
    REQUIRE((*second && (*second)->status / 100 == 2));
    if (leave_first) CHECK(w.ok(bob, "GET", "/workspaces")["items"].size() == 1);
    CHECK(w.ok(bob, "GET", "/chats")["items"].empty());
    for (const std::string& chat : chats) CHECK(w.call(bob, "GET", "/chats/" + chat).status != 200);
    for (const std::string& chat : chats) CHECK(w.ok(w.ann, "GET", "/chats/" + chat)["member_count"] == 1);
  }
}

TEST_CASE("who comes into a workspace while being renamed has the new name there") {
  ServiceWorld w;
  const Person bob = w.join("Bob");
  for (int apart = 0; apart < 25; ++apart) {
    INFO("renamed " << apart << " steps later");
    const std::string space = w.id(), name = "Bob " + std::to_string(apart);
    w.ok(w.ann, "POST", "/workspaces", {{"id", space}, {"name", "Club"}});
    const std::string code = w.ok(w.ann, "POST", "/workspaces/" + space + "/invites", json::object())["code"];
    const auto in = w.send(bob, "POST", "/invites/" + code + "/accept");
    for (int i = 0; i < apart; ++i) w.step();
    const auto renamed = w.send(bob, "PATCH", "/me", json({{"name", name}}).dump());
    w.wait(2000);
    REQUIRE((*renamed && (*renamed)->status == 200));
    REQUIRE((*in && (*in)->status / 100 == 2));
    std::string told;
    for (const LogEvent& e : w.log())
      if (e.stream.kind == StreamKind::workspace && e.stream.id.str() == space && e.payload.find(bob.id) != e.payload.npos)
        told = json::parse(e.payload)["name"];
    CHECK(told == name);
  }
}

TEST_CASE("a name that is only blanks is none, wherever it is given") {
  ServiceWorld w;
  const auto field = [&](const std::string& method, const std::string& path, const json& body) {
    const Reply r = w.call(w.ann, method, path, body);
    return r.code() + ' ' + (r.status >= 400 ? r.json["error"]["field"].get<std::string>() : "");
  };
  const std::string channel = w.channel(w.ann);
  CHECK(field("PATCH", "/me", {{"name", "   "}}) == "invalid_argument name");
  CHECK(field("POST", "/workspaces", {{"id", w.id()}, {"name", " "}}) == "invalid_argument name");
  CHECK(field("PATCH", "/workspaces/" + w.workspace, {{"name", "  "}}) == "invalid_argument name");
  CHECK(field("PATCH", "/chats/" + channel, {{"name", "  "}}) == "invalid_argument name");
  for (const char* kind : {"private_channel", "public_channel", "group"})
    CHECK(field("POST", "/chats", {{"id", w.id()}, {"workspace_id", w.workspace}, {"kind", kind}, {"name", "  "}}) == "invalid_argument name");
  const json account{{"email", "x@example.org"}, {"password", "correct horse"}, {"name", "X"}};
  json blank = account, workspace = account;
  blank["name"] = "  ", workspace["workspace"] = {{"id", w.id()}, {"name", "  "}};
  CHECK(field("POST", "/signup", blank) == "invalid_argument name");
  CHECK(field("POST", "/signup", workspace) == "invalid_argument workspace.name");
  CHECK(field("PATCH", "/me", {{"name", " A "}}) == " ");
}

TEST_CASE("nobody types in a chat that is archived") {
  ServiceWorld w;
  const std::string chat = w.channel(w.ann), path = "/chats/" + chat;
  w.ok(w.ann, "PUT", path + "/typing", {{"active", true}});
  w.ok(w.ann, "PATCH", path, {{"archived", true}});
  CHECK(w.call(w.ann, "PUT", path + "/typing", {{"active", true}}).code() == "conflict");
}
