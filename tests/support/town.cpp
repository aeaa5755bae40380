#include "tests/support/town.hpp"
#include <algorithm>
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {

std::vector<Submission> Town::founding() {
  std::vector<Submission> list;
  for (std::size_t i = 0; i < kUsers; ++i) {
    SignUp s{user(i),
             "u" + std::to_string(i) + "@example.org",
             "User" + std::to_string(i),
             "hash",
             {made_id<SessionId>(2000 + i), "test", {2'000'000'000'000}, "t"}};
    if (i == 0) s.workspace = NewWorkspace{workspace(), "Town"};
    else s.invite = "welcome", s.invite_workspace = workspace();
    list.push_back(submit(user(i), std::move(s)));
    if (i == 0) list.push_back(submit(user(0), CreateInvite{workspace(), {}, 1000000, {}, "welcome"}));
  }
  return list;
}

Submission Town::about_chats(UserId who) {
  if (chats_.empty() || pick(12) == 0) {
    CreateChat c{made_id<ChatId>(next_++), workspace(), static_cast<ChatKind>(pick(4)), "chat" + std::to_string(pick(9)), {}, {}, {}};
    if (pick(3) == 0) c.history = History::since_join;
    for (std::size_t i = pick(2 * kUsers); i-- > 0;) c.member_ids.push_back(user(pick(kUsers)));
    if (c.kind != ChatKind::direct) chats_.push_back(c.id);
    else directs_.push_back(direct_people(who, c));
    return submit(who, std::move(c));
  }
  if (!directs_.empty() && pick(6) == 0) return about_directs();
  const ChatId chat = recent(chats_, 3);
  switch (pick(5)) {
    case 0: return submit(who, UpdateChat{chat, "name" + std::to_string(pick(5)), {}, pick(9) == 0});
    case 1: return submit(who, RemoveMember{chat, user(pick(kUsers))}, true);
    case 2: return submit(who, AddMember{chat, who, {}}, true);
    default: return submit(who, AddMember{chat, user(pick(kUsers)), pick(2) ? std::optional(static_cast<ChatRole>(pick(3))) : std::nullopt});
  }
}

// Somebody who has left the workspace is forgotten, or the chat is asked for again.
Submission Town::about_directs() {
  const auto people = recent(directs_, 4);
  const UserId one = people[pick(people.size())];
  if (pick(2) == 0) return submit(one, ForgetMember{direct_chat_id(workspace(), people), one});
  return submit(one, CreateChat{made_id<ChatId>(next_++), workspace(), ChatKind::direct, "direct", {}, {}, people});
}
std::vector<UserId> Town::direct_people(UserId who, const CreateChat& c) const {
  std::vector<UserId> people = c.member_ids;
  people.push_back(who);
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  return people;
}

Submission Town::about_messages(UserId who) {
  const ChatId chat = recent(chats_, 3);
  if (messages_.empty() || pick(2) == 0) {
    PostMessage p{chat, made_id<MessageId>(next_++), "text " + std::to_string(rng_() % 1000), {}, {}, {}, pick(8) == 0};
    if (pick(3) == 0) p.mentions.push_back(user(pick(kUsers)));
    if (!messages_.empty() && pick(4) == 0) p.reply_to = messages_.back().second;
    messages_.push_back({chat, p.id});
    return submit(who, std::move(p));
  }
  const auto [at, id] = recent(messages_, 8);
  const std::string emoji = pick(2) ? "+1" : "\xf0\x9f\x8e\x89";
  switch (pick(6)) {
    case 0: return submit(who, EditMessage{at, id, "edited " + std::to_string(rng_() % 1000), {user(pick(kUsers))}, pick(5) == 0}, true);
    case 1: return submit(who, DeleteMessage{at, id}, true);
    case 2:
      if (!reactions_.empty()) return submit(reactions_.back().first, reactions_.back().second, true);
      return submit(who, RemoveReaction{at, id, emoji}, true);
    case 3: return submit(who, MarkRead{at, static_cast<std::int64_t>(pick(50))}, true);
    default: reactions_.emplace_back(who, RemoveReaction{at, id, emoji}); return submit(who, AddReaction{at, id, emoji}, true);
  }
}

Submission Town::next() {
  const UserId who = user(pick(kUsers));
  if (!sent_.empty() && pick(12) == 0) return sent_[pick(sent_.size())];  // a replay
  Submission s = pick(40) == 0 ? submit(who, UpdateMe{"Name" + std::to_string(pick(9)), {workspace()}})
      : pick(40) == 0          ? submit(pick(2) ? who : user(0), SetWorkspaceMember{workspace(), user(pick(kUsers)), static_cast<WorkspaceRole>(pick(4))}, true)
      : pick(90) == 0          ? submit(user(0), RemoveWorkspaceMember{workspace(), user(1 + pick(kUsers - 1))}, true)
      : pick(25) == 0          ? submit(who, AcceptInvite{"welcome", workspace()}, true)
      : pick(60) == 0          ? submit(who, UpdateWorkspace{workspace(), "Town" + std::to_string(pick(9))}, true)
      : chats_.empty() || pick(4) == 0 ? about_chats(who)
                                       : about_messages(who);
  sent_.push_back(s);
  return s;
}

}  // namespace fechatter
