// What RFC 9110, 9112 and 6455 ask of a server where clients differ.
#include <catch2/catch.hpp>
#include "server/kit/framing.hpp"
#include "tests/unit/kit/kit_server.hpp"

using namespace fechatter;

namespace {
std::string handshake(const std::string& key) {
  return "Authorization: yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n";
}
}  // namespace

TEST_CASE("a target is a path or a URL, whose host is the one that counts") {
  struct Case {
    const char *target, *path, *query, *host;
  };
  for (const Case& c :
       {Case{"/a?b=c", "/a", "b=c", "given"}, Case{"/a://b", "/a://b", "", "given"}, Case{"//a/b", "//a/b", "", "given"},
        Case{"http://other/a/b?c", "/a/b", "c", "other"}, Case{"HTTPS://other:81/", "/", "", "other:81"}, Case{"http://[::1]:81", "/", "", "[::1]:81"},
        Case{"http://other?q=/x", "/", "q=/x", "other"}, Case{"http://other//a", "//a", "", "other"}}) {
    kit::Request r;
    r.headers = {{"host", "given"}, {"accept", "*/*"}};
    INFO(c.target);
    REQUIRE(kit::set_target(r, c.target));
    CHECK(r.path == c.path);
    CHECK(r.query == c.query);
    CHECK(r.header("host") == c.host);
    CHECK(r.headers.size() == 2);
  }
  for (const char* none :
       {"", "a", "*", "?a", "http:", "http:/a", "http:a", "http://", "http:///a", "http://?a", "http://user@other/", "ftp://other/", "://other/", "other:80"}) {
    kit::Request r;
    r.headers = {{"host", "given"}};
    INFO(none);
    CHECK_FALSE(kit::set_target(r, none));
    CHECK(r.header("host") == "given");
  }
}

TEST_CASE("a request in absolute form is answered like any other") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("GET http://elsewhere/echo?x HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(c.answer().body == "GET x ");
  CHECK(c.answer().body == "GET  ");
}

TEST_CASE("HTTP/1.1 names its host, if only an empty one; HTTP/1.0 need not") {
  KitServer s;
  const auto status = [&](const char* text) {
    auto c = s.connect();
    return c.send(text) ? c.answer().status : 0;
  };
  CHECK(status("GET /echo HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET http://a/echo HTTP/1.1\r\n\r\n") == 400);
  CHECK(status("GET /echo HTTP/1.1\r\nHost:\r\n\r\n") == 200);
  CHECK(status("GET /echo HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("HTTP/1.0 knows no 100 Continue") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  REQUIRE(c.send("hi"));
  const auto a = c.answer();
  CHECK(a.status == 200);
  CHECK(a.body == "POST  hi");
}

TEST_CASE("every answer forbids sniffing and storing, that of a handshake, too") {
  KitServer s;
  WebSocketPeer peer(s.port(), "/ws", {}, "Authorization: yes\r\n");
  auto stream = s.connect(), other = s.connect();
  REQUIRE(stream.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
  for (const auto& a : {peer.handshake(), stream.head(), other.call("GET", "/echo"), other.call("DELETE", "/nothing"), other.call("GET", "/forget")}) {
    INFO(a.status);
    CHECK(a.header("x-content-type-options") == "nosniff");
    CHECK(a.header("cache-control") == "no-store");
    CHECK(a.header("x-request-id").size() == 16);
    CHECK(a.header("server").find("Beast") == std::string_view::npos);
  }
  CHECK(peer.handshake().status == 101);
}

TEST_CASE("the key of a handshake is 16 bytes in base64, once") {
  KitServer s;
  auto c = s.connect();
  for (const char* key :
       {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZTEy",
        "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBs SBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ-==", "dGhlIHNhbXBsZSBub25jZQ==AAAA"}) {
    INFO(key);
    CHECK(c.call("GET", "/ws", {}, handshake(key)).status == 400);
  }
  CHECK(s.connect().call("GET", "/ws", {}, handshake("dGhlIHNhbXBsZSBub25jZQ==") + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n").status == 400);
  for (const char* key : {"dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "////////+////////////w=="}) {
    auto good = s.connect();
    REQUIRE(good.send("GET /ws HTTP/1.1\r\nHost: a\r\n" + handshake(key) + "\r\n"));
    CHECK(good.head().status == 101);
  }
}
