// What is asked for besides the rounds: chats that were heard of, events that were missed.
#include <catch2/catch.hpp>
#include "sdk/core/members/members.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
bool is_page(const HttpRequest& r) { return r.url.find("/sync") != std::string::npos; }

// A chat that the scripted server does not know by itself.
struct MadeChat {
  FakeWorld& w;
  ChatId id;
  bool member = true;
  Bodies posted;
  std::int64_t head_rev = 1;

  std::optional<HttpResponse> serve(const HttpRequest& r, const std::string& path) {
    CreateChat c;
    if (path == "/chats" && !read_json(r.body, c, Reading::tolerant)) return id = c.id, FakeWorld::json(201, to_json(view()));
    if (!id || path.compare(0, 43, "/chats/" + id.str()) != 0) return std::nullopt;
    if (!member) return FakeWorld::error(404, Code::not_found);
    PostMessage m;
    if (r.method != "POST" || read_json(r.body, m, Reading::tolerant)) return FakeWorld::json(200, to_json(view()));
    posted.push_back(m.body);
    MessageView v{m.id, id, static_cast<std::int64_t>(posted.size()), static_cast<std::int64_t>(posted.size()) + 1, w.me, m.body};
    return FakeWorld::json(201, to_json(v));
  }
  ChatView view() const {
    ChatView v{id, w.space, ChatKind::group, "plans", "", false, History::all, ChatRole::owner};
    v.head_rev = head_rev, v.visible_from = 1, v.member_count = 1;
    return v;
  }
};

// A chat is made, and two messages are queued, while the page that ends the first sync is on its way: it was read before.
void queue_during_first_sync(FakeWorld& w, MadeChat& plans) {
  w.first = [&](const HttpRequest& r, const std::string& path) { return plans.serve(r, path); };
  w.http.holds = [](const HttpRequest& r) { return is_page(r) || (r.method == "POST" && r.url.ends_with("/messages")); };
  REQUIRE(w.open());
  w.sign_in();
  const auto made = w.client->create_chat({w.space, ChatSummary::Kind::group, "plans", {}, {}});
  REQUIRE(made);
  REQUIRE(w.client->send(*made, "first"));
  REQUIRE(w.client->send(*made, "second"));
  w.settle();
  REQUIRE(plans.id == *made);
  REQUIRE(w.http.held.size() == 2);
}
}  // namespace

TEST_CASE("a page that was read before a removal does not bring the chat back") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.http.holds = is_page;
  REQUIRE(w.open());
  w.sign_in();
  REQUIRE(w.http.held.size() == 1);
  w.member = false;
  w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
  w.settle();
  w.release();
  CHECK(w.client->connection() == Connection::live);
  CHECK(w.client->chats_now().empty());
  CHECK(w.bodies().empty());
}

TEST_CASE("removed and added again while a page is on its way: the chat is there") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.http.holds = is_page;
  REQUIRE(w.open());
  w.sign_in();
  w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
  w.settle();
  w.release();
  CHECK(w.client->chats_now().size() == 1);
  CHECK(w.bodies() == Bodies{"one"});
}

TEST_CASE("left and joined again while the events of both are fetched: the chat is there") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.happen(MemberLeft{w.me, 1, 1}, w.me, 0, false);
  w.happen(MemberJoined{w.me, ChatRole::member, 1, 2, 1}, w.me);
  w.settle();
  w.loop.pass(1000);
  CHECK(w.client->chats_now().size() == 1);
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/events") == 1);
}

TEST_CASE("a page that was read before a workspace was left does not bring it back") {
  FakeWorld w;
  w.http.holds = is_page;
  REQUIRE(w.open());
  w.sign_in();
  w.member = false;
  EventView v{"workspace:" + w.space.str()};
  v.rev = 2, v.type = type_of<WorkspaceMemberLeft>.name, v.actor_id = w.other;
  v.payload.text = to_json(WorkspaceMemberLeft{w.me, 1, 1});
  ++w.position;
  w.http.push("event", to_json(v), w.cursor(w.position));
  w.settle();
  w.release();
  CHECK(w.client->workspaces().empty());
}

TEST_CASE("a chat that the first sync did not name is asked for before what is queued there fails") {
  FakeWorld w;
  MadeChat plans{w, {}};
  queue_during_first_sync(w, plans);
  w.release();
  w.loop.pass(5000);
  CHECK(w.client->status().failed == 0);
  CHECK(w.client->status().pending == 0);
  CHECK(plans.posted == Bodies{"first", "second"});
}

TEST_CASE("a chat that the first sync did not name, and that is gone: what was not tried fails") {
  FakeWorld w;
  MadeChat plans{w, {}};
  queue_during_first_sync(w, plans);
  plans.member = false;
  const auto held = std::exchange(w.http.held, {});
  for (const auto& run : held)
    if (&run == &held.front()) w.loop.post(run);  // the page; the message stays on its way
  w.settle();
  CHECK(w.client->status().failed == 1);
  CHECK(w.client->status().pending == 2);
}

TEST_CASE("too many missed events: a busy client takes the chat's heads all the same") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.first = [](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path.ends_with("/events")) return FakeWorld::error(410, Code::reset);
    (void)r;
    return std::nullopt;
  };
  w.http.holds = [&](const HttpRequest& r) { return r.url.ends_with("/chats/" + w.chat.str()); };
  w.edit(0, "edited in a gap", false);
  w.post("behind the gap", w.other);
  w.settle();
  REQUIRE(w.http.held.size() == 1);
  w.notify("profile_changed", "{}");  // anything: the client looks at everything again
  REQUIRE(w.client->send(w.chat, "meanwhile"));
  w.settle();
  w.release();
  w.loop.pass(1000);
  CHECK(w.bodies() == Bodies{"edited in a gap", "behind the gap", "meanwhile"});
}

TEST_CASE("chats that turn out not to be ours make room for the next ones at once") {
  FakeWorld w;
  w.start();
  for (std::uint8_t n = 0; n < 11; ++n)
    w.notify("chat_added", "{\"chat_id\":\"" + made<ChatId>(static_cast<std::uint8_t>(200 + n)).str() + "\",\"head_rev\":1}");
  w.first = [&](const HttpRequest&, const std::string& path) -> std::optional<HttpResponse> {
    if (path.starts_with("/chats/") && !path.starts_with("/chats/" + w.chat.str())) return FakeWorld::error(404, Code::not_found);
    return std::nullopt;
  };
  bool synced = false;
  const auto waiting = w.client->when_synced([&](Result<Done> done) { synced = static_cast<bool>(done); });
  w.settle();
  CHECK(w.asked("GET /chats/") == 11);
  CHECK(synced);
}

TEST_CASE("an answer from before one was added, or removed, does not count") {
  FakeWorld w;
  w.start();
  MadeChat plans{w, made<ChatId>(50), false, {}};
  plans.head_rev = 3;
  w.first = [&](const HttpRequest& r, const std::string& path) { return plans.serve(r, path); };
  const auto tell = [&](const std::string& type, int rev) {
    w.notify(type, "{\"chat_id\":\"" + plans.id.str() + "\",\"head_rev\":" + std::to_string(rev) + "}");
    w.settle();
  };
  const auto hold = [&] { w.http.holds = [&](const HttpRequest& r) { return r.url.ends_with(plans.id.str()); }; };
  hold(), tell("chat_added", 1);
  REQUIRE(w.http.held.size() == 1);  // "no such chat", on its way
  plans.member = true, tell("chat_added", 2);
  w.release();
  CHECK(w.client->chats_now().size() == 2);
  tell("chat_removed", 0);
  REQUIRE(w.client->chats_now().size() == 1);
  hold(), tell("chat_added", 3);
  REQUIRE(w.http.held.size() == 1);  // the chat, on its way
  plans.member = false, tell("chat_removed", 0);
  w.release();
  CHECK(w.client->chats_now().size() == 1);
}

TEST_CASE("a reaction that was taken away on another device is not shown as mine when somebody else puts it there") {
  FakeWorld w;
  MessageView& first = w.post("one", w.other, false);
  first.reactions = {{"+1", 1, true}};
  w.start(Hold::all);
  w.loop.pass(1000);
  REQUIRE(w.client->held(w.chat).at(0).reactions == std::vector<Reaction>{{"+1", 1, true}});
  w.client.reset();
  for (int i = 0; i < 60; ++i) w.post("late" + std::to_string(i), w.other, false);
  w.messages[0].reactions.clear(), w.messages[0].rev = w.head_rev();
  REQUIRE(w.open(Hold::all));
  w.loop.pass(5000);
  REQUIRE(w.client->held(w.chat).at(0).reactions.empty());
  w.happen(ReactionAdded{w.messages[0].id, "+1", 1}, w.other);
  w.settle();
  CHECK(w.client->held(w.chat).at(0).reactions == std::vector<Reaction>{{"+1", 1, false}});
}

namespace {
std::string member_list(const std::vector<std::pair<UserId, std::string>>& people, const std::string& next) {
  std::string items;
  for (const auto& [id, name] : people)
    items +=
        std::string(items.empty() ? "" : ",") + R"({"user_id":")" + id.str() + R"(","name":")" + name + R"(","role":"member","rev":1,"profile_version":1})";
  return R"({"items":[)" + items + R"(],"next":)" + (next.empty() ? std::string("null") : '"' + next + '"') + '}';
}
Bodies names_in(const FakeWorld& w) {
  Bodies names;
  for (const User& u : w.client->users(w.space)) names.push_back(u.name);
  return names;
}
}  // namespace

TEST_CASE("whoever left a workspace unheard is not among its people any more") {
  FakeWorld w;
  w.start();
  REQUIRE(names_in(w) == Bodies{"Me", "Other"});
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path == "/workspaces/" + w.space.str() + "/members") return FakeWorld::json(200, member_list({{w.me, "Me"}}, ""));
    if (!is_page(r)) return std::nullopt;
    SyncPage page;
    page.cursor = w.cursor(w.position), page.user = {w.me, "Me", "", {}};
    page.workspaces.push_back({w.space, "Town", WorkspaceRole::member, 1, 2, {}});
    return FakeWorld::json(200, to_json(page));
  };
  w.http.cut();
  w.loop.pass(10'000);
  CHECK(names_in(w) == Bodies{"Me"});
}

TEST_CASE("a page of a member list for which there was no room is asked for again") {
  FakeWorld w;
  w.on_a_small_disk();
  int asked = 0;
  w.first = [&](const HttpRequest& r, const std::string& path) -> std::optional<HttpResponse> {
    if (path != "/workspaces/" + w.space.str() + "/members") return std::nullopt;
    const bool second = r.url.find("cursor=") != r.url.npos;
    w.disk->set_full(!second && ++asked == 1 ? std::optional<std::int64_t>(0) : std::nullopt);
    return FakeWorld::json(200, second ? member_list({{w.other, "Other"}}, "") : member_list({{w.me, "Me"}, {made<UserId>(30), "Third"}}, "second"));
  };
  w.start();
  w.loop.pass(1000);
  w.disk->set_full({});
  w.loop.pass(10'000);
  CHECK(names_in(w) == Bodies{"Me", "Other", "Third"});
}
