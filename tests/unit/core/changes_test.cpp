// What commands change: direct chats that people come back to, mentions that an edit takes away, and what replays answer.
#include <nlohmann/json.hpp>
#include "tests/unit/core/desk.hpp"

using namespace fechatter;
using namespace fechatter::core_test;
using nlohmann::json;

namespace {
CreateChat direct(const Desk& d, std::vector<UserId> people) {
  return {made_id<ChatId>(1), d.town.workspace(), ChatKind::direct, {}, {}, {}, std::move(people)};
}
}  // namespace

TEST_CASE("a direct chat comes back to life when its people do") {
  Desk d;
  const auto w = d.town.workspace();
  const ChatId chat = direct_chat_id(w, {d.user(1), d.user(2)});
  REQUIRE(d.say(1, direct(d, {d.user(2)})) == "done");
  const MessageId kept = d.post(1, chat, "hello");
  REQUIRE(d.say(2, RemoveWorkspaceMember{w, d.user(2)}) == "done");
  REQUIRE(d.say(2, ForgetMember{chat, d.user(2)}) == "done");
  CHECK(d.say(1, direct(d, {d.user(2)})) == "done");  // still the one who stayed has it
  CHECK(d.row<ChatRow>(chat).member_count == 1);
  REQUIRE(d.say(2, AcceptInvite{"welcome", w}) == "done");
  const std::size_t before = d.rows.log.size();
  SECTION("who left asks") { REQUIRE(d.say(2, direct(d, {d.user(1)})) == "done"); }
  SECTION("who stayed asks") { REQUIRE(d.say(1, direct(d, {d.user(2)})) == "done"); }
  CHECK(d.rows.log.size() == before + 2);
  CHECK(d.rows.log[before].type == "member_joined");
  CHECK(d.rows.log[before + 1].type == "chat_added");
  CHECK(d.row<MemberRow>(chat, d.user(2)).state == MemberState::active);
  CHECK(d.row<ChatRow>(chat).member_count == 2);
  CHECK(d.say(2, AddReaction{chat, kept, "+1"}) == "done");
  CHECK(d.say(2, direct(d, {d.user(1)})) == "done");
  CHECK(d.rows.log.size() == before + 3);  // once
}

TEST_CASE("all who left a direct chat of several come back together") {
  Desk d;
  const auto w = d.town.workspace();
  const std::vector<UserId> people{d.user(1), d.user(2), d.user(3)};
  const ChatId chat = direct_chat_id(w, people);
  REQUIRE(d.say(1, direct(d, people)) == "done");
  for (const std::size_t who : {2u, 3u}) {
    REQUIRE(d.say(who, RemoveWorkspaceMember{w, d.user(who)}) == "done");
    REQUIRE(d.say(who, ForgetMember{chat, d.user(who)}) == "done");
    REQUIRE(d.say(who, AcceptInvite{"welcome", w}) == "done");
  }
  REQUIRE(d.say(3, direct(d, people)) == "done");
  CHECK(d.row<ChatRow>(chat).member_count == 3);
  for (const UserId& u : people) CHECK(d.row<MemberRow>(chat, u).state == MemberState::active);
}

TEST_CASE("an edit right behind its message takes the mentions away that it does not repeat") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2), d.user(3)});
  const MessageId id = d.post(1, chat, "@two @three @channel", {d.user(2), d.user(3)}, true);
  REQUIRE(d.say(1, EditMessage{chat, id, "@three", {d.user(3)}, false}) == "done");
  CHECK_FALSE(d.row<MentionRow>(chat, d.user(2), std::int64_t{1}).live);
  CHECK(d.row<MentionRow>(chat, d.user(3), std::int64_t{1}).live);
  CHECK_FALSE(d.row<MentionRow>(chat, UserId{}, std::int64_t{1}).live);
  REQUIRE(d.say(1, EditMessage{chat, id, "@two", {d.user(2)}, false}) == "done");
  CHECK(d.row<MentionRow>(chat, d.user(2), std::int64_t{1}).live);
  CHECK_FALSE(d.row<MentionRow>(chat, d.user(3), std::int64_t{1}).live);
}

TEST_CASE("a create is the same only when all of it is") {
  Desk d;
  const auto id = made_id<ChatId>(100);
  CreateChat c{id, d.town.workspace(), ChatKind::group, "a", "b", History::all, {d.user(1), d.user(2)}};
  REQUIRE(d.say(0, c) == "done");
  std::swap(c.member_ids[0], c.member_ids[1]);
  CHECK(d.say(0, c) == "done");
  auto other = c;
  other.history = History::since_join;
  CHECK(d.say(0, other) == "conflict");
  other = c, other.name = "a\nb", other.topic.reset();
  CHECK(d.say(0, other) == "conflict");
  other = c, other.member_ids.push_back(d.user(3));
  CHECK(d.say(0, other) == "conflict");
}

TEST_CASE("the replay of an edit answers as the first time, also when its message is gone") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2)});
  const MessageId question = d.post(2, chat, "?"), id = made_id<MessageId>(900);
  REQUIRE(d.say(1, PostMessage{chat, id, "first", question, {}, {d.user(2)}, false}) == "done");
  REQUIRE(d.say(1, AddReaction{chat, id, "+1"}) == "done");
  REQUIRE(d.say(2, AddReaction{chat, id, "eyes"}) == "done");
  Submission edit = d.town.submit(d.user(1), EditMessage{chat, id, "xyzzy @two", {d.user(2)}, false}, true);
  const auto first = json::parse(d.send(edit).answer);
  CHECK(first["reactions"] == json::parse(R"([{"emoji":"+1","count":1,"mine":true},{"emoji":"eyes","count":1,"mine":false}])"));
  CHECK(first["reply_to"] == question.str());
  REQUIRE(d.say(1, EditMessage{chat, id, "later", {}, false}) == "done");
  REQUIRE(d.say(1, DeleteMessage{chat, id}) == "done");
  EditMessage again{chat, id, "xyzzy @two", {}, false};  // the name is nobody's any more
  edit.command = std::make_shared<const EditMessage>(again);
  CHECK(json::parse(d.send(edit).answer) == first);
  CHECK(d.rows.dump().find("xyzzy") == std::string::npos);
  again.body = "another";
  edit.command = std::make_shared<const EditMessage>(again);
  CHECK(d.send(edit).error->code == Code::conflict);
}

TEST_CASE("the replay of a message answers as the first time, after an edit and after its deletion") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2), d.user(3)});
  const MessageId question = d.post(2, chat, "?");
  const Submission post = d.town.submit(d.user(1), PostMessage{chat, made_id<MessageId>(900), "@two", question, {}, {d.user(2)}, false});
  const auto first = d.send(post).answer;
  REQUIRE(d.say(1, EditMessage{chat, made_id<MessageId>(900), "@three", {d.user(3)}, false}) == "done");
  CHECK(d.send(post).answer == first);
  REQUIRE(d.say(1, DeleteMessage{chat, made_id<MessageId>(900)}) == "done");
  CHECK(d.send(post).answer == first);
}

TEST_CASE("who is in a chat or workspace no more is told nothing new of it by repeating its creation") {
  Desk d;
  const auto id = made_id<ChatId>(100);
  const auto w = made_id<WorkspaceId>(11);
  const CreateChat c{id, d.town.workspace(), ChatKind::private_channel, "name", "topic", {}, {d.user(2)}};
  const auto chat = d.send(d.town.submit(d.user(1), c)).answer, workspace = d.send(d.town.submit(d.user(1), CreateWorkspace{w, "Mine"})).answer;
  REQUIRE(d.say(1, AddMember{id, d.user(2), ChatRole::owner}) == "done");
  REQUIRE(d.say(1, RemoveMember{id, d.user(1)}) == "done");
  REQUIRE(d.say(2, UpdateChat{id, "secret", "secret", {}}) == "done");
  d.post(2, id, "secret");
  CHECK(d.send(d.town.submit(d.user(1), c)).answer == chat);
  REQUIRE(d.say(1, CreateInvite{w, WorkspaceRole::owner, {}, {}, "mine"}) == "done");
  REQUIRE(d.say(2, AcceptInvite{"mine", w}) == "done");
  REQUIRE(d.say(2, UpdateWorkspace{w, "Renamed"}) == "done");
  REQUIRE(d.say(2, RemoveWorkspaceMember{w, d.user(1)}) == "done");
  CHECK(d.send(d.town.submit(d.user(1), CreateWorkspace{w, "Mine"})).answer == workspace);
}

TEST_CASE("what the service fills in anew does not make another change of a replay") {
  Desk d;
  const auto w = d.town.workspace();
  Submission invite = d.town.submit(d.user(0), CreateInvite{w, {}, {}, {}, "one"}, true);
  const auto first = d.send(invite).answer;
  invite.command = std::make_shared<const CreateInvite>(CreateInvite{w, {}, {}, {}, "two"});
  CHECK(d.send(invite).answer == first);
  Submission rename = d.town.submit(d.user(0), UpdateMe{"Anna", {w}}, true);
  const auto me = d.send(rename).answer;
  CHECK(json::parse(me)["name"] == "Anna");
  REQUIRE(d.say(0, UpdateMe{"Annabel", {w}}) == "done");
  rename.command = std::make_shared<const UpdateMe>(UpdateMe{"Anna", {w, made_id<WorkspaceId>(11)}});
  CHECK(d.send(rename).answer == me);
}

TEST_CASE("an archived chat takes no reactions and gives none back") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2)});
  const MessageId id = d.post(1, chat, "hello");
  REQUIRE(d.say(2, AddReaction{chat, id, "+1"}) == "done");
  REQUIRE(d.say(1, UpdateChat{chat, {}, {}, true}) == "done");
  CHECK(d.say(1, AddReaction{chat, id, "+1"}) == "conflict");
  CHECK(d.say(2, RemoveReaction{chat, id, "+1"}) == "conflict");
  CHECK(d.say(2, AddReaction{chat, made_id<MessageId>(999), "+1"}) == "not_found");
  REQUIRE(d.say(1, UpdateChat{chat, {}, {}, false}) == "done");
  CHECK(d.say(2, RemoveReaction{chat, id, "+1"}) == "done");
}

TEST_CASE("who has left comes back only when that leave is finished, not an earlier one") {
  Desk d;
  const auto w = d.town.workspace();
  const auto rev = [&] { return d.row<WorkspaceMemberRow>(w, d.user(2)).rev; };
  const auto accept = [&](std::int64_t left_rev) { return d.say(2, AcceptInvite{"welcome", w, false, left_rev}); };
  CHECK(accept(0) == "done");  // is in it
  REQUIRE(d.say(2, RemoveWorkspaceMember{w, d.user(2)}) == "done");
  const std::int64_t first = rev();
  CHECK(accept(0) == "unavailable code");
  CHECK(accept(first) == "done");
  REQUIRE(d.say(2, RemoveWorkspaceMember{w, d.user(2)}) == "done");
  CHECK(accept(first) == "unavailable code");
  CHECK(d.say(2, AcceptInvite{"nonsense", w, false, 0}) == "not_found invite");
  CHECK(accept(rev()) == "done");
}
