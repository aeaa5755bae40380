// cache.db: what this device holds of the server's state, and the cursor that vouches for it, in one file. Disposable: a damaged one is
// set aside, and one with another schema too.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include "sdk/client/sync/cache_rows.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/protocol/coverage.hpp"
#include "sdk/store/columns.hpp"

namespace fechatter {

class Files;

/// What is known of one chat, in memory.
struct ChatState {
  ChatSyncRow sync;
  Coverage coverage;
  std::int64_t limited_rev = 0;                          ///< the last jump of applied_rev: older pages say nothing
  bool holding = false;                                  ///< a page is in flight: its events are kept aside as well
  std::vector<std::shared_ptr<const Event>> kept;
  bool overflow = false;                                 ///< too many: the page must be asked for again
};

/// The first column of a statement that is ready to run; those before a failure, which `failed` tells of.
std::vector<ChatId> ids_of(Result<Statement>, std::optional<Error>* failed);

class Cache {
 public:
  /// `set_aside` moves the file (with its log) out of the way, `remove` deletes both. Whether that worked shows when the next one is opened.
  struct Options {
    std::string path, vfs;
    std::function<void(const std::string& path)> set_aside, remove{};
  };
  static Result<std::unique_ptr<Cache>> open(Options);
  static constexpr std::int64_t kWal = 64 << 20;           ///< bytes of log; each quarter of it goes into the file, with three flushes

  Database& db() { return *db_; }
  SqliteRows& rows() { return *rows_; }
  /// Null: not held. Read from the file when it is first asked for; good until the chat is erased. A failed read fails the next write.
  ChatState* chat(ChatId);
  void set_chat(ChatId id, ChatState s) { chats_[id] = std::move(s); }
  void erase_chat(ChatId id) { chats_.erase(id); }
  /// Those that were asked for.
  std::map<ChatId, ChatState>& met_chats() { return chats_; }
  /// A list that could not be read to its end fails the next write as well.
  std::vector<ChatId> ids(std::string_view sql, std::optional<Error>* failed = nullptr);

  std::string meta(const std::string& name);
  Result<Done> set_meta(const std::string& name, const std::string& value);

  /// Everything is forgotten, and what comes next is `owner`'s (meta "owner"; empty: nobody's). A file that cannot be emptied is removed.
  /// Either way the cache is empty afterwards; an error says why it is only in memory.
  Result<Done> wipe(const std::string& owner);
  /// Sets the file aside and begins anew: after a failure that says `corrupt`. Where no file can be had (a full disk) the cache is in
  /// memory, and the error says why; then it tries for a file again, and keeps what it has in memory until there is one.
  Result<Done> rebuild(const std::string& owner);
  bool in_memory() const { return in_memory_; }

  /// Held messages of a chat with lo <= seq <= hi, ascending; at most `limit` (0: all), the newest ones. After a failed read the older ones
  /// are missing, `unread` says why, and the next write fails as well.
  std::vector<std::shared_ptr<const MessageRow>> messages(ChatId, std::int64_t lo, std::int64_t hi, std::size_t limit = 0,
                                                          std::optional<Error>* unread = nullptr);
  /// Rows and their words, of all messages with seq < `below`.
  Result<Done> drop_messages(ChatId, std::int64_t below = INT64_MAX);
  /// Between other things: a short piece of what keeps search fast, merging what the index has gathered. False: there was nothing to do.
  bool tidy();
  bool untidy() const { return db_->total_changes() - tidied_ > 5000; }
  /// The newest held message that shows something.
  std::shared_ptr<const MessageRow> newest(ChatId);
  std::int64_t count(std::string_view sql, ChatId, UserId, std::int64_t after);

 private:
  using TakeAway = std::function<void(const std::string& path)>;
  explicit Cache(Options);
  void use(std::unique_ptr<Database>);
  Result<std::unique_ptr<Database>> new_file(const std::string& owner);
  Result<Done> begin_anew(const TakeAway&, const std::string& owner);
  Result<Done> clear(const std::string& owner);

  Options options_;
  bool in_memory_ = false;
  std::int64_t tidied_ = 0;  // the connection's changes when there was nothing to do
  std::unique_ptr<Database> db_;
  std::unique_ptr<SqliteRows> rows_;
  std::map<ChatId, ChatState> chats_;
};

/// All rows of a statement that is ready to run; those before a failure, which `failed` tells of.
template <class Row> std::vector<std::shared_ptr<const Row>> rows_of(Result<Statement> s, std::optional<Error>* failed = nullptr) {
  std::vector<std::shared_ptr<const Row>> list;
  if (!s && failed) *failed = s.error();
  if (!s) return list;
  for (;;) {
    auto more = s->step();
    if (!more && failed) *failed = more.error();
    if (!more || !*more) break;
    list.push_back(std::static_pointer_cast<const Row>(read_row(*s, type_of<Row>)));
  }
  s->reset();
  return list;
}

}  // namespace fechatter
