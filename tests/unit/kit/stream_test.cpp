// Answers without an end.
#include <catch2/catch.hpp>
#include "tests/unit/kit/kit_server.hpp"

using namespace fechatter;

namespace {
const char* const kRequest = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
std::shared_ptr<kit::Reply> open_stream(KitServer& s, HttpSocket& c) {
  REQUIRE(c.send(kRequest));
  const auto head = c.head();
  REQUIRE(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream");
  CHECK(head.header("content-length").empty());
  REQUIRE(s.count("held", 1) >= 1);
  return s.reply();
}
}  // namespace

TEST_CASE("frames arrive as they are written, until the server closes") {
  KitServer s;
  auto c = s.connect();
  auto reply = open_stream(s, c);
  s.on_loop([&] { reply->write(shared("event: a\nid: 1\ndata: x\ndata: y\n\n")); });
  auto frame = c.event();
  REQUIRE(frame);
  CHECK(frame->event == "a");
  CHECK(frame->id == "1");
  CHECK(frame->data == "x\ny");
  s.on_loop([&] {
    for (int i = 0; i < 100; ++i) reply->write(shared(": a comment\n\ndata: " + std::to_string(i) + "\n\n"));
    reply->close();
    reply->write(shared("data: after the end\n\n"));
  });
  for (int i = 0; i < 100; ++i) REQUIRE(c.event().value_or(SseFrame{}).data == std::to_string(i));
  CHECK_FALSE(c.event());
  CHECK(c.closed());
  CHECK(s.count("closed", 1) == 1);
  s.on_loop([&] { reply.reset(); });
}

TEST_CASE("a stream whose peer goes away says so once") {
  KitServer s;
  auto c = s.connect();
  auto reply = open_stream(s, c);
  SECTION("politely") { c.close(); }
  SECTION("with a reset") { c.reset(); }
  SECTION("in the middle of frames") {
    s.on_loop([&] {
      for (int i = 0; i < 1000; ++i) reply->write(shared(std::string(10'000, 'x')));
    });
    c.reset();
  }
  CHECK(s.count("closed", 1) == 1);
  s.on_loop([&] {
    reply->write(shared("data: nobody\n\n"));
    reply->close();
    CHECK(reply->pending_bytes() == 0);
    CHECK(reply->pending_frames() == 0);
    reply.reset();
  });
  CHECK(s.eventually([&] { return s.server().connections() == 0; }));
  CHECK(s.count("closed") == 1);
}

TEST_CASE("what a slow reader has not taken is counted, and delivered when it reads on") {
  KitServer s;
  auto c = s.connect(4096);
  auto reply = open_stream(s, c);
  const std::string frame = "data: " + std::string(9992, 'x') + "\n\n";
  s.on_loop([&] {
    for (int i = 0; i < 1000; ++i) reply->write(shared(frame));
    CHECK(reply->pending_bytes() > 0);
    CHECK(reply->pending_bytes() < 1000 * frame.size());
    CHECK(reply->pending_frames() >= reply->pending_bytes() / frame.size());
    CHECK(reply->pending_frames() <= reply->pending_bytes() / frame.size() + 1);
  });
  std::string all;
  for (int i = 0; i < 1000; ++i) all += frame;
  CHECK((c.take(all.size()) == all));
  CHECK(s.eventually([&] { return reply->pending_bytes() == 0 && reply->pending_frames() == 0; }));
  s.on_loop([&] { reply.reset(); });
}

TEST_CASE("a reader that takes nothing for long is closed") {
  KitServer s([](kit::ServerOptions& o) { o.write_timeout_ms = 250; });
  auto c = s.connect(4096);
  auto reply = open_stream(s, c);
  s.on_loop([&] {
    for (int i = 0; i < 1000; ++i) reply->write(shared(std::string(10'000, 'x')));
  });
  CHECK(s.count("closed", 1) == 1);
  s.on_loop([&] { reply.reset(); });
}

TEST_CASE("a stream ignores what its peer sends") {
  KitServer s;
  auto c = s.connect();
  auto reply = open_stream(s, c);
  REQUIRE(c.send(std::string(100'000, 'x')));
  REQUIRE(c.send(kRequest));
  s.on_loop([&] { reply->write(shared("data: still here\n\n")); });
  CHECK(c.event().value_or(SseFrame{}).data == "still here");
  CHECK(s.count("held") == 1);
  s.on_loop([&] { reply->close(), reply.reset(); });
  CHECK(s.count("closed", 1) == 1);
}

TEST_CASE("HEAD of a stream is its head") {
  KitServer s;
  auto c = s.connect();
  CHECK(c.call("HEAD", "/stream").status == 200);
  CHECK(c.closed());
  CHECK(s.count("closed", 1) == 1);
}
