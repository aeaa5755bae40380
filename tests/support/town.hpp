// People, a workspace and chats for tests of the domain, and a seeded stream of commands of every type.
#pragma once
#include <random>
#include "sdk/core/fold.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reactions/reactions.hpp"
#include "sdk/core/reads/reads.hpp"

namespace fechatter {

/// A UUIDv7-shaped id from a number; the same number gives the same id.
template <class I> I made_id(std::uint64_t n) {
  I id;
  for (int i = 0; i < 8; ++i) id.bytes[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(n >> (8 * i));
  id.bytes[6] = 0x70, id.bytes[8] |= 0x80;
  return id;
}

class Town {
 public:
  explicit Town(std::uint64_t seed) : rng_(seed) {}
  UserId user(std::size_t n) const { return made_id<UserId>(1000 + n); }
  WorkspaceId workspace() const { return made_id<WorkspaceId>(10); }
  static constexpr std::size_t kUsers = 6;

  template <class C> Submission submit(UserId actor, C command, bool keyed = false) {
    Submission s;
    s.entry = find_command(type_of<C>.name);
    s.command = std::make_shared<const C>(std::move(command));
    s.context.actor = actor, s.context.now = {now_ += 7}, s.context.command_id = made_id<CommandId>(next_++), s.context.keyed = keyed;
    return s;
  }
  /// Everybody signed up and in the workspace; user 0 owns it.
  std::vector<Submission> founding();
  /// A random command, sometimes an impossible one, sometimes the replay of an earlier one.
  Submission next();

 private:
  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(rng_() % n); }
  template <class T> T recent(const std::vector<T>& list, std::size_t n) { return list[list.size() - 1 - pick(std::min(n, list.size()))]; }
  Submission about_chats(UserId);
  Submission about_directs();
  Submission about_messages(UserId);
  std::vector<UserId> direct_people(UserId who, const CreateChat&) const;
  std::mt19937_64 rng_;
  std::int64_t now_ = 1'700'000'000'000;
  std::uint64_t next_ = 5000;
  std::vector<ChatId> chats_;
  std::vector<std::vector<UserId>> directs_;  // by their people
  std::vector<std::pair<ChatId, MessageId>> messages_;
  std::vector<std::pair<UserId, RemoveReaction>> reactions_;  // how to take them back
  std::vector<Submission> sent_;
};

}  // namespace fechatter
