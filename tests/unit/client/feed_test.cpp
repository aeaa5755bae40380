#include <catch2/catch.hpp>
#include "sdk/client/client_impl.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

static Bodies drain(Feed& feed, std::int64_t* last = nullptr) {
  Bodies out;
  for (const auto& item : feed.drain()) {
    out.push_back(item.message.body);
    if (last) *last = item.position;
  }
  return out;
}

TEST_CASE("a feed gives every message since it was opened, again until it is acknowledged, also over a lost cache") {
  FakeWorld w;
  w.post("before", w.other, false);
  w.loop.pass(1000);
  w.start();
  auto feed = *w.client->feed("bot");
  w.settle();
  w.loop.pass(10);
  w.post("one", w.other), w.post("two", w.other);
  w.settle();
  std::int64_t last = 0;
  CHECK(drain(*feed, &last) == Bodies{"one", "two"});
  CHECK(drain(*feed).empty());
  REQUIRE(feed->ack(last - 1));
  feed.reset();
  w.client.reset();
  w.post("while away", w.other, false);
  for (int i = 0; i < 70; ++i) w.post("more", w.other, false);
  for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(w.dir + "/cache.db" + tail);
  REQUIRE(w.open());
  feed = *w.client->feed("bot");
  int wakes = 0;
  feed->on_change([&] { ++wakes; });
  w.loop.pass(10000);
  CHECK(wakes >= 1);
  const auto again = drain(*feed);
  REQUIRE(again.size() == 72);
  CHECK((again[0] == "two" && again[1] == "while away" && again.back() == "more"));
}

TEST_CASE("what is handed out and not acknowledged is bounded") {
  FakeWorld w;
  w.start();
  auto feed = *w.client->feed("bot");
  w.settle();
  w.client.reset();
  for (int i = 0; i < 4300; ++i) w.post("m", w.other, false);
  REQUIRE(w.open());
  feed = *w.client->feed("bot");
  std::size_t got = 0;
  std::int64_t last = 0;
  const auto take = [&] {
    for (int idle = 0; idle < 3;) {
      w.loop.pass(1000);
      const auto items = feed->drain(10'000);
      idle = items.empty() ? idle + 1 : 0, got += items.size();
      if (!items.empty()) last = items.back().position;
    }
  };
  take();
  CHECK((got >= 4000 && got < 4300));
  REQUIRE(feed->ack(last));
  take();
  CHECK(got == 4300);
}

TEST_CASE("a feed that cannot be opened says so") {
  FakeWorld w;
  w.start();
  w.client->impl().core->close();
  CHECK(w.client->feed("bot").error().code == Code::closed);
}

TEST_CASE("local search speaks the query language") {
  FakeWorld w;
  w.post("the quick brown fox", w.other, false), w.post("a lazy dog, see https://example.org", w.other, false);
  w.start(Hold::all);
  w.loop.pass(1000);
  CHECK(w.client->search_local("quick")->size() == 1);
  CHECK(w.client->search_local("\"brown fox\" from:Other in:general")->size() == 1);
  CHECK(w.client->search_local("has:link")->size() == 1);
  CHECK(w.client->search_local("from:me dog")->empty());
  REQUIRE(w.client->search_local("lazy")->size() == 1);
  const auto hits = w.client->search_local("lazy");
  REQUIRE((*hits)[0].highlights.size() == 1);
  CHECK((*hits)[0].highlights[0].begin == 2);
}
