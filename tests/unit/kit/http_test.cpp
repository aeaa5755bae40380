// Requests and answers on one connection, good and bad ones.
#include <catch2/catch.hpp>
#include "tests/unit/kit/kit_server.hpp"

using namespace fechatter;

TEST_CASE("a request arrives with its parts, the answer with the usual headers") {
  KitServer s;
  auto c = s.connect();
  const auto a = c.call("POST", "/echo?x=%20y", "hello");
  CHECK(a.status == 200);
  CHECK(a.body == "POST x=%20y hello");
  CHECK(a.header("content-type") == "text/plain");
  CHECK(a.header("x-content-type-options") == "nosniff");
  CHECK(a.header("x-request-id").size() == 16);
  const auto b = c.call("GET", "/ip", {}, "X-Asked:  twice \r\n");
  CHECK(b.body == "127.0.0.1 twice");
  CHECK(b.header("x-request-id") != a.header("x-request-id"));
}

TEST_CASE("HEAD has the length and no body; 204 has neither") {
  KitServer s;
  auto c = s.connect();
  const auto head = c.call("HEAD", "/echo");
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "6");
  const auto none = c.call("DELETE", "/nothing");
  CHECK(none.status == 204);
  CHECK(none.header("content-length").empty());
  CHECK(c.call("GET", "/echo").body == "GET  ");
}

TEST_CASE("pipelined requests are answered in order") {
  KitServer s;
  auto c = s.connect();
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string body = std::to_string(i);
    all += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  REQUIRE(c.send(all));
  for (int i = 0; i < 200; ++i) REQUIRE(c.answer().body == "POST  " + std::to_string(i));
}

TEST_CASE("a request may arrive byte by byte") {
  KitServer s;
  auto c = s.connect();
  for (const char b : std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")) REQUIRE(c.send({&b, 1}));
  CHECK(c.answer().body == "POST  abc");
}

TEST_CASE("chunked bodies") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  REQUIRE(c.send("2;x=y\r\nde\r\n0\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(c.answer().body == "POST  abcde");
  CHECK(c.answer().body == "GET  ");
}

TEST_CASE("Expect: 100-continue is answered before the body") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(c.answer().status == 100);
  REQUIRE(c.send("hi"));
  CHECK(c.answer().body == "POST  hi");
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection after the answer") {
  KitServer s;
  for (const char* text :
       {"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /echo HTTP/1.0\r\n\r\n", "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    auto c = s.connect();
    REQUIRE(c.send(text));
    const auto a = c.answer();
    CHECK(a.status == 200);
    CHECK(a.header("connection") == "close");
    CHECK(c.closed());
  }
}

TEST_CASE("what is not HTTP is answered in the API's error form and closed") {
  KitServer s;
  const std::string host = "Host: a\r\n";
  for (const std::string& text : {std::string("hello\r\n\r\n"), std::string("GET / HTTP/2.7\r\n\r\n"), "GET /echo HTTP/1.1\r\n" + host + "bad header\r\n\r\n",
                                  "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                                  "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                  "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "GET echo HTTP/1.1\r\n" + host + "\r\n",
                                  "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", std::string("\0\1\2\r\n\r\n", 7),
                                  // Codings of which another reader would expect another end, and headers of which it might take the other one.
                                  "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
                                  "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
                                  "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n", "GET /echo HTTP/1.1\r\n" + host + host + "\r\n",
                                  std::string("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                                  "GET /echo HTTP/1.1\r\n" + host + "Authorization: a\r\nAuthorization: b\r\n\r\n"}) {
    auto c = s.connect();
    REQUIRE(c.send(text));
    const auto a = c.answer();
    INFO(text);
    CHECK(a.status == 400);
    CHECK(a.header("content-type") == "application/json");
    CHECK(a.header("cache-control") == "no-store");
    CHECK(a.body.find("{\"error\":{\"code\":\"invalid_argument\",\"message\":\"") == 0);
    CHECK(a.body.find("\"request_id\":\"" + std::string(a.header("x-request-id")) + "\"") != std::string::npos);
    CHECK(c.closed());
  }
}

TEST_CASE("too much is refused with 413, also while it is still being sent") {
  KitServer s([](kit::ServerOptions& o) { o.body_limit = 1000, o.header_limit = 2000; });
  SECTION("announced") {
    auto c = s.connect();
    const auto a = c.call("POST", "/echo", std::string(500'000, 'x'));
    CHECK(a.status == 413);
    CHECK(a.body.find("\"too_large\"") != std::string::npos);
    CHECK(c.closed());
  }
  SECTION("chunked") {
    auto c = s.connect();
    REQUIRE(c.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 5; ++i) c.send("190\r\n" + std::string(400, 'x') + "\r\n");
    CHECK(c.answer().status == 413);
  }
  SECTION("headers") {
    auto c = s.connect();
    CHECK(c.call("GET", "/echo", {}, "X-Big: " + std::string(3000, 'x') + "\r\n").status == 413);
  }
  SECTION("headers without an end") {
    auto c = s.connect();
    REQUIRE(c.send("GET /echo HTTP/1.1\r\n"));
    for (int i = 0; i < 100; ++i) c.send("X-More: " + std::string(30, 'x') + "\r\n");
    CHECK(c.answer().status == 413);
  }
  CHECK(s.connect().call("POST", "/echo", std::string(1000, 'x')).status == 200);
}

TEST_CASE("a handler that lets go of its reply has answered 500") {
  KitServer s;
  auto c = s.connect();
  const auto a = c.call("GET", "/forget");
  CHECK(a.status == 500);
  CHECK(a.body.find("\"internal\"") != std::string::npos);
  CHECK(c.call("GET", "/echo").status == 200);
}

TEST_CASE("an answer may come later, and only the first counts") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  auto reply = s.reply();
  s.on_loop([&] {
    reply->send(200, {}, "at last");
    reply->send(200, {}, "again");
    reply.reset();
  });
  CHECK(c.answer().body == "at last");
  CHECK(c.answer().body == "GET  ");
  CHECK(s.count("closed", 1) == 1);  // the reply is over, whatever becomes of the connection
}

TEST_CASE("a caller that goes away while its answer is awaited is noticed") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  c.reset();
  CHECK(s.count("closed", 1) == 1);
  auto reply = s.reply();
  s.on_loop([&] { reply->send(200, {}, "too late"), reply.reset(); });
  CHECK(s.eventually([&] { return s.server().connections() == 0; }));
}

TEST_CASE("a caller that only sends no more is still answered") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  c.half_close();
  CHECK(c.answer().status == 200);
  CHECK(c.closed());
}

TEST_CASE("a reply that was sent touches the next request no more") {
  KitServer s;
  auto c = s.connect();
  REQUIRE(c.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  auto first = s.reply();
  s.on_loop([&] { first->send(200, {}, "first"); });
  CHECK(c.answer().body == "first");
  CHECK(c.head().status == 200);
  REQUIRE(s.count("held", 2) == 2);
  auto second = s.reply();
  int late = 0;  // on the loop
  s.on_loop([&] {
    first->write(shared("data: from the first\n\n"));
    first->close();
    first->on_close([&] { ++late; });
    second->write(shared("data: from the second\n\n"));
  });
  CHECK(c.event().value_or(SseFrame{}).data == "from the second");
  CHECK(s.eventually([&] { return late == 1; }));
  CHECK(s.count("closed") == 1);
  s.on_loop([&] { first.reset(), second->close(), second.reset(); });
  CHECK(s.count("closed", 2) == 2);
}
