// What the server is told of what this device looks at.
#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
/// What was said since the last look.
std::vector<SetFocus> looks(FakeWorld& w, std::int64_t ms = 50) {
  w.loop.pass(ms);
  std::vector<SetFocus> out;
  for (const HttpRequest& r : std::exchange(w.http.requests, {})) {
    if (!r.url.ends_with("/focus")) continue;
    SetFocus f;
    REQUIRE_FALSE(read_json(R"({"connection_id":"c",)" + r.body.substr(1), f, Reading::tolerant));
    out.push_back(f);
  }
  return out;
}
}  // namespace

TEST_CASE("the server hears which chats this device looks at: the last 20, and that it looks away") {
  FakeWorld w;
  w.start();
  CHECK(looks(w).empty());
  std::vector<std::unique_ptr<Timeline>> open;
  for (std::uint8_t n = 1; n <= 21; ++n) open.push_back(w.client->timeline(made<ChatId>(n)));
  open.push_back(w.client->timeline(made<ChatId>(21)));  // twice the same
  auto all = looks(w);
  REQUIRE_FALSE(all.empty());
  REQUIRE(all.back().chats.size() == 20);
  CHECK(all.back().chats.front() == made<ChatId>(21));
  CHECK(all.back().chats.back() == made<ChatId>(2));
  open.clear();
  all = looks(w);
  REQUIRE_FALSE(all.empty());
  CHECK(all.back().chats.empty());
  w.http.cut();
  CHECK(looks(w, 10'000).empty());  // a new connection looks at nothing by itself
  CHECK(w.client->connection() == Connection::live);
}
