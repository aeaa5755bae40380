#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

TEST_CASE("drafts are kept, per chat") {
  FakeWorld w;
  w.start();
  REQUIRE(w.client->save_draft(w.chat, "half a thou"));
  w.client.reset();
  REQUIRE(w.open());
  CHECK(w.client->draft(w.chat) == "half a thou");
  REQUIRE(w.client->save_draft(w.chat, ""));
  CHECK(w.client->draft(w.chat).empty());
}

TEST_CASE("a timeline outlives its client") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  const auto feed = w.client->feed("bot");
  REQUIRE(feed);
  w.settle();
  (void)timeline->drain();
  w.client.reset();
  timeline->mark_read(1), timeline->typing();
  std::optional<Code> code;
  timeline->load_older([&](Result<std::size_t> n) { code = n ? Code::internal : n.error().code; }).detach();
  w.settle();
  CHECK(code == Code::closed);
  CHECK(timeline->items().size() == 1);
  CHECK((*feed)->drain().empty());
}

TEST_CASE("sign-out drops the cache, not what was queued; another account sees neither") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  w.http.online = false, w.http.cut();
  w.settle();
  REQUIRE(w.client->send(w.chat, "queued"));
  std::optional<Code> untold;
  w.client->sign_out([&](Result<Done> done) { untold = done ? Code::internal : done.error().code; }).detach();
  w.settle();
  CHECK(untold == Code::unavailable);
  CHECK(w.client->connection() == Connection::signed_out);
  CHECK(w.client->chats_now().empty());
  CHECK(w.bodies().empty());
  w.http.online = true;
  w.me = made<UserId>(7);
  w.sign_in();
  w.loop.pass(4000);
  CHECK(w.client->status().pending == 0);
  CHECK(w.messages.size() == 1);
}
