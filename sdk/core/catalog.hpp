// What a feature declares. Stores, router, OpenAPI, client calls, bindings and property tests walk these tables and name no feature.
#pragma once
#include <span>
#include <variant>
#include "fechatter/result.hpp"
#include "sdk/core/event.hpp"
#include "sdk/core/permissions.hpp"
#include "sdk/core/working_set.hpp"
#include "sdk/describe/json.hpp"

namespace fechatter {

/// A replayed command: what is stored under its id.
struct CommandRow {
  UserId actor;
  CommandId command_id;
  std::string fingerprint;  ///< SHA-256 of name and arguments; another one under the same id is a conflict
  std::int64_t rev = 0;     ///< of its first event
  Time at;
  std::string answer;       ///< the first answer, or what `kept` leaves of it
};

/// Who asks, and what the outside supplies: `decide` has no clock and no randomness of its own.
struct Context {
  UserId actor;
  SessionId session;
  Time now;
  CommandId command_id;
  bool keyed = false;                   ///< the caller chose command_id: remember the answer
  const CommandRow* replay = nullptr;   ///< set while a remembered command is answered again
};

/// A row that is no projection of the log: secrets and registers that must not stand in an event (password hashes, invite codes).
struct PrivateRow {
  const Type* type;
  std::shared_ptr<void> row;
};
template <class Row> PrivateRow private_row(Row row) { return {&type_of<Row>, std::make_shared<Row>(std::move(row))}; }

/// What a command causes. `events` lack only position, time, actor and command id: the fold stamps those.
struct Effects {
  std::vector<Event> events;
  std::vector<PrivateRow> rows;
  bool replayed = false;  ///< a create that exists already: answer as the first time
};
using Decision = Result<Effects>;
using Existing = std::variant<std::monostate, Effects, Error>;

/// HTTP form. `{name}` in the path is a field of the command or of the parameters.
struct Route {
  std::string_view method, path;
  int status = 200;
};

struct RowEntry {
  const Type* type;
  bool secret = false;  ///< never leaves the server, is no projection
};
template <class R> constexpr RowEntry row(bool secret = false) { return {&type_of<R>, secret}; }

struct EventEntry {
  StreamKind stream;
  const Type* type;
  void (*apply)(WorkingSet&, const Event&, const void*);
  std::string (*redacted)(const LogEvent&) = nullptr;  ///< the payload that stands for one that was emptied; null: {}
};
/// Finds apply(WorkingSet&, const Event&, const E&) beside E.
template <class E> constexpr EventEntry event(StreamKind stream) {
  return {stream, &type_of<E>, +[](WorkingSet& set, const Event& e, const void* body) { apply(set, e, *static_cast<const E*>(body)); }};
}

struct CommandEntry {
  const Type* type;          ///< its name is the method's name
  Route route;               ///< empty method: not reachable by HTTP as such (signing up)
  Permission permission;
  bool creates = false;      ///< idempotent by the id of what it makes: `decide` sees the replay before authorisation
  const Type* answer_type = nullptr;  ///< null: 204
  std::string_view answer_call = {};  ///< not empty: this call answers after the commit, and `answer` where it refuses
  std::shared_ptr<void> (*call_params)(const void*, const Context&) = nullptr;  ///< of that call; null: the ids of the same names
  void (*needs)(Keys&, const void*, const Context&, WorkingSet*) = nullptr;  ///< with a set: what the first load showed to be needed too
  Decision (*decide)(WorkingSet&, const void*, const Context&) = nullptr;
  /// Creates only: the stored thing's answer, a conflict, or nothing: go on.
  Existing (*existing)(WorkingSet&, const void*, const Context&) = nullptr;
  void (*answer)(WorkingSet&, const void*, const Context&, std::string& json) = nullptr;
  /// What is remembered in place of an answer with a text that may be redacted later; `answer` makes the first answer of it (x.replay).
  std::string (*kept)(WorkingSet&, const void*, const Context&) = nullptr;
  std::shared_ptr<void> make() const { return type->make(); }
};
/// Builds an entry from the free functions beside C: needs, decide, and where they exist `existing`, `answer` and `kept`.
template <class C> constexpr CommandEntry command(Route route, Permission permission) {
  CommandEntry entry{&type_of<C>, route, permission};
  entry.needs = +[](Keys& keys, const void* c, const Context& x, WorkingSet* loaded) { needs(keys, *static_cast<const C*>(c), x, loaded); };
  entry.decide = +[](WorkingSet& set, const void* c, const Context& x) -> Decision { return decide(set, *static_cast<const C*>(c), x); };
  if constexpr (requires(WorkingSet& set, const C& c, const Context& x) { existing(set, c, x); }) {
    entry.creates = true;
    entry.existing = +[](WorkingSet& set, const void* c, const Context& x) -> Existing { return existing(set, *static_cast<const C*>(c), x); };
  }
  if constexpr (requires(WorkingSet& set, const C& c, const Context& x) { answer(set, c, x); }) {
    using A = decltype(answer(std::declval<WorkingSet&>(), std::declval<const C&>(), std::declval<const Context&>()));
    entry.answer_type = &type_of<A>;
    entry.answer = +[](WorkingSet& set, const void* c, const Context& x, std::string& json) {
      const A a = answer(set, *static_cast<const C*>(c), x);
      write_json(type_of<A>, &a, json);
    };
  }
  if constexpr (requires(WorkingSet& set, const C& c, const Context& x) { kept(set, c, x); })
    entry.kept = +[](WorkingSet& set, const void* c, const Context& x) -> std::string { return kept(set, *static_cast<const C*>(c), x); };
  return entry;
}
constexpr CommandEntry answered_by(CommandEntry entry, std::string_view call, decltype(CommandEntry::call_params) params = nullptr) {
  entry.answer_call = call, entry.call_params = params;
  return entry;
}

/// A request that is no command: a read, a session matter, something ephemeral. The service implements it under its name.
struct CallEntry {
  std::string_view name;
  const Type* params;            ///< path, query (GET) or body fields
  const Type* answer;            ///< null: 204
  Route route;
  Permission permission;
  bool list = false;             ///< answer: {"items": [answer], "next"}
  bool keyed = false;            ///< an Idempotency-Key makes it happen once
};

struct Feature {
  std::string_view name;
  std::span<const RowEntry> rows;
  std::span<const EventEntry> events;
  std::span<const CommandEntry> commands;
  std::span<const CallEntry> calls;
};
/// One line per feature in catalog.cpp.
std::span<const Feature* const> features();

std::span<const RowEntry> all_rows();
const EventEntry* find_event(StreamKind, std::string_view type);
const EventEntry* find_event(StreamKind, const Type*);
const CommandEntry* find_command(std::string_view name);
const CallEntry* find_call(std::string_view name);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::CommandRow, "commands", FECHATTER_FIELD(actor, .key = true), FECHATTER_FIELD(command_id, .key = true),
                 FECHATTER_FIELD(fingerprint, .merge = Merge::fixed), FECHATTER_FIELD(rev, .merge = Merge::fixed), FECHATTER_FIELD(at, .merge = Merge::fixed),
                 FECHATTER_FIELD(answer, .max = 65536, .merge = Merge::fixed));
