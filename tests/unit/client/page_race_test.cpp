// Pages of history that are held while the chat goes on: whatever passes meanwhile is there in the end.
#include <catch2/catch.hpp>
#include "sdk/client/sync/batch.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
bool is_history(const HttpRequest& r) { return r.method == "GET" && r.url.find("/messages?") != std::string::npos; }
std::string shown(const Message& m) { return std::to_string(m.seq) + ' ' + std::to_string(m.rev) + ' ' + m.body + (m.deleted ? " deleted" : ""); }
Bodies held(const FakeWorld& w) {
  Bodies out;
  for (const Message& m : w.client->held(w.chat)) out.push_back(shown(m));
  return out;
}
Bodies on_server(const FakeWorld& w) {
  Bodies out;
  for (const MessageView& m : w.messages) out.push_back(std::to_string(m.seq) + ' ' + std::to_string(m.rev) + ' ' + m.body + (m.deleted ? " deleted" : ""));
  return out;
}
void erase(FakeWorld& w, std::size_t index) {
  MessageView& m = w.messages[index];
  m.body.clear(), m.edited_at.reset(), m.deleted = true, m.rev = w.head_rev() + 1;
  w.happen(MessageDeleted{m.id, m.seq, {}, false}, w.other);
}
// A page answered from there on is one that was read now.
HttpResponse page_now(FakeWorld& w) { return *w.serve({"GET", "http://fake/api/v1/chats/" + w.chat.str() + "/messages?limit=50", {}, {}}); }
}  // namespace

TEST_CASE("edits, deletions and posts that pass while a page is on its way are there behind it") {
  FakeWorld w;
  for (int i = 0; i < 6; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  w.http.holds = is_history;
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  REQUIRE(w.http.held.size() == 1);
  w.edit(0, "edited"), erase(w, 1), w.edit(2, "edited, then deleted"), erase(w, 2), w.post("new", w.other), w.edit(6, "new, edited");
  w.settle();
  w.release();
  CHECK(held(w) == on_server(w));
  CHECK(w.client->search_local("m1")->empty());
}

TEST_CASE("a page older than what was known when it was asked for is not taken") {
  FakeWorld w;
  for (int i = 0; i < 5; ++i) w.post("m" + std::to_string(i), w.other, false);
  const HttpResponse old = page_now(w);  // a replica that lags would answer this
  w.start();
  w.edit(1, "edited"), erase(w, 3);
  w.settle();
  int pages = 0;
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (!is_history(r)) return std::nullopt;
    return ++pages == 1 ? std::optional(old) : std::nullopt;
  };
  auto timeline = w.client->timeline(w.chat);
  w.loop.pass(2000);
  CHECK(pages == 2);
  CHECK(held(w) == on_server(w));
}

TEST_CASE("more passes than is kept while a page is on its way: it is asked for again") {
  FakeWorld w;
  for (int i = 0; i < 3; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  w.http.holds = is_history;
  auto timeline = w.client->timeline(w.chat);
  w.settle();
  REQUIRE(w.http.held.size() == 1);
  w.edit(0, "edited first");
  for (int i = 0; i < 1001; ++i) w.edit(1, "edited " + std::to_string(i));
  w.settle();
  w.release();
  w.loop.pass(2000);
  CHECK(held(w) == on_server(w));
}

TEST_CASE("a summary that is older than a page does not take back the chat's newest message") {
  FakeWorld w;
  w.post("m", w.other, false);
  w.start();
  w.edit(0, "edited", false);
  const ChatView late = w.view();
  w.edit(0, "edited again", false);
  Batch paged(w.cache(), w.me);
  REQUIRE(paged.page(w.chat, {w.messages, 1, 1, w.head_rev(), 1}, late.head_rev, false));
  REQUIRE(paged.commit());
  Batch told(w.cache(), w.me);
  told.summary(late, true);
  REQUIRE(told.commit());
  CHECK(held(w) == on_server(w));
}

TEST_CASE("a held row that a page lacks is gone, unless it is newer than the page") {
  FakeWorld w;
  for (int i = 0; i < 4; ++i) w.post("m" + std::to_string(i), w.other, false);
  w.start();
  REQUIRE(w.bodies() == Bodies{"m3"});  // the newest came with the summary
  w.first = [&](const HttpRequest& r, const std::string&) -> std::optional<HttpResponse> {
    if (!is_history(r)) return std::nullopt;
    w.first = {};
    MessagePage page;
    REQUIRE_FALSE(read_json(page_now(w).body, page, Reading::tolerant));
    page.items.pop_back();
    return FakeWorld::json(200, to_json(page));
  };
  SECTION("older") {
    auto timeline = w.client->timeline(w.chat);
    w.settle();
    CHECK(w.bodies() == Bodies{"m0", "m1", "m2"});
  }
  SECTION("newer") {
    w.http.holds = is_history;
    auto timeline = w.client->timeline(w.chat);
    w.settle();
    w.edit(3, "edited meanwhile");
    w.settle();
    w.release();
    CHECK(w.bodies() == Bodies{"m0", "m1", "m2", "edited meanwhile"});
  }
}
