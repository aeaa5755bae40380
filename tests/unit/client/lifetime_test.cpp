// The app's functions: on which thread of events they run, when they go, and what outlives what.
#include <catch2/catch.hpp>
#include "sdk/client/client_impl.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
/// An app whose executor the test turns by hand.
struct App : FakeWorld {
  std::deque<std::function<void()>> queue;
  App() {
    auto opened = open_client(ports(), {"http://fake", dir, [this](std::function<void()> run) { queue.push_back(std::move(run)); }, "test"});
    REQUIRE(opened);
    client = std::move(*opened);
    sign_in();
  }
  ~App() { client.reset(); }
  void run() {
    for (; !queue.empty(); queue.pop_front()) queue.front()();
  }
};
}  // namespace

TEST_CASE("who writes and who is there is told while the client lives, not after") {
  App w;
  w.post("hello", w.other);
  const auto timeline = w.client->timeline(w.chat);  // its people are looked at
  w.loop.pass(3000);
  int typing = 0, presence = 0;
  w.client->on_typing([&](ChatId chat, UserId user, bool active) { typing += chat == w.chat && user == w.other && active; });
  w.client->on_presence([&](UserId user, Availability) { presence += user == w.other; });
  const auto happens = [&] {
    w.http.push("typing", to_json(TypingFrame{w.chat, w.other, true}));
    w.http.push("presence", to_json(PresenceFrame{w.other, {}}));
    w.settle();
  };
  happens();
  w.run();
  CHECK((typing == 1 && presence == 1));
  happens();
  w.client.reset();
  w.run();
  CHECK((typing == 1 && presence == 1));
}

TEST_CASE("a function of the app may own a view of the same client") {
  App w;
  std::shared_ptr<Timeline> timeline = w.client->timeline(w.chat);
  const std::weak_ptr<Timeline> watched = timeline;
  w.client->on_typing([timeline](ChatId, UserId, bool) {});
  timeline.reset();
  w.client->on_typing({});  // destroys it, and the timeline with it
  CHECK(watched.expired());
}

TEST_CASE("with a view goes the function that it was to call, although a call is on its way") {
  App w;
  w.run();
  auto owned = std::make_shared<int>();
  const std::weak_ptr<int> watched = owned;
  auto list = w.client->chats();
  list->on_change([owned = std::move(owned)] {});
  w.settle();
  REQUIRE_FALSE(w.queue.empty());
  list.reset();
  CHECK(watched.expired());
  w.run();
}

TEST_CASE("a view that outlives its client keeps nothing of it") {
  FakeWorld w;
  w.start();
  const std::weak_ptr<ClientCore> core = w.client->impl().core;
  const auto list = w.client->chats();
  const auto timeline = w.client->timeline(w.chat);
  const auto feed = w.client->feed("bot");
  REQUIRE(feed);
  w.settle();
  REQUIRE(list->drain().size() == 1);
  w.client.reset();
  w.loop.drain();
  CHECK(core.expired());
  list->load_more();
  CHECK(list->drain().empty());
  CHECK(list->items().size() == 1);
}

TEST_CASE("no view that outlives its client wakes the app any more") {
  App w;
  const auto list = w.client->chats();
  const auto timeline = w.client->timeline(w.chat);
  const auto feed = w.client->feed("bot");
  REQUIRE(feed);
  w.run();
  w.loop.pass(10);
  std::vector<std::string> woken;
  list->on_change([&] { woken.push_back("list"); });
  timeline->on_change([&] { woken.push_back("timeline"); });
  (*feed)->on_change([&] { woken.push_back("feed"); });
  w.run();
  (void)list->drain(), (void)timeline->drain(), (void)(*feed)->drain();
  const auto at_first = woken;
  w.post("news", w.other);
  w.settle();
  REQUIRE(w.queue.size() == 3);  // all three are on their way
  w.client.reset();
  w.run();
  CHECK(woken == at_first);
  timeline->on_change([&] { woken.push_back("timeline"); });
  (*feed)->on_change([&] { woken.push_back("feed"); });
  w.run();
  CHECK(woken == at_first);
}

TEST_CASE("a wake that the client owes when it closes is not paid, and its function goes with the client") {
  App w;
  auto owned = std::make_shared<int>();
  const std::weak_ptr<int> watched = owned;
  const auto timeline = w.client->timeline(w.chat);
  w.run();
  timeline->on_change([owned = std::move(owned)] {});
  w.client.reset();
  CHECK(watched.expired());
  w.run();
}

TEST_CASE("who writes stops: when nothing more is heard, with their message, and with the stream") {
  FakeWorld w;
  w.start();
  std::vector<bool> told;
  w.client->on_typing([&](ChatId chat, UserId user, bool active) {
    CHECK((chat == w.chat && user == w.other));
    told.push_back(active);
  });
  const auto writes = [&](bool active = true) {
    w.http.push("typing", to_json(TypingFrame{w.chat, w.other, active}));
    w.settle();
  };
  using Told = std::vector<bool>;
  writes();
  w.loop.pass(3000);
  writes();
  w.loop.pass(5900);
  CHECK(told == Told{true, true});
  w.loop.pass(100);
  CHECK(std::exchange(told, {}) == Told{true, true, false});
  writes();
  w.post("what was written", w.other);
  w.settle();
  CHECK(std::exchange(told, {}) == Told{true, false});
  writes(), writes(false), writes(false);
  CHECK(std::exchange(told, {}) == Told{true, false});
  writes();
  w.post("of somebody else", w.me);
  w.settle();
  CHECK(std::exchange(told, {}) == Told{true});
  w.http.online = false, w.http.cut();
  w.settle();
  CHECK(std::exchange(told, {}) == Told{false});
  w.loop.pass(10000);
  CHECK(told.empty());
}
