#include "sdk/client/view.hpp"
#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include "tests/support/diffs.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Item = std::pair<int, int>;

TEST_CASE("applying a difference gives the list after it") {
  std::mt19937 rng(7);
  for (int round = 0; round < 300; ++round) {
    const auto random_list = [&] {
      std::vector<Item> list;
      for (int k = 0; k < 12; ++k)
        if (rng() % 3) list.push_back({k, static_cast<int>(rng() % 2)});
      std::shuffle(list.begin(), list.end(), rng);
      return list;
    };
    auto from = random_list();
    const auto to = random_list();
    apply_diffs(from, diff(from, to, [](const Item& i) { return i.first; }, [](const Item& a, const Item& b) { return a == b; }));
    CHECK(from == to);
  }
}

TEST_CASE("at most one wake between two drains, and none for what was seen") {
  std::deque<std::function<void()>> queue;
  View<int> view([&](std::function<void()> run) { queue.push_back(std::move(run)); });
  const auto publish = [&](int n) {
    if (auto run = view.publish({n})) queue.push_back(std::move(run));
  };
  const auto look = [&] { return view.drain([](int i) { return i; }, std::equal_to<>()); };
  const auto run = [&] {
    for (; !queue.empty(); queue.pop_front()) queue.front()();
  };
  int wakes = 0;
  view.wake->on_change([&] { ++wakes; });
  publish(1), publish(2);
  CHECK(queue.size() == 1);
  (void)look();
  run();
  CHECK(wakes == 0);
  publish(3);
  (void)look();  // the wake is still on its way
  publish(4);
  run();
  publish(5);
  run();
  CHECK(wakes == 1);
  CHECK(look().size() == 2);
  publish(6);
  run();
  CHECK(wakes == 2);
}

TEST_CASE("news that come while the app drains wake it again") {
  View<int> view([](const std::function<void()>& run) { run(); });
  view.wake->on_change([] {});
  const auto told = view.publish({1});
  REQUIRE(told);
  told();
  REQUIRE_FALSE(view.wake->signal());  // woken, and has not looked
  std::unique_lock taking(view.mutex);  // the data cannot be taken yet
  std::thread app([&] { (void)view.drain([](int i) { return i; }, std::equal_to<>()); });
  std::function<void()> again;
  for (int i = 0; i < 1'000'000 && !again; ++i) again = view.wake->signal(), std::this_thread::yield();
  taking.unlock();
  app.join();
  CHECK(again);
}

TEST_CASE("a timeline: reset, live inserts, one wake between drains") {
  FakeWorld w;
  for (int i = 0; i < 120; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  int wakes = 0;
  timeline->on_change([&] { ++wakes; });
  w.settle();
  CHECK(wakes == 1);
  auto steps = timeline->drain();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].kind == Diff<TimelineItem>::reset);
  CHECK(timeline->items().size() == 50);
  CHECK(timeline->items().front().gap_before);
  CHECK(timeline->items().back().author == "Other");
  CHECK(timeline->older() == Timeline::Edge::more);
  auto copy = timeline->items();
  w.post("live", w.other);
  REQUIRE(w.client->send(w.chat, "mine"));
  w.settle();
  CHECK(wakes == 2);
  apply_diffs(copy, timeline->drain());
  REQUIRE(copy.size() == 52);
  CHECK(copy.back().message.body == "mine");
  std::size_t loaded = 0;
  while (timeline->older() == Timeline::Edge::more) {
    timeline->load_older([&](Result<std::size_t> n) { loaded += n ? *n : 0; }).detach();
    w.settle();
    (void)timeline->drain();
  }
  CHECK(loaded == 70);
  CHECK(timeline->items().size() == 122);
  CHECK_FALSE(timeline->items().front().gap_before);
  CHECK(timeline->older() == Timeline::Edge::end);
}

TEST_CASE("a window around a message far away, and back to the head") {
  FakeWorld w;
  for (int i = 0; i < 150; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  const auto target = w.messages[20].id;
  w.first = [&](const HttpRequest&, const std::string& path) -> std::optional<HttpResponse> {
    if (path.size() > 36 && path.substr(path.size() - 36) == target.str()) return FakeWorld::json(200, to_json(w.messages[20]));
    return std::nullopt;
  };
  bool there = false;
  timeline->load_around(target, [&](Result<Done> done) { there = static_cast<bool>(done); }).detach();
  w.settle();
  (void)timeline->drain();
  REQUIRE(there);
  CHECK(timeline->newer() == Timeline::Edge::more);
  const auto& items = timeline->items();
  CHECK(std::any_of(items.begin(), items.end(), [&](const TimelineItem& i) { return i.message.id == target; }));
  for (int i = 0; i < 10 && timeline->newer() == Timeline::Edge::more; ++i) {
    timeline->load_newer([](Result<std::size_t>) {}).detach();
    w.settle();
    (void)timeline->drain();
  }
  CHECK(timeline->newer() == Timeline::Edge::end);
  CHECK(timeline->items().back().message.seq == 150);
}

TEST_CASE("all of a long history can be reached, and the way back") {
  FakeWorld w;
  for (int i = 0; i < 1300; ++i) w.post("m", w.other, false);
  w.start(Hold::all);
  w.loop.pass(5000);
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  const auto reach = [&](bool older, std::int64_t seq) {
    for (int i = 0; i < 20; ++i) {
      (void)timeline->drain();
      REQUIRE((!timeline->items().empty() && timeline->items().size() <= 1000));
      const auto& items = timeline->items();
      if ((older ? items.front() : items.back()).message.seq == seq) return true;
      (older ? timeline->load_older([](Result<std::size_t>) {}, 200) : timeline->load_newer([](Result<std::size_t>) {}, 200)).detach();
      w.settle();
    }
    return false;
  };
  REQUIRE(reach(true, 1));
  CHECK(timeline->older() == Timeline::Edge::end);
  CHECK(timeline->newer() == Timeline::Edge::more);
  w.post("live", w.other);
  w.settle();
  (void)timeline->drain();
  CHECK(timeline->items().front().message.seq == 1);
  REQUIRE(reach(false, 1301));
  CHECK(timeline->newer() == Timeline::Edge::end);
  CHECK(timeline->older() == Timeline::Edge::more);
}

TEST_CASE("what is missing at the head is no end of history, and what is queued stands behind a gap") {
  FakeWorld w;
  w.post("one", w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  w.http.holds = [](const HttpRequest&) { return true; };
  for (const char* body : {"two", "three"}) w.post(body, w.other, false);
  w.http.push("nudge", to_json(NudgeFrame{w.chat, 3, w.head_rev()}), w.cursor(w.position));
  for (const char* body : {"mine", "mine too"}) REQUIRE(w.client->send(w.chat, body));
  w.settle();
  (void)timeline->drain();
  CHECK(timeline->newer() == Timeline::Edge::loading);
  REQUIRE(timeline->items().size() == 3);
  CHECK_FALSE(timeline->items()[0].gap_before);
  CHECK(timeline->items()[1].gap_before);
  CHECK_FALSE(timeline->items()[2].gap_before);
  w.http.cut(), w.http.online = false;
  w.settle();
  CHECK(timeline->newer() == Timeline::Edge::offline);
  w.http.online = true, w.http.holds = {};
  for (auto& run : std::exchange(w.http.held, {})) w.loop.post(std::move(run));
  w.loop.pass(60000);
  (void)timeline->drain();
  CHECK(timeline->newer() == Timeline::Edge::end);
  CHECK(timeline->items().size() == 5);
  for (const TimelineItem& item : timeline->items()) CHECK_FALSE(item.gap_before);
}

TEST_CASE("a timeline of a chat that was left and joined again begins where one may read now") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("before" + std::to_string(i), w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 5);
  SECTION("it followed the newest messages") {}
  SECTION("it was about older ones") {
    timeline->load_around(w.messages[1].id, [](Result<Done>) {}).detach();
    w.settle();
  }
  w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
  w.settle();
  for (int i = 0; i < 3; ++i) w.post("without me" + std::to_string(i), w.other, false);
  w.visible_from = 9;
  w.notify("chat_added", to_json(ChatAdded{w.chat, w.space, ChatKind::public_channel, "general", "", ChatRole::member, 9, 8, w.head_rev()}));
  w.settle();
  w.post("welcome", w.other);
  w.loop.pass(10000);
  (void)timeline->drain();
  REQUIRE(timeline->items().size() == 1);
  CHECK(timeline->items()[0].message.body == "welcome");
  CHECK(timeline->older() == Timeline::Edge::end);
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages?limit=8&before=9") == 0);
}

TEST_CASE("asking again while a page is on its way asks the server once") {
  FakeWorld w;
  for (int i = 0; i < 200; ++i) w.post("m", w.other, false);
  w.start();
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  w.http.log.clear();
  std::vector<std::size_t> loaded;
  for (int i = 0; i < 5; ++i) timeline->load_older([&](Result<std::size_t> n) { loaded.push_back(n ? *n : 0); }).detach();
  w.settle();
  CHECK(w.asked("GET /chats/" + w.chat.str() + "/messages?") == 1);
  CHECK(loaded == std::vector<std::size_t>(5, 50));
}

TEST_CASE("completions: once, dropped, cancelled, closed") {
  FakeWorld w;
  w.start();
  w.http.holds = [](const HttpRequest& r) { return r.url.find("/search") != std::string::npos; };
  std::vector<std::string> calls;
  const auto told = [&](const std::string& name) {
    return [&calls, name](Result<std::vector<SearchHit>> r) { calls.push_back(name + (r ? "" : " " + std::string(code_name(r.error().code)))); };
  };
  {
    auto dropped = w.client->search("a", told("dropped"));
  }
  auto cancelled = w.client->search("b", told("cancelled"));
  cancelled.cancel(), cancelled.cancel();
  auto left = w.client->search("c", told("left"));
  w.settle();
  for (auto& run : w.http.held) w.loop.post(run);
  w.settle();
  CHECK(calls == std::vector<std::string>{"cancelled cancelled", "left"});
  auto open = w.client->search("d", told("open"));
  w.client.reset();
  w.settle();
  CHECK(calls.back() == "open closed");
  CHECK(calls.size() == 3);
}

TEST_CASE("what is changed in a window far from the head shows there at once") {
  FakeWorld w;
  for (int i = 0; i < 150; ++i) w.post("m" + std::to_string(i), w.me, false);
  w.start(Hold::all);
  w.loop.pass(5000);
  auto timeline = w.client->timeline(w.chat);
  const auto target = w.messages[20].id;
  timeline->load_around(target, [](Result<Done>) {}).detach();
  w.settle();
  w.http.online = false, w.http.cut();
  w.settle();
  (void)timeline->drain();
  REQUIRE(timeline->newer() == Timeline::Edge::more);
  const std::size_t shown = timeline->items().size();
  const auto there = [&](std::size_t i) {
    const auto& items = timeline->items();
    return std::find_if(items.begin(), items.end(), [&](const TimelineItem& item) { return item.message.id == w.messages[i].id; })->message;
  };
  REQUIRE(w.client->send(w.chat, "at the head"));
  REQUIRE(w.client->edit(target, "better"));
  REQUIRE(w.client->react(w.messages[21].id, "+1"));
  REQUIRE(w.client->remove(w.messages[22].id));
  w.settle();
  (void)timeline->drain();
  CHECK(timeline->items().size() == shown);
  CHECK(there(20).body == "better");
  REQUIRE(there(21).reactions.size() == 1);
  CHECK(there(22).deleted);
}
