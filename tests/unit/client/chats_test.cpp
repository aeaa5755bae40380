#include <catch2/catch.hpp>
#include "tests/support/diffs.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

TEST_CASE("a chat list is a window on the newest chats, which can be widened") {
  FakeWorld w;
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  std::vector<ChatId> made;
  for (int i = 0; i < 6; ++i) {
    w.loop.pass(1000);
    const auto id = w.client->create_chat({{}, ChatSummary::Kind::public_channel, "plan" + std::to_string(i), {}, {}});
    REQUIRE(id);
    made.push_back(*id);
  }
  const auto list = w.client->chats(3);
  std::vector<ChatSummary> followed;
  const auto look = [&] {
    w.settle();
    apply_diffs(followed, list->drain());
    REQUIRE(followed == list->items());
    std::vector<std::string> names;
    for (const ChatSummary& c : followed) names.push_back(c.name);
    return names;
  };
  CHECK(look() == std::vector<std::string>{"plan5", "plan4", "plan3"});
  CHECK_FALSE(list->complete());
  w.loop.pass(1000);
  REQUIRE(w.client->send(made[0], "from below the window"));
  CHECK(look() == std::vector<std::string>{"plan0", "plan5", "plan4"});
  w.loop.pass(1000);
  REQUIRE(w.client->send(w.chat, "general too"));
  CHECK(look().at(1) == "plan0");
  list->load_more(2);
  CHECK(look() == std::vector<std::string>{"general", "plan0", "plan5", "plan4", "plan3"});
  CHECK_FALSE(list->complete());
  list->load_more();
  CHECK(look().size() == 7);
  CHECK(list->complete());
}

TEST_CASE("chats are found by id, by name whatever the case, and by the person of a direct chat") {
  FakeWorld w;
  w.start();
  CHECK(*w.client->find_chat("#General") == w.chat);
  CHECK(*w.client->find_chat(w.chat.str()) == w.chat);
  CHECK(w.client->find_chat("nothing").error().code == Code::not_found);
  w.http.online = false, w.http.cut();
  w.settle();
  const auto direct = w.client->create_chat({{}, ChatSummary::Kind::direct, {}, {}, {w.other}});
  REQUIRE(direct);
  CHECK(*w.client->find_chat("@other") == *direct);
  REQUIRE(w.client->create_chat({{}, ChatSummary::Kind::public_channel, "General", {}, {}}));
  CHECK(w.client->find_chat("general").error().code == Code::conflict);
}

TEST_CASE("a chat that no server would make is refused at once, and nothing is queued") {
  FakeWorld w;
  w.start();
  const auto refused = [&](NewChat chat) {
    const auto made = w.client->create_chat(std::move(chat));
    return made ? "made" : made.error().code == Code::invalid_argument ? made.error().field : "another error";
  };
  using Kind = ChatSummary::Kind;
  CHECK(refused({{}, Kind::direct, "other", {}, {}}) == "member_ids");
  CHECK(refused({{}, Kind::direct, {}, {}, {w.me}}) == "member_ids");
  CHECK(refused({{}, Kind::public_channel, {}, {}, {}}) == "name");
  CHECK(refused({{}, Kind::group, std::string(81, 'x'), {}, {}}) == "name");
  CHECK(refused({{}, Kind::group, "two\nlines", {}, {}}) == "name");
  CHECK(refused({{}, Kind::group, "plans", std::string(251, 'x'), {}}) == "topic");
  CHECK(w.client->status().pending == 0);
  CHECK(w.client->chats_now().size() == 1);
}

TEST_CASE("a direct chat that was refused is asked for once more when it is wanted again") {
  FakeWorld w;
  int asked = 0;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (r.method != "POST" || path != "/chats") return std::nullopt;
    return ++asked, FakeWorld::error(403, Code::permission_denied);
  };
  w.start();
  const NewChat wanted{{}, ChatSummary::Kind::direct, {}, {}, {w.other}};
  const auto once = w.client->create_chat(wanted);
  REQUIRE(once);
  w.settle();
  CHECK(asked == 1);
  const auto again = w.client->create_chat(wanted);
  REQUIRE(again);
  CHECK(*again == *once);
  w.settle();
  CHECK(asked == 2);
}

TEST_CASE("a direct chat that is held is asked for again only where somebody is missing in it") {
  FakeWorld w;
  w.direct = true;
  w.chat = id_of(CreateChat{{}, w.space, ChatKind::direct, {}, {}, {}, {w.other}}, w.me);
  w.member_count = GENERATE(1, 2);  // one: the other has left the workspace
  w.start();
  REQUIRE(w.client->chats_now().size() == 1);
  const auto made = w.client->create_chat({{}, ChatSummary::Kind::direct, {}, {}, {w.other}});
  REQUIRE(made);
  CHECK(*made == w.chat);
  w.settle();
  CHECK(w.asked("POST /chats") == (w.member_count == 1 ? 1 : 0));
  CHECK(w.client->status().pending == 0);
  CHECK(w.client->chats_now().size() == 1);
}
