// What search on a device finds, beside a look at every held row.
#include <catch2/catch.hpp>
#include <set>
#include "sdk/client/client_impl.hpp"
#include "sdk/client/search/held_index.hpp"
#include "sdk/core/text/query.hpp"
#include "tests/support/town.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
constexpr std::int64_t kDay = 86'400'000, kFirstDay = 1'700'006'400'000;  // 2023-11-15
constexpr std::int64_t kRead = 60;

struct Held {
  FakeWorld w;
  std::vector<ChatId> chats{made_id<ChatId>(501), made_id<ChatId>(502)};
  std::vector<UserId> people{made_id<UserId>(601), made_id<UserId>(602)};
  FakeRandom random;
  std::map<MessageId, MessageRow> rows;

  Held() {
    w.start();
    set(UserRow{people[0], "Ann", UserState::active, {}, 1}), set(UserRow{people[1], "Jane Doe", UserState::active, {}, 1});
    for (std::size_t i = 0; i < chats.size(); ++i) {
      ChatRow c;
      c.id = chats[i], c.workspace_id = w.space, c.kind = ChatKind::group, c.name = i ? "lounge" : "Kitchen";
      set(c), set(ChatSyncRow{c.id});
    }
    set(ReadMarkRow{w.me, chats[0], kRead, {}});  // none for the other
  }
  ClientCore& core() { return *w.client->impl().core; }
  Cache& cache() { return *core().desk()->cache; }
  template <class Row> void set(const Row& row) {
    core().with([&] { REQUIRE(cache().rows().set(row)); });
  }
  std::uint64_t lot(std::uint64_t n) { return random.below(n); }
  std::string words() {
    static const char* list[] = {"apple", "Pear", "fig", "世界", "世", "plum https://example.org", "apple pie"};
    std::string text;
    for (std::uint64_t n = 1 + lot(4); n > 0; --n) text += std::string(text.empty() ? "" : " ") + list[lot(7)];
    return text;
  }
  void write(MessageRow m) {
    m.rev++, m.body = words();
    m.reactions = lot(3) == 0 ? std::vector<ReactionCount>{{"👍", 1, {}}} : std::vector<ReactionCount>{};
    m.mentions = lot(4) == 0 ? std::vector<UserId>{people[0]} : std::vector<UserId>{};
    if (lot(6) == 0) m.deleted = true, m.body.clear();
    set(m), rows[m.id] = m;
  }
  void post(std::uint64_t n) {
    MessageRow m;
    m.id = made_id<MessageId>(1000 + n), m.chat_id = chats[lot(2)], m.seq = static_cast<std::int64_t>(n) + 1, m.author_id = people[lot(2)];
    m.created_at = {kFirstDay + static_cast<std::int64_t>(lot(20)) * kDay / 4 + static_cast<std::int64_t>(lot(3)) * 400};
    if (lot(3) == 0) m.reply_to = made_id<MessageId>(1);
    if (lot(3) == 0) m.edited_at = m.created_at;
    write(m);
  }
  void change() { write(std::next(rows.begin(), static_cast<std::ptrdiff_t>(lot(rows.size())))->second); }
};

// The same question, asked of every row.
std::multiset<std::string> looked_up(const Held& h, const std::string& text) {
  auto q = text::parse_query(text);
  REQUIRE(q);
  const auto named = [](const std::vector<text::Name>& names, const std::string& name) {
    bool any = false, wanted = false;
    for (const text::Name& n : names) {
      if (n.negated && n.text == name) return false;
      any |= !n.negated, wanted |= !n.negated && n.text == name;
    }
    return wanted || !any;
  };
  std::multiset<std::string> found;
  for (const auto& [id, m] : h.rows) {
    text::Traits t;
    t.link = text::has_link(m.body), t.reaction = !m.reactions.empty(), t.mention = !m.mentions.empty(), t.unread = m.chat_id != h.chats[0] || m.seq > kRead;
    t.reply = t.thread = m.reply_to.has_value(), t.edited = m.edited_at.has_value();
    const bool there = named(q->from, m.author_id == h.people[0] ? "ann" : "jane doe") && named(q->in, m.chat_id == h.chats[0] ? "kitchen" : "lounge");
    if (!m.deleted && there && text::matches(*q, m.body, m.created_at, t)) found.insert(std::to_string(m.created_at.ms) + id.str());
  }
  return found;
}
const char* const kQuestions[] = {"apple",
                                  "apple pear",
                                  "\"apple pie\"",
                                  "世界",
                                  "世",
                                  "app*",
                                  "apple -fig",
                                  "-fig",
                                  "from:ann",
                                  "from:\"jane doe\" fig",
                                  "-from:ann plum",
                                  "from:ann from:\"jane doe\" in:kitchen",
                                  "in:lounge 世界",
                                  "-in:lounge",
                                  "has:link",
                                  "has:reaction apple",
                                  "-has:reaction apple",
                                  "has:mention",
                                  "has:reply is:edited",
                                  "is:thread -is:edited fig",
                                  "is:unread pear",
                                  "-is:unread fig",
                                  "is:unread -is:unread",
                                  "apple -apple",
                                  "\"apple pie\" -apple",
                                  "app* -apple",
                                  "before:2023-11-17",
                                  "after:2023-11-16 apple",
                                  "on:2023-11-18",
                                  "from:nobody",
                                  "in:kitchen after:2023-11-15 before:2023-11-19 from:ann apple -世 -has:link"};
void compare(Held& h) {
  for (const std::string question : kQuestions) {
    INFO(question);
    const auto hits = h.w.client->search_local(question, 1000);
    REQUIRE(hits);
    std::multiset<std::string> found;
    for (const SearchHit& hit : *hits) found.insert(std::to_string(hit.message.created_at.ms) + hit.message.id.str());
    REQUIRE(found == looked_up(h, question));
    REQUIRE(std::is_sorted(hits->begin(), hits->end(), [](const auto& a, const auto& b) { return a.message.created_at > b.message.created_at; }));
    const auto few = h.w.client->search_local(question, 3);
    REQUIRE(few->size() == std::min<std::size_t>(hits->size(), 3));
    for (std::size_t i = 0; i < few->size(); ++i) REQUIRE((*few)[i].message.created_at == (*hits)[i].message.created_at);
  }
}
}  // namespace

TEST_CASE("search on the device finds what a look at every row finds, newest first") {
  Held h;
  for (std::uint64_t n = 0; n < 120; ++n) h.post(n);
  compare(h);
  for (int n = 0; n < 60; ++n) h.change();
  compare(h);
  h.w.client->drop_history(h.chats[0]);
  std::erase_if(h.rows, [&](const auto& r) { return r.second.chat_id == h.chats[0]; });
  compare(h);
}

TEST_CASE("what leaves the device leaves its index, which has no copy of the texts to know it by") {
  Held h;
  for (std::uint64_t n = 0; n < 40; ++n) h.post(n);
  for (int n = 0; n < 20; ++n) h.change();
  for (const ChatId& id : h.chats) h.w.client->drop_history(id);
  auto s = h.cache().db().statement("select count(*) from messages_text where messages_text match ?1");
  const std::string all = '"' + everything_mark() + "\" OR apple OR pear OR fig OR \"世\" OR plum";
  REQUIRE(*s->bind(1, std::string_view(all)).step());
  CHECK(s->integer(0) == 0);
  s->reset();
}

TEST_CASE("what the index has gathered is merged piece by piece, and finds the same") {
  Held h;
  for (std::uint64_t n = 0; n < 3; ++n) h.post(n);
  const auto segments = [&] {
    auto s = h.cache().db().statement("select count(distinct segid) from messages_text_idx");
    REQUIRE(*s->step());
    const auto n = s->integer(0);
    s->reset();
    return n;
  };
  REQUIRE(segments() > 1);
  int pieces = 0;
  while (h.cache().tidy()) REQUIRE(++pieces < 100);
  CHECK(pieces > 0);
  CHECK(segments() == 1);
  compare(h);
}

TEST_CASE("a place is the lower the newer a message is, and leads to the row") {
  CHECK(search_place({2000}, 7) < search_place({1999}, 6));
  CHECK((search_place({1'700'000'000'000}, 123456) & kRows) == 123456);
  CHECK(last_place({2000}) >= search_place({2000}, kRows));
  CHECK(last_place({2000}) < search_place({1999}, 0));
  CHECK(last_place({-5}) > last_place({1000}));
  CHECK(last_place({INT64_MAX}) >= 0);
}

TEST_CASE("the words of a message are those of this version: whoever changes them raises kWordsVersion") {
  MessageRow m;
  m.id = made_id<MessageId>(1), m.chat_id = made_id<ChatId>(2), m.author_id = made_id<UserId>(3);
  m.body = "\u0401\u043B\u043A\u0430 caf\u00E9 \uFF21\uFF22 \u4E16\u754C \U0001F44D\U0001F3FD It's_OK https://a.example";
  m.reactions = {{"+", 1, {}}}, m.mentions = {m.author_id}, m.reply_to = m.id, m.edited_at = Time{1};
  CHECK(kWordsVersion == 0);
  CHECK(search_text(m) ==
        "\u0435\u043B\u043A\u0430 cafe ab \u4E16 \u754C \U0001F44D it s ok https a example "
        "\u00ac \u00aca00000003 \u00acc00000002 \u00acl \u00acr \u00acm \u00acp \u00ace");
}
