// Who is connected, and who of them sits in which chat and workspace. Holds only people with a connection (or one a moment ago).
#pragma once
#include <map>
#include "sdk/core/live/live.hpp"
#include "sdk/service/live/hub.hpp"
#include "sdk/service/live/number_set.hpp"
#include "sdk/service/live/ring.hpp"

namespace fechatter {

/// What holds for one person in one chat.
struct Seat {
  std::int64_t since = 0;         ///< the position of joining, where it is known: nothing before it is for them
  std::int64_t visible_from = 1;
};
struct Person;
/// A chat and who of the connected sits there: people and chats have numbers here, and a seat costs a byte or two on either side.
struct ChatSeats {
  ChatId id;
  WorkspaceId workspace;
  std::uint32_t number = 0;
  std::int32_t member_count = 0;
  std::int64_t head_seq = 0, head_rev = 0;  ///< of the store when somebody was loaded, or the highest seen here
  NumberSet people;
  struct Terms {
    std::uint32_t person;
    Seat seat;
  };
  std::unique_ptr<std::vector<Terms>> terms;  ///< of those few whose seats are not the usual one, by number; null: there are none

  /// nullopt: they do not sit here.
  std::optional<Seat> seat_of(const Person&) const;
  /// Precondition of both: they sit here.
  Seat seat_at(std::uint32_t person) const;
  void set(std::uint32_t person, const Seat&);
};
struct Person {
  UserId id;
  std::uint32_t number = 0;
  Presence presence = Presence::online;
  bool ready = false;                       ///< memberships are known up to the tail
  bool busy = false;                        ///< they are on their way
  bool seen = false;                        ///< others were told of their presence
  std::vector<std::shared_ptr<Subscriber>> connections;
  NumberSet chats;
  std::vector<WorkspaceId> workspaces;      ///< ascending
  std::int64_t needs_position = 0;          ///< memberships older than that do not do
  std::uint64_t loading = 0;                ///< number of the load under way; 0: none
  std::unique_ptr<Memberships> snapshot;    ///< loaded, ahead of the tail
  Timer grace;
};

class DeliveryIndex {
 public:
  Person* find(UserId);
  const Person* find(UserId) const;
  Person& person(UserId);  ///< the one, or a new one
  void remove(Person&);
  ChatSeats* chat(ChatId);
  std::size_t people() const { return people_.size(); }
  /// `f(Person&)` for everybody; it must not remove anybody.
  template <class F> void each(F f) {
    for (auto& [id, person] : people_) f(person);
  }
  /// `f(Person&)` for everybody there; it must not change who is there.
  template <class F> void each_in(WorkspaceId id, F f) const {
    if (const auto it = workspaces_.find(id); it != workspaces_.end()) it->second.each([&](std::uint32_t n) { f(*person_by_number_[n]); });
  }
  /// `f(Person&, const Seat&)` for every seat; it must not change who sits where.
  template <class F> void each_seat(const ChatSeats& chat, F f) const {
    const ChatSeats::Terms *terms = chat.terms ? chat.terms->data() : nullptr, *end = terms ? terms + chat.terms->size() : nullptr;
    chat.people.each([&](std::uint32_t n) {
      const bool own = terms != end && terms->person == n;
      f(*person_by_number_[n], own ? terms->seat : Seat{});
      terms += own;
    });
  }

  /// Takes the memberships as of `snapshot.position`; what is known of a seat's `since` stays.
  void load(Person&, const Memberships& snapshot);
  /// An event's effect on everybody, or on `only`.
  void apply(const RingEvent&, const Person* only = nullptr);
  /// An event that this person missed: when they took their seats, and how far the chats have come.
  void recall(const RingEvent&, const Person&);
  static bool share_workspace(const Person&, const Person&);

 private:
  ChatSeats& chat_or_new(ChatId);
  std::vector<ChatSeats*> chats_of(const Person&) const;
  void sit(Person&, ChatId, WorkspaceId, Seat);
  void leave(Person&, ChatId);
  void enter(Person&, WorkspaceId);
  void exit(Person&, WorkspaceId);
  void vacate(Person&, ChatSeats&);
  void empty_seat(std::uint32_t person, ChatSeats&);
  void apply_to(Person&, const RingEvent&, const Meaning&);

  std::map<UserId, Person> people_;
  std::map<ChatId, ChatSeats> chats_;
  std::map<WorkspaceId, NumberSet> workspaces_;
  std::vector<Person*> person_by_number_;
  std::vector<ChatSeats*> chat_by_number_;
  std::vector<std::uint32_t> free_people_, free_chats_;  // numbers to use again
};

}  // namespace fechatter
