// The property that sync stands on, on the real cache and the real store: a snapshot at t0 and the events since then give the snapshot at
// t1, whatever happens in between, for everybody.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include "sdk/client/sync/batch.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/service/live/meaning.hpp"
#include "sdk/service/reads/reads.hpp"
#include "sdk/store/server_store.hpp"
#include "tests/support/town.hpp"

using namespace fechatter;

namespace {
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("fechatter-snapshot-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  static inline int next = 0;
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

// One person's cache, filled by the server's reading calls and by events.
class Device {
 public:
  Device(ServerStore& store, const std::string& file, UserId self) : store_(store), self_(self) {
    auto cache = Cache::open({file, {}, [](const std::string&) {}});
    REQUIRE(cache);
    cache_ = std::move(*cache);
  }
  Cache& cache() { return *cache_; }
  ChatState* chat(ChatId id) { return cache_->chat(id); }

  /// From nothing: rounds, history, people.
  void load() {
    SyncPage page;
    do {
      SyncParams p;
      if (!page.cursor.empty()) p.cursor = page.cursor;
      page = read<SyncPage>("sync", p);
      Batch batch(*cache_, self_);
      for (const WorkspaceView& w : page.workspaces) batch.workspace(w);
      batch.user({page.user.id, page.user.name, page.user.created_at, 1});
      for (const Json& json : page.chats) {
        ChatView view;
        REQUIRE_FALSE(read_json(json.text, view, Reading::tolerant));
        batch.summary(view, true);
      }
      commit(batch);
    } while (page.more);
    fetch();
  }
  /// What the hub would send of the log.
  void hear(const std::vector<LogEvent>& log) {
    Batch batch(*cache_, self_);
    auto db = store_.snapshot();
    WorkingSet rows(*db);
    for (const LogEvent& e : log) {
      EventView view = view_of(e);
      if (e.stream.kind == StreamKind::user && id_cast<UserId>(e.stream.id) != self_) continue;
      if (e.stream.kind == StreamKind::workspace) {
        const auto* m = rows.find<WorkspaceMemberRow>(id_cast<WorkspaceId>(e.stream.id), self_);
        if (!m || (m->state != MemberState::active && m->rev < e.rev)) continue;
      }
      if (e.stream.kind == StreamKind::chat) {
        const auto* m = rows.find<MemberRow>(id_cast<ChatId>(e.stream.id), self_);
        if (!m || (m->state != MemberState::active && m->rev < e.rev)) continue;
        std::int64_t seq = 0;
        (void)meaning_of(e, seq);
        if (seq > 0 && seq < m->visible_from) view.payload.text = "{}";
      }
      batch.event(view);
    }
    commit(batch);
    fetch();
  }

 private:
  template <class T, class P> std::optional<T> ask(std::string_view call, const P& params) {
    auto db = store_.snapshot();
    ReadContext x{*db, self_, {}, {}, store_.epoch(), {200, {}}};
    const auto answer = find_read(call)(x, &params);
    if (!answer) return std::nullopt;
    T value;
    REQUIRE_FALSE(read_json(*answer, value, Reading::tolerant));
    return value;
  }
  template <class T, class P> T read(std::string_view call, const P& params) {
    auto value = ask<T>(call, params);
    REQUIRE(value);
    return std::move(*value);
  }
  void commit(Batch& batch) {
    REQUIRE(batch.commit());
    unknown_.insert(batch.unknown.begin(), batch.unknown.end());
    gaps_.insert(batch.gaps.begin(), batch.gaps.end());
    spaces_.insert(batch.stale_members.begin(), batch.stale_members.end());
    for (const ChatId& id : batch.changed)
      if (chat(id)) open_.insert(id);
  }
  void fetch() {
    for (const auto& [id, rev] : std::exchange(unknown_, {})) {
      if (chat(id)) continue;
      const auto view = ask<ChatView>("get_chat", ChatParams{id});
      if (!view || !view->role) continue;  // not a member any more
      Batch batch(*cache_, self_);
      batch.summary(*view, true);
      commit(batch);
    }
    for (const ChatId& id : std::exchange(gaps_, {})) {
      const ChatState* s = chat(id);
      if (!s || s->sync.known_rev <= s->sync.applied_rev) continue;
      const std::int64_t asked = s->sync.applied_rev;
      Batch batch(*cache_, self_);
      batch.events(id, read<EventPage>("list_events", EventParams{id, asked, 200}), asked, true);
      commit(batch);
    }
    for (const WorkspaceId& id : std::exchange(spaces_, {})) {
      if (!cache_->rows().get<WorkspaceRow>(id)) {
        const auto view = ask<WorkspaceView>("get_workspace", WorkspaceParams{id});
        if (!view) continue;  // left again
        Batch batch(*cache_, self_);
        batch.workspace(*view);
        commit(batch);
      }
      const auto row = cache_->rows().get<WorkspaceRow>(id);
      Batch batch(*cache_, self_);
      const auto list = read<WorkspaceMemberList>("list_workspace_members", WorkspaceParams{id}).items;
      MemberRound round{row->head_rev, {}};
      for (const auto& m : list) round.named.insert(m.user_id);
      batch.members(id, list), batch.all_members(id, round);
      commit(batch);
    }
    for (const ChatId& id : std::exchange(open_, {})) {
      const ChatState* s = chat(id);
      if (!s || s->sync.known_seq < s->sync.visible_from || !s->coverage.hole(s->sync.visible_from, s->sync.known_seq)) continue;
      const std::int64_t asked = s->sync.applied_rev;
      Batch batch(*cache_, self_);
      PageParams p{id};
      p.after = 0, p.limit = 1000;
      REQUIRE(batch.page(id, read<MessagePage>("list_messages", p), asked));
      REQUIRE(batch.commit());
    }
  }

  ServerStore& store_;
  UserId self_;
  std::unique_ptr<Cache> cache_;
  std::map<ChatId, std::int64_t> unknown_;
  std::set<ChatId> gaps_, open_;
  std::set<WorkspaceId> spaces_;
};

// Everything that a person can see of a cache, a row a line.
std::string shown(Cache& cache) {
  struct Part {
    std::vector<std::string> columns;
    const char* rest;
  };
  const Part parts[] = {
      // That of a direct chat the server puts together when a device asks. Of two a device shows what the other is called, see peer_id.
      {{"id", "workspace_id", "kind", "iif(kind = 0, null, name)", "topic", "archived", "history", "member_count", "head_seq", "head_rev", "last_at",
        "created_by", "created_at"},
       "chats order by id"},
      {{"id", "chat_id", "seq", "rev", "author_id", "body", "reply_to", "mentions", "mentions_everyone", "reactions", "created_at", "edited_at", "deleted"},
       "messages order by chat_id, seq"},
      {{"r.message_id", "r.emoji"}, "reactions r join messages m on m.id = r.message_id where r.\"on\" and not m.deleted order by r.message_id, r.emoji"},
      {{"user_id", "chat_id", "read_seq"}, "read_marks where read_seq > 0 order by user_id, chat_id"},
      {{"id", "name", "member_count"}, "workspaces order by id"},
      {{"w.workspace_id", "w.user_id", "w.role", "u.name"},
       "workspace_members w join users u on u.id = w.user_id where w.state = 0 order by w.workspace_id, w.user_id"},
      {{"chat_id", "applied_rev", "visible_from", "peer_id"}, "chat_sync order by chat_id"},
      {{"chat_id", "lo", "hi", "stale_rev"}, "coverage order by chat_id, lo"},
  };
  std::string text;
  for (const Part& part : parts) {
    std::string sql = "select '" + std::string(part.rest).substr(0, std::string(part.rest).find(' ')) + "'";
    for (const std::string& c : part.columns) sql += " || ' " + c + " ' || quote(" + c + ")";
    auto s = cache.db().statement(sql + " from " + part.rest);
    if (!s) FAIL(s.error().message);
    for (auto more = s->step(); more && *more; more = s->step()) text += std::string(s->text(0)) + '\n';
    s->reset();
  }
  return text;
}
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  for (std::string l, r; std::getline(left, l) && std::getline(right, r);)
    if (l != r) return l + "\n!=\n" + r;
  return a.size() == b.size() ? "" : "one has more rows";
}
}  // namespace

TEST_CASE("snapshot(t0) and the events since equal snapshot(t1), for every event type and everybody") {
  std::set<std::string> heard;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Folder folder;
    auto opened = ServerStore::open({folder.file("server.db"), {}, made_id<AnyId>(1), {}});
    REQUIRE(opened);
    ServerStore& store = **opened;
    Town town(seed);
    const auto submit = [&](const Submission& s) {
      const std::int64_t before = store.head();
      Fold fold(store);
      fold.load(std::span(&s, 1));
      (void)fold.execute(s);
      REQUIRE(store.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
      return *log_after(*store.snapshot(), before, 1000);
    };
    for (const Submission& s : town.founding()) submit(s);
    std::vector<std::unique_ptr<Device>> devices;
    for (std::size_t i = 0; i < Town::kUsers; ++i) {
      devices.push_back(std::make_unique<Device>(store, folder.file("device" + std::to_string(i)), town.user(i)));
      devices.back()->load();
    }
    for (int n = 1; n <= 1000; ++n) {
      auto log = submit(town.next());
      const auto left = store.snapshot()->rows<MemberRow>("left_memberships", {value(std::int64_t{100})});  // as the service follows up
      REQUIRE(left);
      for (const auto& m : *left)
        for (LogEvent& e : submit(town.submit(m->user_id, ForgetMember{m->chat_id, m->user_id}))) log.push_back(std::move(e));
      for (const LogEvent& e : log) heard.insert(std::to_string(static_cast<int>(e.stream.kind)) + e.type);
      for (const auto& d : devices) d->hear(log);
      if (n % 100 != 0) continue;
      for (std::size_t i = 0; i < Town::kUsers; ++i) {
        Device fresh(store, folder.file("fresh" + std::to_string(n) + "-" + std::to_string(i)), town.user(i));
        fresh.load();
        INFO("seed " << seed << ", after " << n << " commands, user " << i);
        REQUIRE(difference(shown(devices[i]->cache()), shown(fresh.cache())) == "");
      }
    }
  }
  for (const Feature* f : features())
    for (const EventEntry& e : f->events)
      if (e.type->name != "session_revoked" && e.type->name != "user_created") {  // of a session's end a cache keeps nothing; the other precedes any
        INFO("stream kind " << static_cast<int>(e.stream) << ", " << e.type->name);
        REQUIRE(heard.count(std::to_string(static_cast<int>(e.stream)) + std::string(e.type->name)));
      }
}
