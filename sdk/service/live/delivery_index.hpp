// Who is connected, and who of them sits in which chat and workspace. Holds only people with a connection (or one a moment ago).
#pragma once
#include <map>
#include "sdk/core/live/live.hpp"
#include "sdk/service/live/hub.hpp"
#include "sdk/service/live/ring.hpp"

namespace fechatter {

struct Person;
struct Seat {
  Person* person = nullptr;
  std::int64_t since = 0;         ///< the position of joining, where it is known: nothing before it is for them
  std::int64_t visible_from = 1;
};
struct ChatSeats {
  ChatId id;
  WorkspaceId workspace;
  std::int32_t member_count = 0;
  std::int64_t head_seq = 0, head_rev = 0;  ///< of the store when somebody was loaded, or the highest seen here
  std::vector<Seat> seats;                  ///< by the id of the person: nothing goes by addresses
  const Seat* seat_of(const Person*) const;
};
struct Person {
  UserId id;
  std::vector<std::shared_ptr<Subscriber>> connections;
  std::vector<ChatSeats*> chats;
  std::vector<WorkspaceId> workspaces;      ///< ascending
  Presence presence = Presence::online;
  bool ready = false;                       ///< memberships are known up to the tail
  bool busy = false;                        ///< they are on their way
  bool seen = false;                        ///< others were told of their presence
  std::int64_t needs_position = 0;          ///< memberships older than that do not do
  std::uint64_t loading = 0;                ///< number of the load under way; 0: none
  std::optional<Memberships> snapshot;      ///< loaded, ahead of the tail
  Timer grace;
};

class DeliveryIndex {
 public:
  Person* find(UserId) const;
  Person& person(UserId);  ///< the one, or a new one
  void remove(Person&);
  ChatSeats* chat(ChatId);
  std::size_t people() const { return people_.size(); }
  const std::vector<Person*>& in_workspace(WorkspaceId) const;

  /// Takes the memberships as of `snapshot.position`; what is known of a seat's `since` stays.
  void load(Person&, const Memberships& snapshot);
  /// An event's effect on everybody, or on `only`.
  void apply(const RingEvent&, const Person* only = nullptr);
  /// An event that this person missed: when they took their seats, and how far the chats have come.
  void recall(const RingEvent&, const Person&);
  static bool share_workspace(const Person&, const Person&);

 private:
  void sit(Person&, ChatId, WorkspaceId, Seat);
  void leave(Person&, ChatId);
  void enter(Person&, WorkspaceId);
  void exit(Person&, WorkspaceId);
  void vacate(Person&, ChatSeats&);
  void apply_to(Person&, const RingEvent&, const Meaning&);

  std::map<UserId, std::unique_ptr<Person>> people_;
  std::map<ChatId, ChatSeats> chats_;
  std::map<WorkspaceId, std::vector<Person*>> workspaces_;
};

}  // namespace fechatter
