// What any frames and pages do to a client's cache, be they true or not: every batch can be stored, what is in memory is what is in the
// file, revs go back only where a page takes the place of what is held, ranges stay ranges, and of a chat that was removed nothing is left.
#include "sdk/core/members/members.hpp"
#include "sdk/core/reads/reads.hpp"
#include "tests/fuzz/world/memory_cache.hpp"
#include "tests/fuzz/world/values.hpp"

using namespace fechatter;
using fuzz::numbered;

namespace {
const UserId kMe = numbered<UserId>(1);

const fuzz::Names& names() {
  static const fuzz::Names all = [] {
    fuzz::Names n;
    for (std::uint8_t i = 0; i < 3; ++i) {
      n.users.push_back(numbered<AnyId>(1 + i)), n.chats.push_back(numbered<AnyId>(11 + i)), n.messages.push_back(numbered<AnyId>(21 + i));
      n.spaces.push_back(numbered<AnyId>(31 + i)), n.sessions.push_back(numbered<AnyId>(41 + i));
    }
    n.users.push_back({});
    return n;
  }();
  return all;
}
ChatId chat(fuzz::Input& in) { return id_cast<ChatId>(names().chats[in.below(3)]); }
WorkspaceId space(fuzz::Input& in) { return id_cast<WorkspaceId>(names().spaces[in.below(3)]); }

std::vector<const EventEntry*> event_types() {
  std::vector<const EventEntry*> list;
  for (const Feature* f : features())
    for (const EventEntry& e : f->events) list.push_back(&e);
  return list;
}
// An event of the catalog, of a type that nobody knows, or with a payload that does not fit.
EventView event(fuzz::Input& in) {
  static const auto types = event_types();
  const EventEntry& entry = *types[in.below(types.size())];
  const auto body = entry.type->make();
  fuzz::fill(*entry.type, body.get(), in, names());
  const auto& ids = entry.stream == StreamKind::chat ? names().chats : entry.stream == StreamKind::workspace ? names().spaces : names().users;
  EventView v{stream_text({entry.stream, ids[in.below(3)]}), in.number() & 0xfffff, {}, std::string(entry.type->name), {1}, kMe, {}};
  const std::uint8_t odd = in.byte();
  if (odd < 128) v.seq = odd;
  if (odd == 255) v.type = "from_the_future";
  if (odd == 254) v.stream = "chat:nobody";
  write_json(*entry.type, body.get(), v.payload.text);
  if (odd == 253) v.payload.text = "[]";
  return v;
}
EventPage events(fuzz::Input& in) {
  EventPage page;
  for (std::size_t n = in.below(4); n-- > 0;) page.items.push_back(event(in));
  page.head_rev = in.number() & 0xfffff;
  return page;
}

// A page that answers a request replaces what is held: what came since is kept, and applied to it again.
void take_page(fuzz::Input& in, Cache& cache, Batch& b, bool& replaced) {
  const ChatId id = chat(in);
  const ChatState* s = cache.chat(id);
  replaced |= s && s->holding;
  auto page = fuzz::filled<MessagePage>(in, names());
  for (MessageView& m : page.items) m.chat_id = id;  // another is turned away before
  const std::int64_t asked_rev = in.byte();
  (void)b.page(id, page, asked_rev, in.coin() ? std::optional<std::int64_t>(in.byte()) : std::nullopt);
}
// A page of a member list, and it may be the last.
void take_members(fuzz::Input& in, Batch& b) {
  const WorkspaceId id = space(in);
  const auto member = fuzz::filled<WorkspaceMemberView>(in, names());
  b.members(id, {member});
  if (const std::int64_t as_of_rev = in.byte(); as_of_rev > 0) b.all_members(id, {as_of_rev, {member.user_id}});
}
void act(fuzz::Input& in, Cache& cache, Batch& b, bool& replaced) {
  switch (in.below(17)) {
    case 0: return b.events(chat(in), events(in), in.byte(), in.coin());
    case 1: return b.summary(fuzz::filled<ChatView>(in, names()), in.coin());
    case 2: return b.created(fuzz::filled<ChatView>(in, names()));
    case 3: return b.nudge(fuzz::filled<NudgeFrame>(in, names()));
    case 4: return b.remove_chat(chat(in));
    case 5: return b.workspace(fuzz::filled<WorkspaceView>(in, names()));
    case 6: return b.doubt(space(in));
    case 7: return b.leave_workspace(space(in));
    case 8: return take_members(in, b);
    case 9: return b.user(fuzz::filled<UserView>(in, names()));
    case 10: return b.acknowledged(fuzz::filled<MessageView>(in, names()));
    case 11: return b.read(chat(in), in.byte());
    case 12: return take_page(in, cache, b, replaced);
    case 13: return b.drop_history(chat(in));
    case 14: return b.counted(fuzz::filled<ChatView>(in, names()));
    case 15: return b.doubt(chat(in));
    default: return b.event(event(in));
  }
}

struct Heads {
  std::map<ChatId, std::int64_t> applied;
  std::map<MessageId, std::shared_ptr<const MessageRow>> rows;
};
Heads heads(Cache& cache) {
  Heads h;
  for (const AnyId& id : names().chats) {
    if (const ChatState* s = cache.chat(id_cast<ChatId>(id))) h.applied[id_cast<ChatId>(id)] = s->sync.applied_rev;
  }
  for (const AnyId& id : names().messages)
    if (const auto row = cache.rows().get<MessageRow>(id)) h.rows[row->id] = row;
  return h;
}
void check_chat(Cache& cache, ChatId id, const ChatState& s) {
  const auto row = cache.rows().get<ChatSyncRow>(id);
  HOLDS(row && to_json(*row) == to_json(s.sync));
  HOLDS(s.sync.known_rev >= 0);
  std::vector<HeldRange> held;
  auto found = cache.db().statement("select * from coverage where chat_id=?1 order by lo");
  HOLDS(found);
  found->bind(1, id);
  for (const auto& r : rows_of<CoverageRow>(std::move(found))) held.push_back({r->lo, r->hi, r->stale_rev});
  HOLDS(held == s.coverage.ranges());
  for (std::size_t i = 0; i < held.size(); ++i) {
    HOLDS(held[i].lo <= held[i].hi);
    if (i > 0) HOLDS(held[i - 1].hi < held[i].lo);
  }
}
void check_absent(Cache& cache, ChatId id) {
  for (const char* table : {"messages", "mentions", "members", "read_marks", "coverage"}) {
    const std::int64_t rows = cache.count("select count(*) from " + std::string(table) + " where chat_id=?1 and ?2 is not null and ?3=0", id, kMe, 0);
    HOLDS(rows == 0);
  }
}
// Left, and joined again: what was there before is hidden, and dropped.
bool hidden(Cache& cache, const MessageRow& row) {
  const ChatState* s = cache.chat(row.chat_id);
  return s && row.seq < s->sync.visible_from;
}
// `one`: the batch did one thing, so that no row went and came back.
void check(Cache& cache, const Heads& before, const Batch& b, bool one, bool replaced) {
  const Heads now = heads(cache);
  for (const AnyId& any : names().chats) {
    const auto id = id_cast<ChatId>(any);
    if (const ChatState* s = cache.chat(id)) check_chat(cache, id, *s);
    else if (one && b.removed.contains(id)) check_absent(cache, id);
    if (const auto was = before.applied.find(id); was != before.applied.end() && one && !b.removed.contains(id)) HOLDS(now.applied.at(id) >= was->second);
  }
  for (const auto& [id, row] : now.rows) {
    const auto was = before.rows.find(id);
    if (was != before.rows.end() && one && !replaced && b.removed.empty() && !hidden(cache, *was->second)) HOLDS(row->rev >= was->second->rev);
  }
  for (const ChatId& id : b.gaps) HOLDS(cache.chat(id));
  for (const auto& [id, rev] : b.unknown) HOLDS(!cache.chat(id));
}
}  // namespace

FUZZ_TARGET(cache) {
  Cache& cache = fuzz::memory_cache();
  fuzz::Input in(bytes);
  for (int n = 0; n < 10 && !in.empty(); ++n) {
    const Heads before = heads(cache);
    const std::uint8_t how = in.byte();
    Batch batch(cache, kMe);
    bool replaced = false;
    for (int i = how % 4; i >= 0; --i) act(in, cache, batch, replaced);
    if (how >= 240) continue;  // rolled back
    HOLDS(batch.commit());
    check(cache, before, batch, how % 4 == 0, replaced);
    if (how & 128) cache.met_chats().clear();  // a restart
    if (how & 64)
      if (ChatState* s = cache.chat(chat(in))) s->holding = true;
  }
}
