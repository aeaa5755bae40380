#include "sdk/service/writes/prepare.hpp"
#include <algorithm>
#include <map>
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/text/mentions.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/reads/reads.hpp"

namespace fechatter {
namespace {
struct Counted {
  std::int64_t n = 0;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::Counted, "counted", FECHATTER_FIELD(n));
namespace fechatter {
namespace {
// Whether a counting query, whose last parameter is `most`, has come so far. A failed one leaves its error with the snapshot's caller.
bool reached(Snapshot& db, std::string_view query, std::initializer_list<Value> of, std::int64_t most) {
  std::vector<Value> parameters(of);
  parameters.push_back(value(most));
  const auto rows = db.query(query, type_of<Counted>, parameters);
  return rows && !rows->empty() && static_cast<const Counted*>(rows->front().get())->n >= most;
}
bool in_all_chats(PrepareContext& x, UserId user) { return reached(*x.db, "count_chats", {value(user)}, kMaxChats); }
bool in_all_workspaces(PrepareContext& x) { return reached(*x.db, "count_workspaces", {value(x.actor)}, kMaxWorkspaces); }

// Whether anybody is called: looking through all members for names is for those who may post. A replay is answered from its message,
// where that is as it was sent.
bool may_call(WorkingSet& set, UserId actor, ChatId chat) {
  const auto* member = set.find<MemberRow>(chat, actor);
  return member && member->state == MemberState::active;
}
bool calls(WorkingSet& set, UserId actor, EditMessage& c) { return may_call(set, actor, c.chat_id); }
bool calls(WorkingSet& set, UserId actor, PostMessage& c) {
  const auto* m = set.find<MessageRow>(c.id);
  if (!m) return may_call(set, actor, c.chat_id);
  if (m->author_id != actor) return false;
  if (!m->deleted && !m->edited_at) c.mentions = m->mentions;
  return m->deleted || m->edited_at;
}
// Names in the text become the ids of members of the chat; whether those are still members is decided later.
template <class C> bool resolve_mentions(PrepareContext& x, void* command) {
  C& c = *static_cast<C*>(command);
  if (c.body.find('@') == std::string::npos) return true;
  const auto found = text::find_mentions(c.body);
  c.mentions = found.ids, c.mentions_everyone = found.everyone;
  if (found.names.empty()) return true;
  if (!x.db) return false;
  WorkingSet set(*x.db);
  if (!calls(set, x.actor, c)) return true;
  const auto users = x.db->rows<UserRow>("members_named", {value(c.chat_id), json_list(found.names)});
  if (!users) return true;
  std::multimap<std::string, UserId> named;
  for (const auto& u : *users) named.emplace(text::fold(u->name), u->id);
  for (const std::string& name : found.names)  // in the order of the text: of too many the first ones count
    for (auto [it, end] = named.equal_range(name); it != end; ++it)
      if (std::find(c.mentions.begin(), c.mentions.end(), it->second) == c.mentions.end() && c.mentions.size() < 100) c.mentions.push_back(it->second);
  return true;
}
bool make_code(PrepareContext& x, void* command) {
  if (!x.db) return false;
  auto& c = *static_cast<CreateInvite*>(command);
  c.code = random_code(x.random);
  c.full = reached(*x.db, "count_invites", {value(c.workspace_id), value(x.now.ms)}, kMaxInvites);
  return true;
}
bool room_for_workspace(PrepareContext& x, void* command) {
  if (!x.db) return false;
  static_cast<CreateWorkspace*>(command)->full = in_all_workspaces(x);
  return true;
}
bool room_for_chat(PrepareContext& x, void* command) {
  if (!x.db) return false;
  auto& c = *static_cast<CreateChat*>(command);
  c.full = in_all_chats(x, x.actor) || std::any_of(c.member_ids.begin(), c.member_ids.end(), [&](const UserId& u) { return in_all_chats(x, u); });
  return true;
}
bool room_for_member(PrepareContext& x, void* command) {
  if (!x.db) return false;
  auto& c = *static_cast<AddMember*>(command);
  c.full = in_all_chats(x, c.user_id);
  return true;
}
// Of a leave that no chat of the workspace has yet to follow.
std::int64_t finished_leave(PrepareContext& x, WorkingSet& set, WorkspaceId workspace) {
  const auto* m = set.find<WorkspaceMemberRow>(workspace, x.actor);
  if (!m || m->state == MemberState::active || reached(*x.db, "count_chats_in", {value(x.actor), value(workspace)}, 1)) return 0;
  return m->rev;
}
bool find_invite(PrepareContext& x, void* command) {
  if (!x.db) return false;
  auto& c = *static_cast<AcceptInvite*>(command);
  WorkingSet set(*x.db);
  if (const auto* invite = set.find<InviteRow>(c.code)) c.invite_workspace = invite->workspace_id;
  c.left_rev = finished_leave(x, set, c.invite_workspace);
  c.full = in_all_workspaces(x);
  return true;
}
bool find_workspaces(PrepareContext& x, void* command) {
  if (!static_cast<UpdateMe*>(command)->name) return true;
  if (!x.db) return false;
  auto mine = x.db->rows<WorkspaceView>("list_workspaces", {value(x.actor), value(AnyId{}), value(kMaxWorkspaces)});
  if (!mine) return true;
  for (const auto& w : *mine) static_cast<UpdateMe*>(command)->workspaces.push_back(w->id);
  return true;
}
constexpr std::pair<std::string_view, Prepare> kPrepare[] = {
    {"post_message", resolve_mentions<PostMessage>},
    {"edit_message", resolve_mentions<EditMessage>},
    {"create_chat", room_for_chat},
    {"add_member", room_for_member},
    {"create_workspace", room_for_workspace},
    {"create_invite", make_code},
    {"accept_invite", find_invite},
    {"update_me", find_workspaces},
};
}  // namespace

Prepare find_prepare(std::string_view command) {
  for (const auto& [name, prepare] : kPrepare)
    if (name == command) return prepare;
  return nullptr;
}

std::string random_code(Random& random) {
  static constexpr char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string code;
  for (int i = 0; i < 20; ++i) code += alphabet[random.below(32)];
  return code;
}

}  // namespace fechatter
