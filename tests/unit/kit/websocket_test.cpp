#include <catch2/catch.hpp>
#include "tests/unit/kit/kit_server.hpp"

using namespace fechatter;

namespace {
const char* const kAuthorized = "Authorization: yes\r\n";
}

TEST_CASE("a handshake, texts in both directions, and a close") {
  KitServer s;
  WebSocketPeer peer(s.port(), "/ws", "fechatter.v1", kAuthorized);
  REQUIRE(peer.handshake().status == 101);
  CHECK(peer.handshake().header("sec-websocket-protocol") == "fechatter.v1");
  CHECK(peer.handshake().header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  REQUIRE(peer.text("grüße"));
  CHECK(peer.message().payload == "grüße");
  REQUIRE(peer.frame(1, "in two ", false));
  REQUIRE(peer.frame(0, "parts"));
  CHECK(peer.message().payload == "in two parts");
  REQUIRE(peer.frame(9, "are you there?"));
  const auto pong = peer.message();
  CHECK(pong.opcode == 10);
  CHECK(pong.payload == "are you there?");
  REQUIRE(peer.text(std::string(64 * 1024, 'x')));
  CHECK(peer.message().payload.size() == 64 * 1024);
  REQUIRE(peer.text("bye"));
  const auto end = peer.message();
  CHECK(end.close_code() == 1000);
  CHECK(end.payload.substr(2) == "as you wish");
  peer.frame(8, "\x03\xe8");
  CHECK(peer.socket().closed());
  peer.socket().close();
  CHECK(s.count("closed", 1) == 1);
  CHECK(s.count("text") == 4);
}

TEST_CASE("the app may refuse before the handshake, and a plain request is no handshake") {
  KitServer s;
  CHECK(WebSocketPeer(s.port(), "/ws").handshake().status == 401);
  auto c = s.connect();
  const auto plain = c.call("GET", "/ws", {}, kAuthorized);
  CHECK(plain.status == 400);
  CHECK(plain.body.find("invalid_argument") != std::string::npos);
  const std::string almost = std::string(kAuthorized) + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  CHECK(c.call("GET", "/ws", {}, almost).status == 400);  // no Connection: Upgrade
  CHECK(c.call("POST", "/ws", {}, almost + "Connection: Upgrade\r\n").status == 400);
  CHECK(c.call("GET", "/echo").status == 200);
  CHECK(s.count("held") == 0);
}

TEST_CASE("what breaks the protocol closes with its code") {
  KitServer s;
  WebSocketPeer peer(s.port(), "/ws", {}, kAuthorized);
  REQUIRE(peer.handshake().status == 101);
  CHECK(peer.handshake().header("sec-websocket-protocol").empty());
  int code = 0;
  SECTION("too large") { peer.text(std::string(64 * 1024 + 1, 'x')), code = 1009; }
  SECTION("not UTF-8") { peer.text("\xc3\x28"), code = 1007; }
  SECTION("not UTF-8 with its end") { peer.frame(1, "\xd0", false), peer.frame(0, ""), code = 1007; }
  SECTION("binary") { peer.frame(2, "x"), code = 1003; }
  SECTION("a reserved opcode") { peer.frame(3, "x"), code = 1002; }
  CHECK(peer.message().close_code() == code);
  peer.frame(8, "\x03\xe8");
  CHECK(peer.socket().closed());
  peer.socket().close();
  CHECK(s.count("closed", 1) == 1);
}

TEST_CASE("a peer that goes away is noticed") {
  KitServer s;
  WebSocketPeer peer(s.port(), "/ws", {}, kAuthorized);
  REQUIRE(s.count("held", 1) == 1);
  auto channel = s.channel();
  SECTION("politely") { peer.frame(8, "\x03\xe8"), peer.socket().half_close(); }
  SECTION("without a word") { peer.socket().close(); }
  SECTION("in the middle of texts") {
    s.on_loop([&] {
      for (int i = 0; i < 1000; ++i) channel->send(shared(std::string(10'000, 'x')));
      CHECK(channel->pending_frames() > 0);
    });
    peer.socket().reset();
  }
  CHECK(s.count("closed", 1) == 1);
  s.on_loop([&] {
    channel->send(shared("nobody"));
    channel->close(1000, "nobody");
    CHECK(channel->pending_bytes() == 0);
    channel.reset();
  });
  CHECK(s.eventually([&] { return s.server().connections() == 0; }));
  CHECK(s.count("closed") == 1);
}

TEST_CASE("a peer that takes nothing is counted, and closed in the end") {
  KitServer s([](kit::ServerOptions& o) { o.write_timeout_ms = 500; });
  WebSocketPeer peer(s.port(), "/ws", {}, kAuthorized, 4096);
  REQUIRE(s.count("held", 1) == 1);
  auto channel = s.channel();
  s.on_loop([&] {
    for (int i = 0; i < 1000; ++i) channel->send(shared(std::string(10'000, 'x')));
    channel->close(1001, "slow");
  });
  CHECK(s.eventually([&] { return channel->pending_bytes() == 0; }));
  CHECK(s.count("closed", 1) == 1);
  s.on_loop([&] { channel.reset(); });
  CHECK(s.eventually([&] { return s.server().connections() == 0; }));
}

TEST_CASE("texts are delivered in order before the close") {
  KitServer s;
  WebSocketPeer peer(s.port(), "/ws", {}, kAuthorized);
  REQUIRE(s.count("held", 1) == 1);
  auto channel = s.channel();
  s.on_loop([&] {
    for (int i = 0; i < 500; ++i) channel->send(shared(std::to_string(i)));
    channel->close(1001, "closing");
    channel->send(shared("after the end"));
    channel.reset();
  });
  for (int i = 0; i < 500; ++i) REQUIRE(peer.message().payload == std::to_string(i));
  CHECK(peer.message().close_code() == 1001);
}

TEST_CASE("a message that has begun must come to its end in time, whatever else is said") {
  KitServer s([](kit::ServerOptions& o) { o.body_timeout_ms = 500; });
  WebSocketPeer whole(s.port(), "/ws", {}, kAuthorized), half(s.port(), "/ws", {}, kAuthorized);
  REQUIRE(whole.frame(1, "in two ", false));
  REQUIRE(whole.frame(0, "parts"));
  CHECK(whole.message().payload == "in two parts");
  REQUIRE(half.frame(1, "in two ", false));
  REQUIRE(half.frame(9, "still here"));
  CHECK(half.message().opcode == 10);
  CHECK(half.message().close_code() == 1008);
  half.frame(8, "\x03\xf0");
  CHECK(half.socket().closed());
  half.socket().close();
  CHECK(s.count("closed", 1) == 1);
  std::uint64_t slow = 0;
  s.on_loop([&] { slow = s.server().counters().slow_requests; });
  CHECK(slow == 1);
  REQUIRE(whole.text("and another"));  // that long after its first
  CHECK(whole.message().payload == "and another");
}
