// What only ever moves forward: the times of a chat, read marks; and ids that only derivation may make.
#include "sdk/core/reads/reads.hpp"
#include "tests/unit/core/desk.hpp"

using namespace fechatter;
using namespace fechatter::core_test;

TEST_CASE("the times of a chat never decrease, whatever the clock does") {
  Desk d;
  const ChatId chat = d.chat(0, ChatKind::group, {d.user(1)});
  Time before{};
  for (const std::int64_t skew : {0, 60'000, -3'600'000, 5, -7'200'000}) {
    const auto id = made_id<MessageId>(static_cast<std::uint64_t>(9'000'000 + skew));
    Submission s = d.town.submit(d.user(0), PostMessage{chat, id, "m", {}, Time{1}, {}, false});
    s.context.now.ms += skew;
    REQUIRE_FALSE(d.send(s).error);
    const Time at = d.row<MessageRow>(id).created_at;
    CHECK(at >= before);
    CHECK(at.ms > 1);  // the client's time decides nothing
    CHECK(d.rows.log.back().at >= before);
    before = at;
  }
}

TEST_CASE("a read mark only moves forward, and no event says otherwise") {
  Desk d;
  const ChatId chat = d.chat(0, ChatKind::group, {d.user(1)});
  for (int i = 0; i < 5; ++i) d.post(0, chat, "m");
  REQUIRE(d.say(1, MarkRead{chat, 4}) == "done");
  const std::size_t events = d.rows.log.size();
  REQUIRE(d.say(1, MarkRead{chat, 2}) == "done");
  CHECK(d.rows.log.size() == events);
  CHECK(d.row<ReadMarkRow>(d.user(1), chat).read_seq == 4);
  REQUIRE(d.say(1, MarkRead{chat, 99}) == "done");  // no further than there are messages
  CHECK(d.row<ReadMarkRow>(d.user(1), chat).read_seq == 5);
}

TEST_CASE("a mark that arrives late does not take a later one back") {
  Desk d;
  const ChatId chat = d.chat(0, ChatKind::group, {d.user(1)});
  for (int i = 0; i < 5; ++i) d.post(0, chat, "m");
  REQUIRE(d.say(1, MarkRead{chat, 4}) == "done");
  WorkingSet set(d.rows);
  Keys keys;
  need<ReadMarkRow>(keys, d.user(1), chat);
  set.load(keys);
  Event late;
  late.stream = user_stream(d.user(1)), late.body = Body::of(ReadMoved{chat, 2});
  apply(set, late);
  CHECK(set.find<ReadMarkRow>(d.user(1), chat)->read_seq == 4);
}

TEST_CASE("an id of version 8 is for direct chats alone, and theirs is the same whoever asks") {
  Desk d;
  ChatId id = made_id<ChatId>(100);
  id.bytes[6] = 0x80;
  CHECK(d.say(0, CreateChat{id, d.town.workspace(), ChatKind::group, "g", {}, {}, {}}) == "invalid_argument id");
  CHECK(direct_chat_id(d.town.workspace(), {d.user(1), d.user(2)}) == direct_chat_id(d.town.workspace(), {d.user(2), d.user(1)}));
  REQUIRE(d.say(1, CreateChat{made_id<ChatId>(101), d.town.workspace(), ChatKind::direct, {}, {}, {}, {d.user(2)}}) == "done");
  REQUIRE(d.say(2, CreateChat{made_id<ChatId>(102), d.town.workspace(), ChatKind::direct, {}, {}, {}, {d.user(1)}}) == "done");
  CHECK(d.row<ChatRow>(direct_chat_id(d.town.workspace(), {d.user(1), d.user(2)})).member_count == 2);
  CHECK_FALSE(d.rows.load(type_of<ChatRow>, make_key(made_id<ChatId>(102))));
}

TEST_CASE("an event that is older than a row changes nothing in it") {
  Desk d;
  const ChatId chat = d.chat(0, ChatKind::group, {d.user(1)});
  const MessageId id = d.post(0, chat, "zero");
  REQUIRE(d.say(0, EditMessage{chat, id, "one", {}, false}) == "done");
  const auto older = event_of(view_of(d.rows.log.back()));
  REQUIRE(older);
  REQUIRE(d.say(0, EditMessage{chat, id, "two", {}, false}) == "done");
  WorkingSet set(d.rows);
  apply(set, *older);
  CHECK(set.find<MessageRow>(id)->body == "two");
}
