// Who may do what to whom: roles in chats, invitations, and what a member may not see.
#include "tests/unit/core/desk.hpp"

using namespace fechatter;
using namespace fechatter::core_test;

TEST_CASE("nobody in a chat gives, takes or removes more power than they have") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::private_channel, {d.user(2), d.user(3)});
  REQUIRE(d.say(1, AddMember{chat, d.user(2), ChatRole::admin}) == "done");
  CHECK(d.say(2, AddMember{chat, d.user(2), ChatRole::owner}) == "permission_denied role");
  CHECK(d.say(2, AddMember{chat, d.user(3), ChatRole::owner}) == "permission_denied role");
  CHECK(d.say(2, AddMember{chat, d.user(4), ChatRole::owner}) == "permission_denied role");
  CHECK(d.say(2, AddMember{chat, d.user(1), ChatRole::member}) == "permission_denied role");
  CHECK(d.say(2, RemoveMember{chat, d.user(1)}) == "permission_denied role");
  CHECK(d.say(2, AddMember{chat, d.user(3), ChatRole::admin}) == "done");
  CHECK(d.say(2, RemoveMember{chat, d.user(3)}) == "done");
  CHECK(d.say(1, AddMember{chat, d.user(2), ChatRole::owner}) == "done");
}

TEST_CASE("only the last owner takes the last owner out of a chat") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::private_channel, {d.user(0), d.user(2)});
  CHECK(d.say(0, RemoveMember{chat, d.user(1)}) == "conflict role");  // an owner of the workspace has the power, but not for this
  CHECK(d.say(0, AddMember{chat, d.user(2), ChatRole::owner}) == "done");
  CHECK(d.say(0, RemoveMember{chat, d.user(1)}) == "done");
  CHECK(d.say(2, RemoveMember{chat, d.user(2)}) == "done");
}

TEST_CASE("a guest outside learns nothing of a public channel, whoever is in it") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::public_channel);
  REQUIRE(d.say(0, SetWorkspaceMember{d.town.workspace(), d.user(2), WorkspaceRole::guest}) == "done");
  for (const std::size_t who : {1u, 2u, 3u}) {
    const auto out = d.send(d.town.submit(d.user(2), RemoveMember{chat, d.user(who)}));
    REQUIRE(out.error);
    CHECK(out.error->code == Code::not_found);
    CHECK(out.error->message == "no such chat");
  }
}

TEST_CASE("an invite is worth what its maker could give now") {
  Desk d;
  const auto w = d.town.workspace();
  REQUIRE(d.say(0, SetWorkspaceMember{w, d.user(1), WorkspaceRole::admin}) == "done");
  REQUIRE(d.say(1, CreateInvite{w, WorkspaceRole::admin, {}, {}, "admins"}) == "done");
  REQUIRE(d.say(1, CreateInvite{w, WorkspaceRole::member, {}, {}, "members"}) == "done");
  REQUIRE(d.say(0, RemoveWorkspaceMember{w, d.user(2)}) == "done");
  REQUIRE(d.say(0, SetWorkspaceMember{w, d.user(1), WorkspaceRole::member}) == "done");
  CHECK(d.say(2, AcceptInvite{"admins", w}) == "not_found invite");
  CHECK(d.say(2, AcceptInvite{"members", w}) == "done");
  REQUIRE(d.say(0, RemoveWorkspaceMember{w, d.user(1)}) == "done");
  REQUIRE(d.say(0, RemoveWorkspaceMember{w, d.user(2)}) == "done");
  CHECK(d.say(1, AcceptInvite{"admins", w}) == "not_found invite");
  CHECK(d.say(1, AcceptInvite{"members", w}) == "not_found invite");
  CHECK(d.say(1, AcceptInvite{"welcome", w}) == "done");
  CHECK(d.row<WorkspaceMemberRow>(w, d.user(1)).role == WorkspaceRole::member);
}

TEST_CASE("what stands before one's joining cannot be answered, reacted to or deleted; one's own can") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::private_channel, {d.user(2)}, History::since_join);
  const MessageId old = d.post(1, chat, "before"), own = d.post(2, chat, "mine");
  REQUIRE(d.say(2, RemoveMember{chat, d.user(2)}) == "done");
  REQUIRE(d.say(1, AddMember{chat, d.user(2), ChatRole::admin}) == "done");
  CHECK(d.say(2, AddReaction{chat, old, "+1"}) == "not_found");
  CHECK(d.say(2, RemoveReaction{chat, old, "+1"}) == "not_found");
  CHECK(d.say(2, DeleteMessage{chat, old}) == "not_found");
  CHECK(d.say(2, PostMessage{chat, made_id<MessageId>(900), "answer", old, {}, {}, false}) == "invalid_argument reply_to");
  CHECK(d.say(2, PostMessage{chat, made_id<MessageId>(901), "answer", own, {}, {}, false}) == "done");
  CHECK(d.say(2, AddReaction{chat, own, "+1"}) == "done");
  CHECK(d.say(2, EditMessage{chat, own, "mine, edited", {}, false}) == "done");
  CHECK(d.say(2, DeleteMessage{chat, own}) == "done");
  CHECK(d.say(1, AddReaction{chat, old, "+1"}) == "done");
  CHECK(d.rows.log.back().payload.find("\"seq\":1") != std::string::npos);  // so that readers can tell, too
}

TEST_CASE("a puppet is a member whom nobody can sign in as; only admins bring one, once") {
  Desk d;
  const auto w = d.town.workspace();
  const AddPuppet puppet{made_id<UserId>(4711), w, "crimsun"};
  CHECK(d.say(1, AddPuppet{puppet}) == "permission_denied");
  CHECK(d.say(0, AddPuppet{puppet}) == "done");
  const auto count = d.rows.log.size();
  CHECK(d.say(0, AddPuppet{puppet}) == "done");
  CHECK(d.rows.log.size() == count);
  CHECK(d.row<UserRow>(puppet.id).name == "crimsun");
  CHECK(d.row<WorkspaceMemberRow>(w, puppet.id).role == WorkspaceRole::member);
  CHECK(d.row<WorkspaceRow>(w).member_count == static_cast<std::int32_t>(Town::kUsers) + 1);
  CHECK_FALSE(d.rows.load(type_of<CredentialRow>, make_key(puppet.id)));
  REQUIRE(d.say(0, RemoveWorkspaceMember{w, puppet.id}) == "done");
  CHECK(d.say(0, AddPuppet{puppet}) == "conflict");
  CHECK(d.say(0, AddPuppet{made_id<UserId>(4712), made_id<WorkspaceId>(99), "nowhere"}) == "not_found");
  CHECK(d.say(0, AddPuppet{d.user(2), w, "taken"}) == "done");  // whoever is there stays who they are
  CHECK(d.row<UserRow>(d.user(2)).name == "User2");
}

// The id of a direct chat can be derived by anybody who knows its people: whether it is taken says who talks to whom.
TEST_CASE("the derived id of others' direct chat is refused alike, taken or free") {
  Desk d;
  const auto w = d.town.workspace();
  const ChatId id = direct_chat_id(w, {d.user(1), d.user(2)});
  const CreateChat probe{id, w, ChatKind::group, "mine", {}, {}, {}};
  const auto free = d.say(3, probe);
  REQUIRE(d.say(1, CreateChat{made_id<ChatId>(1), w, ChatKind::direct, {}, {}, {}, {d.user(2)}}) == "done");
  CHECK(free == "invalid_argument id");
  CHECK(d.say(3, probe) == free);
  CHECK(d.say(1, probe) == free);
}

TEST_CASE("the id that is kept for somebody's answer is nobody else's to take or to ask about") {
  Desk d;
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2), d.user(3)});
  const MessageId question = d.post(1, chat, "what time is it?"), other = d.post(1, chat, "and the date?");
  const MessageId answer = answer_id(d.user(2), question);
  const auto say = [&](std::size_t who, std::optional<MessageId> reply_to) { return d.say(who, PostMessage{chat, answer, "noon", reply_to, {}, {}, false}); };
  CHECK(say(3, question) == "invalid_argument id");
  CHECK(say(3, {}) == "invalid_argument id");
  CHECK(say(2, other) == "invalid_argument id");
  CHECK(say(2, question) == "done");
  CHECK(say(2, question) == "done");
  CHECK(say(3, question) == "invalid_argument id");
}

TEST_CASE("there is an end to what one person may be in, and a workspace may invite") {
  Desk d;
  const auto w = d.town.workspace();
  const ChatId chat = d.chat(1, ChatKind::group, {d.user(2)});
  CHECK(d.say(1, CreateChat{made_id<ChatId>(80), w, ChatKind::group, "more", {}, {}, {}, true}) == "conflict member_ids");
  CHECK(d.say(1, AddMember{chat, d.user(3), {}, true}) == "conflict user_id");
  CHECK(d.say(1, AddMember{chat, d.user(2), ChatRole::admin, true}) == "done");  // is in it
  CHECK(d.say(1, CreateWorkspace{made_id<WorkspaceId>(81), "more", true}) == "conflict");
  CHECK(d.say(0, CreateInvite{w, {}, {}, {}, "more", true}) == "conflict");
  CHECK(d.say(1, AcceptInvite{"welcome", w, true}) == "done");  // is in it
  REQUIRE(d.say(0, RemoveWorkspaceMember{w, d.user(1)}) == "done");
  CHECK(d.say(1, AcceptInvite{"welcome", w, true}) == "conflict");
  CreateChat again{made_id<ChatId>(82), w, ChatKind::group, "again", {}, {}, {}};
  REQUIRE(d.say(2, again) == "done");
  again.full = true;  // the replay of what there was room for is no further chat
  CHECK(d.say(2, again) == "done");
}

// Both have a stream, and a stream is known by its id.
TEST_CASE("a chat does not take the id of a workspace, nor a workspace that of a chat") {
  Desk d;
  const auto w = d.town.workspace();
  const ChatId chat = d.chat(1, ChatKind::group);
  CHECK(d.say(1, CreateChat{id_cast<ChatId>(w), w, ChatKind::group, "mine", {}, {}, {}}) == "conflict");
  CHECK(d.say(1, CreateWorkspace{id_cast<WorkspaceId>(chat), "mine"}) == "conflict");
}
