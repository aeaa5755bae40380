#include "tests/bench/history.hpp"
#include <algorithm>
#include "sdk/client/sync/cache.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/runtime/id_source.hpp"
#include "sdk/runtime/system.hpp"
#include "tests/bench/bench.hpp"

namespace bench {
using namespace fechatter;

Ranks::Ranks(std::size_t n) {
  double sum = 0;
  for (std::size_t i = 1; i <= n; ++i) sums_.push_back(sum += 1.0 / static_cast<double>(i));
}
std::size_t Ranks::draw(Random& random) const {
  const double at = sums_.back() * static_cast<double>(random.below(1u << 30)) / (1u << 30);
  return std::min<std::size_t>(static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin()), sums_.size() - 1);
}

// Syllables: the common ones are short.
std::string Speech::word(std::size_t rank) {
  static constexpr const char* syllables[] = {"ta", "re", "no", "mi", "lo", "ka", "ser", "di", "ven", "pu", "gal", "to", "ri", "bes", "ne", "wo"};
  std::string text;
  for (std::size_t n = rank + 16; n > 0; n /= 16) text += syllables[n % 16];
  return text;
}
std::string Speech::character(std::size_t rank) {
  std::string text;
  text::append(text, static_cast<char32_t>(0x4E00 + rank * 7));
  return text;
}
std::string Speech::words(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += (i ? " " : "") + any_word();
  return text;
}
std::string Speech::characters(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += character(characters_.draw(random_));
  return text;
}
std::string Speech::message() {
  const std::size_t n = 1 + below(8) + (once_in(4) ? below(25) : 0);
  std::string text = once_in(7) ? characters(2 * n) : words(n);
  if (once_in(30)) text += " https://example.org/" + any_word();
  return text;
}

namespace {
class Writer {
 public:
  Writer(const std::string& path, UserId self) : self_(self) {
    auto opened = Cache::open({path, {}, [](const std::string&) {}});
    if (!opened) give_up(opened.error().message);
    cache_ = std::move(*opened);
    for (int i = 0; i < kHeldPeople; ++i) people_.push_back(ids_.next<UserId>());
  }

  void run() {
    begin();
    for (std::size_t i = 0; i < people_.size(); ++i) set(UserRow{people_[i], "Person " + std::to_string(i), UserState::active, {kHistoryStart}, 1});
    for (int c = 0; c < kHeldChats; ++c) chat(c);
    commit();
    while (cache_->tidy()) {  // what a client does once nothing is to be fetched any more
    }
  }

 private:
  void begin() {
    auto started = Transaction::begin(cache_->db());
    if (!started) give_up(started.error().message);
    transaction_.emplace(std::move(*started));
  }
  void commit() {
    write();
    if (auto done = transaction_->commit(); !done) give_up(done.error().message);
    transaction_.reset();
    cache_->db().maintain();
  }
  template <class Row> void set(const Row& row) {
    if (auto done = cache_->rows().set(row); !done) give_up(done.error().message);
  }
  void write() {
    RowChanges changes;
    changes[&type_of<MessageRow>] = std::exchange(page_, {});
    if (auto done = cache_->rows().upsert(changes, 0); !done) give_up(done.error().message);
  }

  // All have 60, and a share of the rest that falls as by Zipf's law.
  void chat(int c) {
    const std::int64_t size = c + 1 < kHeldChats ? 60 + 58192 / (c + 10) : kHeldMessages - written_;
    ChatRow chat{ids_.next<ChatId>(), workspace_, ChatKind::public_channel, "channel-" + std::to_string(c), "what it is about"};
    chat.member_count = 12, chat.head_seq = size, chat.head_rev = size + 1;
    chat.last_at = {kHistoryStart + kHistorySpan - static_cast<std::int64_t>(speech_.below(1u << 30))};
    chat.created_by = people_[0], chat.created_at = {kHistoryStart};
    for (std::int64_t hi = size; hi > 0; hi -= 200) page(chat, std::max<std::int64_t>(hi - 199, 1), hi);
    set(chat), set(ChatSyncRow{chat.id, size + 1, size + 1, size}), set(CoverageRow{chat.id, 1, size, 0});
    set(ReadMarkRow{self_, chat.id, speech_.once_in(20) ? size / 2 : size, {}});
  }
  void page(const ChatRow& chat, std::int64_t lo, std::int64_t hi) {
    for (std::int64_t seq = lo; seq <= hi; ++seq) {
      page_.push_back(message(chat, seq));
      ++written_;
    }
    if (page_.size() >= 200) commit(), begin();
  }
  std::shared_ptr<MessageRow> message(const ChatRow& chat, std::int64_t seq) {
    auto m = std::make_shared<MessageRow>();
    m->id = ids_.next<MessageId>(), m->chat_id = chat.id, m->seq = seq, m->rev = m->posted_rev = seq + 1;
    m->author_id = people_[speech_.below(people_.size())], m->body = speech_.message();
    m->created_at = {kHistoryStart + (chat.last_at.ms - kHistoryStart) / chat.head_seq * seq};
    if (speech_.once_in(25)) m->reply_to = ids_.next<MessageId>();
    if (speech_.once_in(50)) m->edited_at = m->created_at;
    if (speech_.once_in(20)) m->reactions.push_back({"👍", 1, {}});
    if (speech_.once_in(30)) m->mentions.push_back(people_[speech_.below(people_.size())]);
    return m;
  }

  SystemClock clock_;
  sim::SeededRandom chance_{1};
  IdSource ids_{clock_, chance_};
  Speech speech_{1};
  UserId self_;
  WorkspaceId workspace_ = ids_.next<WorkspaceId>();
  std::vector<UserId> people_;
  std::unique_ptr<Cache> cache_;
  std::optional<Transaction> transaction_;
  std::vector<std::shared_ptr<const void>> page_;
  std::int64_t written_ = 0;
};
}  // namespace

void write_history(const std::string& path, UserId self) { Writer(path, self).run(); }

}  // namespace bench
