// core.db: what this device must not lose. Every method is one durable write, or reads, mostly the copy in memory; any thread. What could
// not be read is an error, never taken for absent.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>
#include "sdk/client/outbox/rewrites.hpp"
#include "sdk/store/columns.hpp"

namespace fechatter {

class Local {
 public:
  /// corrupt: damaged, or of a newer version; the file is left as it is.
  static Result<std::unique_ptr<Local>> open(const std::string& path, const std::string& vfs);

  std::optional<AccountRow> account() const;
  Result<Done> save(const AccountRow&);

  // --- the outbox
  /// Appends; `ord` is given here. A read mark folds into one that has not left yet.
  Result<OutboxRow> enqueue(OutboxRow);
  /// Of the present account, in order.
  std::vector<OutboxRow> entries() const;
  std::optional<OutboxRow> entry(std::int64_t ord) const;
  /// The queued post of that message.
  std::optional<OutboxRow> post_of(MessageId) const;
  /// Before the first byte leaves. Null: it is gone, or settled.
  Result<std::optional<OutboxRow>> attempt(std::int64_t ord);
  /// Of a post that was deleted meanwhile nothing is left: there is nothing to decide.
  Result<Done> fail(std::int64_t ord, const std::string& error);
  Result<Done> erase(std::int64_t ord);
  /// From what is queued to what shall be, in one durable step that nothing comes between. Answers what was decided.
  using Decide = std::function<std::optional<Rewrite>(const Queue&)>;
  Result<std::optional<Rewrite>> rewrite(const Decide&);

  // --- the rest
  Result<Done> set_draft(ChatId, const std::string& body);
  Result<std::string> draft(ChatId) const;
  Result<Done> set(const std::string& name, const std::string& value);
  Result<std::string> setting(const std::string& name) const;
  /// The chats C whose setting PREFIX + C has this value.
  Result<std::set<ChatId>> chats_with_setting(const std::string& prefix, const std::string& value) const;
  /// The feed of that name; a new one begins at `now`.
  Result<FeedRow> feed(const std::string& name, Time now);
  Result<Done> save(const FeedRow&);
  Result<std::map<ChatId, std::int64_t>> floors(const std::string& feed) const;
  Result<Done> drop_floors();                                  ///< of all feeds: the history that they speak of has ended
  Result<Done> set_floors(const std::string& feed, const std::map<ChatId, std::int64_t>&);

 private:
  explicit Local(std::unique_ptr<Database> db) : db_(std::move(db)), rows_(*db_) {}
  Result<Done> load();
  Result<Done> write(const OutboxRow&);
  Result<Done> apply(const Rewrite&);
  template <class Row, class Key> Result<std::shared_ptr<const Row>> read(const Key&) const;
  OutboxRow* find_post(MessageId);
  Queue queue() const;

  mutable std::mutex mutex_;
  std::unique_ptr<Database> db_;
  mutable SqliteRows rows_;
  std::optional<AccountRow> account_;
  std::map<std::int64_t, OutboxRow> outbox_;
  std::int64_t last_ord_ = 0;
};

}  // namespace fechatter
