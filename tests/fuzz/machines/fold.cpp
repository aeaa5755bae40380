// Commands of every kind by people of a town: in batches they do what they do one by one, alone touch no row that they did not name, and the
// log rebuilds the rows, applied once or twice.
#include "sdk/core/fold.hpp"
#include "sdk/core/members/members.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/fuzz/world/values.hpp"
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"

using namespace fechatter;

namespace {
using Commands = std::vector<Submission>;

template <class I> std::vector<AnyId> some(std::uint64_t first, std::uint64_t n) {
  std::vector<AnyId> list;
  for (std::uint64_t i = 0; i < n; ++i) list.push_back(id_cast<AnyId>(made_id<I>(first + i)));
  return list;
}
const fuzz::Names& names() {
  static const fuzz::Names all = [] {
    fuzz::Names n{
        some<UserId>(1000, Town::kUsers), some<ChatId>(100, 3), {id_cast<AnyId>(Town(1).workspace())}, some<MessageId>(500, 4), some<SessionId>(2000, 3)};
    n.users.push_back(AnyId{});
    n.chats.push_back(id_cast<AnyId>(direct_chat_id(Town(1).workspace(), {made_id<UserId>(1000), made_id<UserId>(1001)})));
    return n;
  }();
  return all;
}
std::vector<Outcome> run(MemoryRows& store, std::span<const Submission> commands, std::size_t batch) {
  std::vector<Outcome> out;
  for (std::size_t i = 0; i < commands.size(); i += batch) {
    const auto part = commands.subspan(i, std::min(batch, commands.size() - i));
    Fold fold(store);
    fold.load(part);
    for (const Submission& s : part) out.push_back(fold.execute(s));
    HOLDS(batch > 1 || fold.rows().late_loads() == 0);  // in a batch, what an earlier command made could not be loaded
    HOLDS(store.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  }
  return out;
}
// Everybody has signed up, two chats are there and something has been said.
Commands beginning() {
  Town town(1);
  Commands list = town.founding();
  const std::vector<UserId> people{town.user(1), town.user(2)};
  for (const auto kind : {ChatKind::public_channel, ChatKind::private_channel})
    list.push_back(town.submit(town.user(0),
                               CreateChat{made_id<ChatId>(100 + static_cast<int>(kind == ChatKind::private_channel)),
                                          town.workspace(),
                                          kind,
                                          "chat",
                                          {},
                                          kind == ChatKind::private_channel ? std::optional(History::since_join) : std::nullopt,
                                          people}));
  for (std::uint64_t i = 0; i < 2; ++i)
    list.push_back(town.submit(town.user(1), PostMessage{made_id<ChatId>(100 + i), made_id<MessageId>(500 + i), "text", {}, {}, {}, false}));
  return list;
}
const MemoryRows& founded() {
  static const MemoryRows store = [] {
    MemoryRows s;
    for (const Outcome& o : run(s, beginning(), 1)) HOLDS(!o.error);
    return s;
  }();
  return store;
}

const std::vector<const CommandEntry*>& entries() {
  static const std::vector<const CommandEntry*> all = [] {
    std::vector<const CommandEntry*> list;
    for (const Feature* f : features())
      for (const CommandEntry& c : f->commands) list.push_back(&c);
    return list;
  }();
  return all;
}
Submission command(fuzz::Input& in, std::uint64_t number) {
  Submission s;
  s.entry = entries()[in.below(entries().size())];
  s.context.actor = made_id<UserId>(1000 + in.below(Town::kUsers)), s.context.session = made_id<SessionId>(2000 + in.below(3));
  s.context.now = {1'700'000'100'000 + static_cast<std::int64_t>(number) * 7};
  s.context.keyed = in.coin(), s.context.command_id = made_id<CommandId>(in.below(8) == 0 ? 9000 + in.below(3) : 9100 + number);
  auto body = s.entry->make();
  fuzz::fill(*s.entry->type, body.get(), in, names());
  s.command = std::move(body);
  return s;
}
Commands commands(fuzz::Input& in) {
  Commands list;
  while (!in.empty() && list.size() < 16) {
    if (!list.empty() && in.below(10) == 0) list.push_back(list[in.below(list.size())]);  // a replay
    else list.push_back(command(in, list.size()));
  }
  return list;
}

std::string log_text(const MemoryRows& store) {
  std::string text;
  for (std::size_t i = founded().log.size(); i < store.log.size(); ++i) text += to_json(view_of(store.log[i])) + '\n';
  return text;
}
void check_batches(std::span<const Submission> list, std::size_t batch) {
  MemoryRows one = founded(), many = founded();
  const auto a = run(one, list, 1), b = run(many, list, batch);
  HOLDS(one.dump() == many.dump());
  HOLDS(log_text(one) == log_text(many));
  for (std::size_t i = 0; i < list.size(); ++i) {
    HOLDS(a[i].answer == b[i].answer && a[i].error.has_value() == b[i].error.has_value());
    if (a[i].error) HOLDS(a[i].error->code == b[i].error->code && a[i].error->message == b[i].error->message);
  }
}
// As a client that keeps everything.
void rebuild(MemoryRows& copy, const std::vector<LogEvent>& log, std::size_t from, int times) {
  for (std::size_t i = from; i < log.size(); ++i) {
    auto event = event_of(view_of(log[i]));
    HOLDS(event);
    event->pos = {log[i].pos};
    for (int n = 0; n < times; ++n) {
      WorkingSet set(copy, [](const Type&, const void*) { return true; });
      apply(set, *event);
      HOLDS(copy.commit({}, set.changes(), {}));
    }
  }
}
void check_log(std::span<const Submission> list, int times) {
  static const MemoryRows before = [] {
    MemoryRows copy;
    rebuild(copy, founded().unredacted, 0, 1);
    return copy;
  }();
  MemoryRows store = founded(), copy = before;
  (void)run(store, list, 1);
  std::int64_t pos = 0;
  for (const LogEvent& e : store.log) HOLDS(e.pos == ++pos);
  rebuild(copy, store.unredacted, founded().unredacted.size(), times);
  HOLDS(copy.dump(false) == store.dump(false));
}
}  // namespace

FUZZ_TARGET(fold) {
  fuzz::Input in(bytes);
  const std::uint8_t how = in.byte();
  const Commands list = commands(in);
  if (how & 1) check_batches(list, 2 + how / 2 % 15);
  else check_log(list, 1 + how / 2 % 2);
}
